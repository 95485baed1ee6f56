"""How far the start of a service is, as the scaler tells the gateways for the clients that wait.

Both sides of the stream have it from here, so that there is one list of phases. Pure.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


class Phase(StrEnum):
    """Where a service without a ready pod is on its way to one."""

    ASLEEP = "asleep"
    WAKING = "waking"
    SCHEDULING = "scheduling"
    PULLING = "pulling"
    STARTING = "starting"
    READY = "ready"
    UNSCHEDULABLE = "unschedulable"
    CRASHING = "crashing"
    STOPPED = "stopped"
    DISABLED = "disabled"


OFF: Final = frozenset({Phase.STOPPED, Phase.DISABLED})
"""Without pods, and no request brings any."""
WORDS: Final = 500
"""Characters kept of what is said of a phase, which ends in answers to clients."""
_PHASES: Final = frozenset(Phase)


@dataclass(frozen=True, slots=True)
class Progress:
    """What is known of a service that has no ready pod, and when it got one."""

    service: str
    phase: Phase
    words: str = ""
    """What is happening, for people; empty when the phase says it all."""
    since: float = 0.0
    """When the phase began, unix time; 0: not known."""
    usual_s: float | None = None
    """Seconds that a start of this service usually takes; None: none was seen yet."""
    pods: int = 0
    """Those there are, ready or not."""

    def to_json(self) -> dict[str, Any]:
        """With the names of the fields; `read` gives it back."""
        return asdict(self)


def read(value: Mapping[str, Any]) -> Progress:
    """Progress as JSON has it, with these names; raises ValueError naming the field."""
    service, phase = value.get("service"), value.get("phase")
    words, pods = value.get("words", ""), value.get("pods", 0)
    if not isinstance(service, str) or not service:
        raise ValueError(f"service: {service!r} is not the name of one")
    if not isinstance(phase, str) or phase not in _PHASES:
        raise ValueError(f"phase: {phase!r} is none of {', '.join(sorted(_PHASES))}")
    if not isinstance(words, str):
        raise ValueError(f"words: {words!r} is not text")
    if not isinstance(pods, int) or isinstance(pods, bool) or pods < 0:
        raise ValueError(f"pods: {pods!r} is not a number of pods")
    usual = value.get("usual_s")
    return Progress(
        service,
        Phase(phase),
        words[:WORDS],
        _seconds("since", value.get("since", 0.0)),
        None if usual is None else _seconds("usual_s", usual),
        pods,
    )


def _seconds(name: str, value: object) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e12:
        return float(value)
    raise ValueError(f"{name}: {value!r} is not a time in seconds")
