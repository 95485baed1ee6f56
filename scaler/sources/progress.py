"""How far the start of a service is, as gateways are told for the clients that wait. Pure."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


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


@dataclass(frozen=True, slots=True)
class Progress:
    """Of one service: `words` for people, unix seconds `since` when the phase lasts, the seconds
    that a start takes as a rule (None: not known), and how many pods there are."""

    service: str
    phase: Phase
    words: str = ""
    since: float = 0.0
    usual_s: float | None = None
    pods: int = 0

    def to_json(self) -> dict[str, Any]:
        """With the names of the fields."""
        return asdict(self)
