"""Which pods go first when a service shrinks: those with the fewest requests. Pure.

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
    pods: Sequence[PodFacts],
    shares: Mapping[str, int | None],
    surplus: int,
    in_flight: Mapping[str, int | None] | None = None,
) -> dict[str, int | None]:
    """The deletion cost to set by pod name (None: take the annotation away); only what changes.

    `shares` is how busy each pod is, in percent of its base; `surplus` how many pods shall go;
    `in_flight` the requests of each, where the gateways tell them: a pod that goes takes those
    with it that outlast its grace.
    """
    ready = [each for each in pods if each.measurable and each.pod.ready == "True"]
    # A pod that nothing is known of may be busy: it goes last. Of equals, the youngest goes.
    requests = in_flight or {}

    def order(each: PodFacts) -> tuple[float, float, float, str]:
        name, started = each.pod.name, each.pod.started or 0.0
        return _known(requests.get(name)), _known(shares.get(name)), -started, name

    ready.sort(key=order)
    victims = {each.pod.name for each in ready[: max(surplus, 0)]}
    wanted: dict[str, int | None] = {}
    for each in ready:
        if each.pod.name in victims and each.deletion_cost != MARK:
            wanted[each.pod.name] = MARK
        elif each.pod.name not in victims and each.deletion_cost == MARK:
            wanted[each.pod.name] = None
    return dict(list(wanted.items())[:MAX_MARKS])


def _known(number: int | None) -> float:
    return float("inf") if number is None else number
