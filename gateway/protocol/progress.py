"""How far the start of a service is, as the scaler tells it: what its clients wait for. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Mapping

Phase = Literal[
    "asleep",
    "waking",
    "scheduling",
    "pulling",
    "starting",
    "ready",
    "unschedulable",
    "crashing",
    "stopped",
    "disabled",
]
PHASES: Final = frozenset(get_args(Phase))
OFF: Final[frozenset[Phase]] = frozenset({"stopped", "disabled"})
"""Without pods, and no request brings any."""
WORDS: Final = 500
"""Characters kept of what is said of a phase, which ends in answers to clients."""


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


def read(value: Mapping[str, Any]) -> Progress:
    """Progress as JSON has it, with these names; raises ValueError naming the field."""
    service, phase = value.get("service"), value.get("phase")
    words, pods = value.get("words", ""), value.get("pods", 0)
    if not isinstance(service, str) or not service:
        raise ValueError(f"service: {service!r} is not the name of one")
    if not isinstance(phase, str) or phase not in PHASES:
        raise ValueError(f"phase: {phase!r} is none of {', '.join(sorted(PHASES))}")
    if not isinstance(words, str):
        raise ValueError(f"words: {words!r} is not text")
    if not isinstance(pods, int) or isinstance(pods, bool) or pods < 0:
        raise ValueError(f"pods: {pods!r} is not a number of pods")
    usual = value.get("usual_s")
    return Progress(
        service,
        phase,  # type: ignore[arg-type]  # one of PHASES, as was checked
        words[:WORDS],
        _seconds("since", value.get("since", 0.0)),
        None if usual is None else _seconds("usual_s", usual),
        pods,
    )


def _seconds(name: str, value: object) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e12:
        return float(value)
    raise ValueError(f"{name}: {value!r} is not a time in seconds")
