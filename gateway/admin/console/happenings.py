"""What happened to a service between two looks at its numbers: pods that came, went or failed.
Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping

KEPT: Final = 16
"""Of one service."""
PODS: Final = 200
"""Pods of a service that are followed."""


@dataclass(frozen=True, slots=True)
class Happening:
    """As the scaler's Events are told beside it."""

    at: float
    kind: str
    words: str
    warning: bool = False


_Pod = tuple[str, str, str]
"""State, name, and of one that is left out the reason of its last failure."""


@dataclass(slots=True)
class _Known:
    pods: dict[str, _Pod]
    """By address."""
    counts: tuple[int, ...]
    past: tuple[Happening, ...] = ()
    missing: int = 0


_COUNTED: Final = (
    ("withdrawals", "withdrawn", "a stream or tunnel was ended, as its service or token is gone"),
    ("cold_starts", "cold_start", "it got its first pod, for which requests waited"),
    ("panics", "panic", "all pods stopped being ready at once, and were kept"),
)
_WORDS: Final = {
    "ejected": "left out",
    "ready": "gets requests",
    "gone": "is gone",
    "draining": "ends; it gets no new requests",
}
GRACE: Final = 30
"""Looks for which a service may be missing before it is forgotten."""


class Happenings:
    """Of all services."""

    def __init__(self) -> None:
        self._known: dict[str, _Known] = {}

    def look(self, name: str, numbers: Mapping[str, Any], now: float) -> None:
        """Compare a service with its last look, at unix `now`. Of the first nothing is told."""
        pods = dict(islice(_pods(numbers), PODS))
        counts = tuple([numbers.get(key, 0) for key, _, _ in _COUNTED])
        known = self._known.get(name)
        if known is None:
            self._known[name] = _Known(pods, counts)
            return
        if pods != known.pods or counts != known.counts:
            known.past = (*known.past, *_between(known, pods, counts, now))[-KEPT:]
            known.pods, known.counts = pods, counts
        known.missing = 0

    def close(self, services: Container[str]) -> None:
        """All `services` have been looked at; others are forgotten if they do not come back."""
        for name in [name for name in self._known if name not in services]:
            self._known[name].missing += 1
            if self._known[name].missing > GRACE:
                del self._known[name]

    def of(self, name: str) -> list[Happening]:
        """The oldest first."""
        known = self._known.get(name)
        return list(known.past) if known is not None else []


def state_of(pod: Mapping[str, Any]) -> str:
    """How the gateway treats a pod: `ready`, `new`, `ejected`, `draining`, `held` or `starting`."""
    if pod.get("ends"):
        return "draining"
    if pod.get("ejected"):
        return "ejected"
    if pod.get("held"):
        return "held"
    if pod.get("unready") and not pod.get("early"):
        return "starting"
    return "new" if pod.get("new") else "ready"


def _pods(numbers: Mapping[str, Any]) -> Iterator[tuple[str, _Pod]]:
    for address, pod in numbers.get("pods", {}).items():
        state = state_of(pod)
        state = "ready" if state in ("new", "held") else state
        complaint = pod.get("complaint", "") if state == "ejected" else ""
        yield address, (state, pod.get("pod") or address, complaint)


def _between(
    known: _Known, pods: Mapping[str, _Pod], counts: tuple[int, ...], now: float
) -> Iterator[Happening]:
    before = known.pods
    for address in before.keys() - pods.keys():
        yield Happening(now, "pod_gone", f"{before[address][1]} {_WORDS['gone']}")
    yield from _rollout(before, pods, now)
    for address, (state, pod, complaint) in pods.items():
        was = before.get(address, ("", "", ""))[0]
        if state == was or state == "starting":
            continue
        kind = {"ejected": "ejected", "draining": "pod_ends"}.get(state, "pod_ready")
        if was == "ejected" and state == "ready":
            yield Happening(now, "returned", f"{pod} gets requests again")
        else:
            why = f", the last failure: {complaint}" if complaint else ""
            yield Happening(now, kind, f"{pod} {_WORDS[state]}{why}", warning=state == "ejected")
    for (_, kind, words), old, new in zip(_COUNTED, known.counts, counts, strict=True):
        if new > old:
            often = f" ({new - old} times)" if new - old > 1 else ""
            yield Happening(now, kind, words + often, warning=kind == "panic")


def _rollout(
    before: Mapping[str, _Pod], pods: Mapping[str, _Pod], now: float
) -> Iterator[Happening]:
    """Pods of a ReplicaSet that had none; a pod's name begins with its ReplicaSet's."""
    old = {_revision(pod) for _, pod, _ in before.values()}
    for revision in sorted({_revision(pod) for _, pod, _ in pods.values()} - old):
        if old and revision:
            yield Happening(now, "rollout", f"pods of a new revision come: {revision}")


def _revision(pod: str) -> str:
    return pod.rpartition("-")[0]
