"""Which pods go first when a service shrinks: the least busy ones. Pure.

Source: Kubernetes, "ReplicaSet", pod deletion cost: of the ready pods the one with the lowest
`controller.kubernetes.io/pod-deletion-cost` (default 0) is removed first. Only the pods that shall
go are marked, and marks of earlier shrinkings that are still there are taken away.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scaler.cluster.observe import PodFacts

MARK: Final = -100
MAX_MARKS: Final = 32
"""Pods patched for one shrinking at most; a larger one takes the rest as Kubernetes likes."""


def marks(
    pods: Sequence[PodFacts], shares: Mapping[str, int | None], surplus: int
) -> dict[str, int | None]:
    """The deletion cost to set by pod name (None: take the annotation away); only what changes.

    `shares` is how busy each pod is, in percent of its base; `surplus` how many pods shall go.
    """
    ready = [each for each in pods if each.measurable and each.pod.ready == "True"]
    # A pod that nothing is known of may be busy: it goes last. Of equals, the youngest goes.
    ready.sort(key=lambda each: (_share(shares, each), -(each.pod.started or 0.0), each.pod.name))
    victims = {each.pod.name for each in ready[: max(surplus, 0)]}
    wanted: dict[str, int | None] = {}
    for each in ready:
        if each.pod.name in victims and each.deletion_cost != MARK:
            wanted[each.pod.name] = MARK
        elif each.pod.name not in victims and each.deletion_cost == MARK:
            wanted[each.pod.name] = None
    return dict(list(wanted.items())[:MAX_MARKS])


def _share(shares: Mapping[str, int | None], facts: PodFacts) -> float:
    share = shares.get(facts.pod.name)
    return float("inf") if share is None else share
