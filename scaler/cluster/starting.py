"""How far a service without a ready pod is on its way to one, as its pods show it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scaler.decision.room import UNSCHEDULABLE
from scaler.decision.types import LONGEST_START_S
from shared.service.progress import Phase, Progress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scaler.cluster.catalog import Target
    from scaler.cluster.observe import PodFacts

_CRASHES: Final = frozenset({"CrashLoopBackOff", "Error", "RunContainerError"})
_ORDER: Final = (
    Phase.READY,
    Phase.STARTING,
    Phase.PULLING,
    Phase.SCHEDULING,
    Phase.UNSCHEDULABLE,
    Phase.CRASHING,
)
"""Of several pods the first of these tells: the one that will serve soonest."""


def starting(target: Target, usual_s: float | None) -> Progress:
    """The progress of a service that is asked to have pods; `since` is 0 where no object says it.

    `usual_s` is how long a start takes as a rule.
    """
    pods = [each for each in target.pods if not each.pod.deleted]
    if not pods:
        words = f"{target.replicas} asked for, and not made yet"
        return Progress(target.name, Phase.SCHEDULING, words, usual_s=usual_s)
    phase, words, since = min((_of(each) for each in pods), key=_rank)
    return Progress(target.name, phase, words, since, usual_s, len(pods))


def has_ready(pods: Sequence[PodFacts]) -> bool:
    """Whether one of the pods serves."""
    return any(each.pod.ready == "True" and not each.pod.deleted for each in pods)


def took(pods: Sequence[PodFacts]) -> float:
    """Seconds that the quickest of the ready pods took to start; 0: none tells.

    The time of the condition is that of the last change, so the quickest was surely a start.
    """
    spans = (
        each.pod.transitioned - each.pod.started
        for each in pods
        if each.pod.ready == "True" and each.pod.transitioned and each.pod.started
    )
    return min((span for span in spans if 0 < span <= LONGEST_START_S), default=0.0)


def _rank(told: tuple[Phase, str, float]) -> int:
    return _ORDER.index(told[0])


def _of(facts: PodFacts) -> tuple[Phase, str, float]:
    """Phase, words and since when, of one pod."""
    pod = facts.pod
    if pod.ready == "True":
        return Phase.READY, "", pod.transitioned or 0.0
    if pod.waiting == UNSCHEDULABLE:
        return Phase.UNSCHEDULABLE, pod.shortage, pod.waiting_since or 0.0
    if not facts.expected.node:
        return Phase.SCHEDULING, "its pod waits for a node", 0.0
    if pod.waiting in _CRASHES:
        return Phase.CRASHING, f"its container ends soon after it starts ({pod.waiting})", 0.0
    if pod.waiting:
        return Phase.PULLING, f"its container cannot be made yet ({pod.waiting})", 0.0
    if pod.running is None:
        return Phase.PULLING, "its image is pulled and its container made", pod.started or 0.0
    return Phase.STARTING, "its container runs, and does not answer its probe yet", pod.running
