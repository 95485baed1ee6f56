"""From what the command was told to the runs it asks for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from scaler.simulator.days import DAYS
from scaler.simulator.faults import FAULTS
from scaler.simulator.idle import IDLE
from scaler.simulator.inputs import world_of
from scaler.simulator.scenario import SCENARIOS, Run, Scenario, World

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from shared.service.model import Service

DEFAULT = World()
KNOWN = {**SCENARIOS, **FAULTS, **IDLE, **DAYS}
"""All built-in scenarios, by name."""


@dataclass(frozen=True, slots=True)
class Sizing:
    """A service as far as it was described by options, in the units of `World`; None: unsaid."""

    minimum: int | None = None
    maximum: int | None = None
    target: int | None = None
    request: int | None = None
    limit: int | None = None
    start: tuple[float, float] | None = None
    work: float | None = None
    concurrency: int | None = None
    slo: float | None = None

    def of(self, world: World, service: Service | None) -> World:
        """`world` with the service's definition, and what was said over it.

        Raises ValueError if that contradicts itself.
        """
        base = world_of(service, world) if service else world
        said: dict[str, Any] = {
            "minimum": self.minimum,
            "maximum": self.maximum,
            "target_pct": self.target,
            "request_m": self.request or self.limit,
            "limit_m": self.limit,
            "start_s": self.start,
            "request_work_m": self.work,
            "concurrency": self.concurrency,
            "slo_wait_s": self.slo,
        }
        return _checked(replace(base, **{k: v for k, v in said.items() if v is not None}))


def _checked(world: World) -> World:
    if world.minimum > world.maximum:
        raise ValueError(f"--min {world.minimum} is above --max {world.maximum}; lower it")
    if world.request_m > world.limit_m:
        raise ValueError(
            f"--request {world.request_m} is above --limit {world.limit_m}; lower it, or raise "
            "--limit"
        )
    if world.start_s[0] > world.start_s[1]:
        raise ValueError("--start: the least is above the most; give the smaller number first")
    return world


def built_in(
    names: Sequence[str] | None, sizing: Sizing, service: Service | None, seeds: Iterable[int]
) -> list[Run]:
    """Runs of the named scenarios, or of all but the faults; loads are as high as the service can
    grow."""
    fitted = [_fitted(KNOWN[name], sizing, service) for name in names or SCENARIOS]
    return [scenario.build(seed) for scenario in fitted for seed in seeds]


def _fitted(scenario: Scenario, sizing: Sizing, service: Service | None) -> Scenario:
    world = sizing.of(scenario.world, service)
    peak = scenario.peak * _room(world) / _room(scenario.world)
    return replace(scenario, world=world, peak=peak)


def _room(world: World) -> float:
    return world.maximum * world.capacity_at_target
