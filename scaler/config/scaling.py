"""How one service is to be scaled: its policy, pause, dry run and schedules. Pure.

The same fields may stand in the scaler's configuration (`defaults`, `services.<name>`) and in the
FDL (`expose.scaling`). Later layers win, field by field:

1. the built-in defaults,
2. `defaults` of the configuration,
3. `expose.scaling` of the service, written by its author,
4. `services.<name>` of the configuration: the operator has the last word.

`min_scale`, `max_scale` and `cpu_threshold` are always the definition's.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from scaler.config.behavior import read_hpa
from scaler.config.schedules import Schedule, check_cron, check_timezone, minimum
from scaler.decision import HPA, RESPONSIVE, Policy
from shared.service import quantity
from shared.service.durations import bounded
from shared.service.fields import Fields

if TYPE_CHECKING:
    from shared.service.model import Expose

DAY: Final = 86_400.0
MAX_SCHEDULES: Final = 32
MAX_WINDOW: Final = 3600.0
"""Seconds, as in autoscaling/v2: a day of needs is too much to look through at each decision, and
too long for the annotation that keeps them."""


@dataclass(frozen=True, slots=True)
class Scaling:
    """All settings of one service."""

    policy: Policy = field(default_factory=Policy)
    pause: bool = False
    """Keep the size, whatever the load."""
    dry_run: bool = False
    """Decide and report, write nothing."""
    schedules: tuple[Schedule, ...] = ()

    def least_replicas(self, now: float) -> int:
        """What the schedules ask for at `now`."""
        return minimum(self.schedules, now)

    def policy_for(self, expose: Expose, scheduled: int = 0) -> Policy:
        """The policy for a service: bounds and target of its definition, and `scheduled` replicas.

        A schedule raises the minimum, but never above the definition's maximum.
        """
        least = max(expose.min_scale, scheduled)
        return replace(
            self.policy,
            min_replicas=min(least, expose.max_scale),
            max_replicas=expose.max_scale,
            target_pct=expose.cpu_threshold,
        )


def read_scaling(fields: Fields, base: Scaling) -> Scaling:
    """One layer of settings over `base`; problems are added to those of `fields`."""
    return Scaling(
        policy=_policy(fields, base.policy),
        pause=fields.flag("pause", default=base.pause),
        dry_run=fields.flag("dry_run", default=base.dry_run),
        schedules=_schedules(fields, base.schedules),
    )


def _policy(fields: Fields, base: Policy) -> Policy:
    tolerance_up, tolerance_down = _tolerance(fields, base)
    policy = replace(
        base,
        name=fields.text("policy", default=base.name, among=(RESPONSIVE, HPA)),
        tolerance_up=tolerance_up,
        tolerance_down=tolerance_down,
        period=fields.parsed("period", default=base.period, parse=bounded(1.0, 3600.0)),
        warm_up_s=_warm_up(fields, base.warm_up_s),
        max_sample_age_s=duration(fields, "max_sample_age", base.max_sample_age_s, least=1.0),
        default_request_m=_milli(fields, "default_request", base.default_request_m),
        in_flight_target=_optional(fields, "in_flight_target", base.in_flight_target, least=1),
        hpa=read_hpa(fields, base.hpa),
    )
    return _fallback(fields, _down(fields, _up(fields, policy)))


def _tolerance(fields: Fields, base: Policy) -> tuple[float | None, float | None]:
    """`tolerance: 0.1` for both directions, or `{up: …, down: …}`; unset: the policy's own."""
    if isinstance(fields.raw("tolerance"), dict):
        with fields.section("tolerance") as inner:
            return (
                _share(inner, "up", base.tolerance_up),
                _share(inner, "down", base.tolerance_down),
            )
    up = _share(fields, "tolerance", base.tolerance_up)
    return up, base.tolerance_down if fields.raw("tolerance") is None else up


def _share(fields: Fields, name: str, base: float | None) -> float | None:
    if fields.raw(name) is None:
        return base
    return fields.number(name, default=0.0, least=0, most=1)


def _warm_up(fields: Fields, base: float | None) -> float | None:
    """`warm_up: learn`, or a duration."""
    if fields.raw("warm_up") == "learn":
        return None
    return fields.parsed("warm_up", default=base, parse=bounded(0.0, DAY))


def _down(fields: Fields, base: Policy) -> Policy:
    with fields.section("down") as down:
        window = duration(down, "window", base.down_window_s, most=MAX_WINDOW)
        longest = duration(down, "longest_window", base.longest_window_s, most=MAX_WINDOW)
        return replace(
            base,
            down_window_s=window,
            longest_window_s=max(window, longest),  # needs are remembered for so long
            down_step_pct=down.integer("step", default=base.down_step_pct, least=1, most=100),
            down_step_period_s=duration(down, "every", base.down_step_period_s),
        )


def _up(fields: Fields, base: Policy) -> Policy:
    with fields.section("up") as up:
        return replace(
            base,
            up_factor=up.integer("factor", default=base.up_factor, least=2, most=100),
            burst_pct=up.integer("burst", default=base.burst_pct, least=101, most=10_000),
            burst_window_s=duration(up, "burst_window", base.burst_window_s),
            saturated_pct=up.integer("saturated", default=base.saturated_pct, least=1, most=100),
            saturation_factor=up.integer(
                "saturation_factor", default=base.saturation_factor, least=1, most=10
            ),
            overload_step_pct=up.integer(
                "overload_step", default=base.overload_step_pct, least=1, most=1000
            ),
            overload_period_s=duration(up, "overload_every", base.overload_period_s),
        )


def _fallback(fields: Fields, base: Policy) -> Policy:
    with fields.section("fallback") as fallback:
        return replace(
            base,
            fallback_replicas=_optional(fallback, "replicas", base.fallback_replicas, least=0),
            fallback_after=fallback.integer(
                "after", default=base.fallback_after, least=1, most=10**6
            ),
        )


def _schedules(fields: Fields, base: tuple[Schedule, ...]) -> tuple[Schedule, ...]:
    entries = fields.raw("schedules")
    if entries is None:
        return base
    if not isinstance(entries, list) or len(entries) > MAX_SCHEDULES:
        fields.error("schedules", f"must be a list of at most {MAX_SCHEDULES} schedules")
        return base
    path = f"{fields.path}.schedules" if fields.path else "schedules"
    return tuple(
        _schedule(Fields(entry, f"{path}[{index}]", fields.problems))
        for index, entry in enumerate(entries)
    )


def _schedule(fields: Fields) -> Schedule:
    for name in ("cron", "duration", "min_replicas"):
        if fields.raw(name) is None:
            fields.error(name, "is missing; a schedule needs cron, duration and min_replicas")
    schedule = Schedule(
        cron=fields.parsed("cron", default="0 0 * * *", parse=check_cron),
        duration=duration(fields, "duration", 60.0, least=60.0, most=366 * DAY),
        min_replicas=fields.integer("min_replicas", default=0, least=0, most=100_000),
        timezone=fields.parsed("timezone", default="UTC", parse=check_timezone),
    )
    fields.warn_unknown()
    return schedule


def duration(
    fields: Fields, name: str, default: float, *, least: float = 0.0, most: float = DAY
) -> float:
    """A duration between `least` and `most` seconds."""
    return fields.parsed(name, default=default, parse=bounded(least, most))


def _optional(fields: Fields, name: str, base: int | None, *, least: int) -> int | None:
    """A whole number that may be switched off with `none`."""
    value: Any = fields.raw(name)
    if value is None:
        return base
    if value == "none":
        return None
    return fields.integer(name, default=least, least=least, most=100_000)


def _milli(fields: Fields, name: str, base: int) -> int:
    def parse(text: str) -> int:
        value = quantity.milli(text)
        if not 1 <= value <= 1_000_000:
            raise ValueError(f"{text!r} is outside 1m to 1000 CPUs")
        return value

    return fields.parsed(name, default=base, parse=parse)
