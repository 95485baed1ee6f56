"""How a service is, in one word of five and in words why. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gateway.admin.console.history import MINUTE, usable
from shared.service.progress import OFF, Phase

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gateway.admin.console.history import Track
    from shared.service.progress import Progress

FAILING: Final = 0.05
"""Share of a minute's requests that fail, from which the service does."""
FEW: Final = 3
"""Failures of a minute that are no more than an accident, if others were answered."""

State = tuple[str, str]
"""`ready`, `starting`, `asleep`, `stopped` or `failing`; and why, if there is something to say."""

_TROUBLED: Final = frozenset({Phase.CRASHING, Phase.UNSCHEDULABLE})


def condition(
    numbers: Mapping[str, Any], track: Track | None, progress: Progress | None, *, told: bool
) -> State:
    """Of a service; `told`: a scaler says what becomes of it."""
    if numbers.get("stopped"):
        return "stopped", "by its definition"
    ready = usable(numbers)
    if ready or numbers.get("endpoints", {}).get("ejected"):
        return _serving(numbers, track, ready)
    if progress is None or progress.phase is Phase.READY or not told:
        return _untold(numbers, told=told)
    words = progress.words or f"it is {progress.phase}"
    if progress.phase in OFF:
        return "stopped", words
    if progress.phase is Phase.ASLEEP:
        return "asleep", words if numbers.get("waiting") else "the next request wakes it"
    return ("failing" if progress.phase in _TROUBLED else "starting"), words


def system(numbers: Mapping[str, Any], track: Track | None, *, pods: bool) -> State:
    """Of what is no service: the services API, which has `pods`, and requests to nobody."""
    if not pods:
        return "ready", ""
    if not numbers.get("endpoints", {}).get("ready") and not usable(numbers):
        return "failing", "no address of it is usable"
    return _serving(numbers, track, usable(numbers))


def _serving(numbers: Mapping[str, Any], track: Track | None, ready: int) -> State:
    pods = numbers.get("endpoints", {})
    if not ready:
        return "failing", f"{pods['ejected']} of its pods failed so often that they are left out"
    if held := pods.get("held"):
        return "failing", f"{held} of its pods stopped being ready at once, and are kept"
    if track is not None:
        failed, asked = int(track.last("errors", MINUTE)), int(track.last("requests", MINUTE))
        if failed and (failed >= FAILING * asked) and (failed > FEW or failed == asked):
            return "failing", f"{failed} of {asked} requests in the last minute failed"
    out = pods.get("ejected")
    return "ready", f"{out} of {out + ready} pods left out, as they failed" if out else ""


def _untold(numbers: Mapping[str, Any], *, told: bool) -> State:
    """Without a pod that may be given requests, and without a word of the scaler."""
    if any(not pod.get("ends") for pod in numbers.get("pods", {}).values()):
        return "starting", "its pod runs, and does not answer the readiness probe yet"
    if told:
        return "starting", "it has no pod yet"
    return "failing", "it has no pod, and no scaler is connected that would say why"
