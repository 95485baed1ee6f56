"""Counters, and the last status of each service, for metrics and decisions. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from scaler.control.standing import Standing

if TYPE_CHECKING:
    from scaler.control.actuator import Result
    from scaler.decision import Decision
    from scaler.sources.quality import Fault

MAX_REASONS: Final = 256
OTHER: Final = "other"


@dataclass(slots=True)
class ServiceStatus:
    """The last that happened with one service; times are unix seconds."""

    standing: Standing = Standing.ACTIVE
    note: str = ""
    least: int = 0
    most: int = 0
    """min_scale and max_scale of the definition."""
    current: int = 0
    ready: int = 0
    hold: str = ""
    """In words: the size that somebody else has set, and until when it is held."""
    hold_until: float | None = None
    decision: Decision | None = None
    decided: float = 0.0
    written: float | None = None


@dataclass(slots=True)
class Stats:
    """Numbers of the process. Counters only grow; those by name are bounded."""

    services: dict[str, ServiceStatus] = field(default_factory=dict)
    decisions: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By action (or `Invalid`) and first reason."""
    limits: Counter[str] = field(default_factory=Counter)
    faults: Counter[Fault] = field(default_factory=Counter)
    malformed: int = 0
    source_failures: Counter[str] = field(default_factory=Counter)
    source_ages: dict[str, float] = field(default_factory=dict)
    """Seconds since a source's samples came, as of the last round."""
    gateways: dict[str, int] = field(default_factory=dict)
    """How many are `heard` and `silent`; empty: none are configured."""
    writes: Counter[Result] = field(default_factory=Counter)
    service_errors: int = 0
    foreign_changes: int = 0
    ticks: int = 0
    tick_seconds: float = 0.0
    """Sum over all ticks."""
    last_tick_seconds: float = 0.0
    overruns: int = 0
    leading: bool = False
    admin: str = ""
    """The address of the admin port as others reach it; empty until it is open."""
    config_generation: int = 0
    config_valid: bool = True

    def decided(self, decision: Decision) -> None:
        """Count a decision by what it does and why."""
        action = decision.action.value if decision.valid else "Invalid"
        key = action, decision.reasons[0] if decision.reasons else "None"
        bounded = key in self.decisions or len(self.decisions) < MAX_REASONS
        self.decisions[key if bounded else (action, OTHER)] += 1
        for limit in decision.limits:
            known = limit in self.limits or len(self.limits) < MAX_REASONS
            self.limits[limit if known else OTHER] += 1

    def ticked(self, seconds: float) -> None:
        """Count a tick that took `seconds`."""
        self.ticks += 1
        self.tick_seconds += seconds
        self.last_tick_seconds = seconds
