"""No further growth while the cluster has no room for what was asked for already. Pure.

Both policies ask for pods by what the service needs; whether a node can run them is not theirs to
know. More pods that cannot be placed would help nobody, and would all start at once later.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from scaler.decision.types import Action

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scaler.decision.types import Decision, Pod

UNSCHEDULABLE: Final = "Unschedulable"
BOUND_S: Final = 30.0
"""Seconds for which pods may find no node: a cluster that makes nodes as they are needed has heard
of them by then, and pods that end have left."""


def shortage(pods: Iterable[Pod], now: float) -> str:
    """What no node has, in words, if pods have waited for it for longer than BOUND_S; else empty.

    Of several the one that waits longest tells.
    """
    waiting = [
        pod
        for pod in pods
        if pod.waiting == UNSCHEDULABLE and not pod.deleted and pod.waiting_since is not None
    ]
    if not waiting:
        return ""
    first = min(waiting, key=lambda pod: (pod.waiting_since or 0.0, pod.name))
    waits = now - (first.waiting_since or 0.0)
    return (first.shortage or "no node has room") if waits > BOUND_S else ""


def within_room(decision: Decision, short: str) -> Decision:
    """`decision` without growth while something is `short`; shrinking goes on."""
    if not short:
        return decision
    told = replace(
        decision,
        reasons=(*decision.reasons, UNSCHEDULABLE),
        cause=short,
    )
    if decision.action is not Action.UP:
        return told
    return replace(
        told,
        replicas=decision.current,
        action=Action.NONE,
        limits=(*decision.limits, UNSCHEDULABLE),
    )
