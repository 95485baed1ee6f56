"""All that is known of a service in one answer: definition, rollout, pods, Events, scaling. Pure.

An extension of OSCAR's API, for `exposed describe`. It holds no secret: the token is left blank,
and so are the values that the definition keeps secret.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import orjson

from gateway.management.answers import pods as pod_answers
from gateway.management.answers.events import About, events_json
from gateway.management.answers.representation import service_json
from shared.service import names
from shared.service.model import EMPTY
from shared.service.objects import (
    annotated_number,
    annotations_of,
    is_true,
    labels_of,
    wanted_replicas,
)
from shared.service.sleeping import is_woken

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gateway.management.store.surroundings import Surroundings
    from shared.service.model import Service
    from shared.service.objects import Obj

MOST_PODS: Final = 100
"""Pods in one answer: those that are not ready first, then the newest."""

_DECISION: Final = (
    *("time", "policy", "action", "from", "to", "utilisation_pct", "target_pct"),
    *("reasons", "limits", "signal", "held_until"),
)
"""What the scaler's decision says to people; the rest is for the scaler that comes after it."""


def about(service: Service, deployment: Obj | None) -> About:
    """Which Events are about `service`."""
    named = deployment["metadata"]["name"] if deployment else names.deployment(service.name)
    claim = [("PersistentVolumeClaim", service.volume.name)] if service.volume else []
    return About(
        named,
        *claim,
        ("ConfigMap", service.name),
        ("Service", names.service(service.name)),
        ("Secret", names.token_secret(service.name)),
        ("Secret", names.environment_secret(service.name)),
    )


def description(
    service: Service,
    deployment: Obj | None,
    state: Obj,
    around: Surroundings,
    now: str,
    claims: Mapping[str, Obj] = EMPTY,
    namespace: str = names.NAMESPACE,
) -> dict[str, Any]:
    """The answer; `state` is the service's status, `now` is RFC 3339, for whoever tells ages
    without a clock like ours. `claims` are PersistentVolumeClaims by name."""
    shown = sorted(around.pods, key=_interest)[:MOST_PODS]
    known = pod_answers.revisions(list(around.replicasets))
    listed = [_pod(pod, known, around) for pod in sorted(shown, key=_created)]
    return {
        "service_name": service.name,
        "namespace": namespace,
        "time": now,
        "path": f"{names.base_path(service.name)}/" if service.expose else "",
        "definition": service_json(service, "", None, claims, namespace),
        "deployment": state,
        "rollout": rollout(deployment) if deployment else None,
        "pods": listed,
        "pods_left_out": len(around.pods) - len(shown),
        "events": events_json(around.events),
        "scaler": decision(deployment) if deployment else None,
        "notes": list(around.missing),
    }


def rollout(deployment: Obj) -> dict[str, Any]:
    """How far the present version has come, in numbers of pods.

    `complete` as `kubectl rollout status` has it: seen by the controller, all updated, none of an
    earlier version left, all available; one that was woken has something to come.
    """
    metadata, status = deployment["metadata"], deployment.get("status") or {}
    wanted = wanted_replicas(deployment)
    total = int(status.get("replicas") or 0)
    updated = int(status.get("updatedReplicas") or 0)
    available = int(status.get("availableReplicas") or 0)
    seen = int(status.get("observedGeneration") or 0) >= int(metadata.get("generation") or 0)
    seen = seen and not is_woken(deployment)
    return {
        "revision": annotated_number(deployment, pod_answers.REVISION),
        "wanted": wanted,
        "updated": updated,
        "old": max(0, total - updated),
        "ready": int(status.get("readyReplicas") or 0),
        "available": available,
        "complete": seen and updated == total and updated >= wanted and available >= wanted,
        "conditions": [_condition(one) for one in status.get("conditions") or ()],
    }


def decision(deployment: Obj) -> dict[str, Any] | None:
    """What the scaler decided last, as it left it on the Deployment; None when it did not."""
    text = annotations_of(deployment).get(names.SCALER_DECISION)
    try:
        body = orjson.loads(text) if text else None
    except orjson.JSONDecodeError:
        return None
    return {key: body.get(key) for key in _DECISION} if isinstance(body, dict) else None


def _condition(condition: Obj) -> dict[str, Any]:
    return {
        "type": condition.get("type"),
        "status": condition.get("status"),
        "reason": condition.get("reason") or "",
        "message": condition.get("message") or "",
        "last_transition_time": condition.get("lastTransitionTime"),
    }


def _pod(pod: Obj, known: dict[str, int], around: Surroundings) -> dict[str, Any]:
    revision = known.get(labels_of(pod).get(pod_answers.TEMPLATE_HASH, ""))
    return pod_answers.pod_json(pod, revision, around.usage.get(pod["metadata"]["name"]))


def _created(pod: Obj) -> tuple[str, str]:
    return str(pod["metadata"].get("creationTimestamp") or ""), pod["metadata"]["name"]


def _interest(pod: Obj) -> tuple[bool, Sequence[int]]:
    """Sorts what is not ready to the front, then the newest."""
    return is_true(pod, "Ready"), [-ord(char) for char in _created(pod)[0]]
