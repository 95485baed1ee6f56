"""What the scaler remembers of a service, and how it finds that again after a restart: pure.

With each change of size, or of what was learnt of the service, the last decision and the state
behind it are written as JSON into the annotation `oscar.grycap.io/scaler-decision` of the
Deployment. It goes through the `status` subresource: Kubernetes keeps `spec` and `labels` as they
are there but takes annotations (deploymentStatusStrategy.PrepareForUpdate), so the scaler needs no
right to change what runs.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import orjson

from scaler.decision import State
from shared.service.objects import wanted_replicas

if TYPE_CHECKING:
    from scaler.decision import Decision

ANNOTATION: Final = "oscar.grycap.io/scaler-decision"
MAX_ANNOTATION: Final = 16 * 1024
"""Bytes; a longer state is left out, for all annotations of an object share 256 KiB."""


@dataclass(slots=True)
class Memory:
    """Of one service, from one decision to the next."""

    state: State = field(default_factory=State)
    uid: str = ""
    """Of the Deployment: one made anew under the same name is another."""
    due: float = float("-inf")
    """Monotonic seconds of the next decision."""
    settings: tuple[str, int] = ("", 0)
    """resourceVersion of the definition, and generation of the configuration, decided on last."""
    spent: str = ""
    """resourceVersion of the Deployment that a write has used up: nothing is decided until the
    cache shows another one, or `patience` is at its end. Deciding early is idle, never harmful,
    for a write with that version again would be refused."""
    patience: float = float("-inf")
    """Monotonic seconds."""
    expected: int | None = None
    """Replicas the Deployment had after our last look or write; None: anything may be there."""


def annotation(decision: Decision, state: State, now: float) -> str:
    """The JSON that tells of `decision`, and lets a successor go on from `state`."""
    body: dict[str, Any] = {
        "time": datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds"),
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
    }
    whole = orjson.dumps(body | {"state": state.to_json()})
    return (whole if len(whole) <= MAX_ANNOTATION else orjson.dumps(body)).decode()


def recall(deployment: dict[str, Any]) -> State:
    """The state that the annotation of a Deployment tells of; a new one without it."""
    text = (deployment["metadata"].get("annotations") or {}).get(ANNOTATION)
    try:
        return State.from_json(orjson.loads(text)["state"]) if text else State()
    except (ValueError, KeyError, TypeError):
        return State()


def restore(deployment: dict[str, Any], now: float) -> State:
    """The state to go on from with a Deployment first seen at `now`.

    The size found counts as recommended just now, so that nothing shrinks for one window after a
    restart, however old the annotation is.
    """
    state = recall(deployment)
    if state.recommendations is None:
        return state  # the decision core does the same for a newcomer
    return state.found_at(wanted_replicas(deployment), now)


def interrupted(state: State) -> State:
    """The state while a service is left alone: the size found after it counts as recommended then,
    so that nothing shrinks for one window."""
    return replace(state, recommendations=None, decided=None)
