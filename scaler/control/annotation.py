"""The last decision on a service as an annotation of its Deployment. Pure.

With each change of size, or of what was learnt of the service, the decision and the state behind it
are written as JSON into `oscar.grycap.io/scaler-decision`; the services API shows it to people. It
goes through the `status` subresource: Kubernetes keeps `spec` and `labels` as they are there but
takes annotations (deploymentStatusStrategy.PrepareForUpdate), so the scaler needs no right to
change what runs.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import orjson

from scaler.decision import Signal, restored
from shared.service import names
from shared.service.noted import LONGEST, NOTHING, USUAL, Notes
from shared.service.objects import annotations_of, wanted_replicas

if TYPE_CHECKING:
    from scaler.decision import Decision, State
    from shared.service.objects import Obj

ANNOTATION: Final = names.SCALER_DECISION
MAX_ANNOTATION: Final = 16 * 1024
"""Bytes; a longer state is left out, for all annotations of an object share 256 KiB."""


def annotation(decision: Decision, state: State, now: float, notes: Notes = NOTHING) -> str:
    """The JSON that tells of `decision`, and lets a successor go on from `state`.

    `notes` are for others too: pods are given so long to end as the longest request took.
    """
    body: dict[str, Any] = {
        "time": stamp(now),
        "policy": decision.policy,
        "action": decision.action,
        "from": decision.current,
        "to": decision.replicas,
        "raw": decision.raw,
        "stabilised": decision.stabilised,
        "limited": decision.limited,
        "utilisation_pct": decision.utilisation_pct,
        "target_pct": decision.target_pct,
        "reasons": decision.reasons,
        "limits": decision.limits,
        "cause": decision.cause,
        "signal": None if decision.signal is None else asdict(decision.signal),
        "held_until": None if decision.held_until is None else stamp(decision.held_until),
        LONGEST: round(notes.longest_s, 1),
        USUAL: round(notes.usual_s, 1),
    }
    whole = orjson.dumps(body | {"state": state.to_json()})
    return (whole if len(whole) <= MAX_ANNOTATION else orjson.dumps(body)).decode()


def stamp(time: float) -> str:
    """Unix seconds as RFC 3339."""
    return datetime.fromtimestamp(time, UTC).isoformat(timespec="milliseconds")


def recall(deployment: Obj, policy: str) -> State | None:
    """The state that the policy of this name left in the annotation of a Deployment.

    None without an annotation, or when it is broken or another policy's, whose state means
    something else.
    """
    text = annotations_of(deployment).get(ANNOTATION)
    try:
        body = orjson.loads(text) if text else {}
        return restored(policy, body["state"]) if body["policy"] == policy else None
    except (ValueError, KeyError, TypeError):
        return None


def noted_signal(deployment: Obj) -> tuple[Signal, str] | None:
    """The signal of the decision in the annotation, and when that was made (RFC 3339); None: it has
    none."""
    text = annotations_of(deployment).get(ANNOTATION)
    try:
        body = orjson.loads(text) if text else {}
        return Signal(**body["signal"]), str(body["time"])
    except (ValueError, KeyError, TypeError):
        return None


def restore(deployment: Obj, policy: str, now: float) -> State | None:
    """The state to go on from with a Deployment first seen at `now`.

    The size found counts as recommended just now, so that nothing shrinks for one window after a
    restart, however old the annotation is.
    """
    state = recall(deployment, policy)
    return None if state is None else state.found_at(wanted_replicas(deployment), now)
