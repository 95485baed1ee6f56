"""The settings of scaling that somebody wrote, read and checked field by field. Pure.

Called for `expose.scaling` when a service is applied, and by the scaler for its own configuration
too. Keys of the answer are the names of the scaler's own values; its layers, and what holds where
nothing is given, are not known here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from shared.service import quantity
from shared.service.durations import bounded
from shared.service.fields import Fields
from shared.service.scaling.behavior import read_hpa
from shared.service.scaling.cron import check_cron, check_timezone
from shared.service.scaling.given import DAY, Given
from shared.service.scaling.waking import MOST_PODS, read_wake_except

if TYPE_CHECKING:
    from collections.abc import Mapping

POLICIES: Final = ("responsive", "hpa")
MAX_SCHEDULES: Final = 32
MAX_WINDOW: Final = 3600.0
"""Seconds, as in autoscaling/v2: a day of needs is too much to look through at each decision, and
too long for the annotation that keeps them."""

LONGEST_AWAKE: Final = 30 * DAY
"""Seconds without a request after which a service may sleep, at most."""


@dataclass(frozen=True, slots=True)
class Written:
    """What is given and right; everything else is absent."""

    general: Mapping[str, Any]
    """`pause`, `dry_run`, `schedules`, `zero_after_s`, `wake_to` and `wake_except`."""
    policy: Mapping[str, Any]
    hpa: Mapping[str, Any]
    behavior: Mapping[str, Any] | None


def read_written(fields: Fields) -> Written:
    """One layer of settings; problems are added to those of `fields`."""
    policy = _policy(fields)
    with fields.section("hpa") as section:
        hpa, behavior = read_hpa(section)
    _directions(fields, policy)
    if policy.get("name") == "hpa" and policy.get("count_cpu") is False:
        del policy["count_cpu"]
        fields.error("cpu", "false leaves policy hpa nothing to scale by; use policy: responsive")
    general = Given(fields, {})
    general.flag("pause")
    general.flag("dry_run")
    general.take("schedules", "schedules", lambda: _schedules(fields))
    general.take("zero_after_s", "zero_after", lambda: _zero_after(fields))
    general.whole("wake_to", "wake_to", least=1, most=MOST_PODS)
    general.take("wake_except", "wake_except", lambda: read_wake_except(fields))
    return Written(general.values, policy, hpa, behavior)


def _policy(fields: Fields) -> dict[str, Any]:
    policy = Given(fields, {})
    _tolerance(policy)
    policy.take("name", "policy", lambda: fields.text("policy", among=POLICIES))
    policy.duration("period", "period", least=1.0, most=3600.0)
    if fields.raw("warm_up") == "learn":
        policy.values["warm_up_s"] = None
    else:
        policy.duration("warm_up_s", "warm_up")
    policy.duration("max_sample_age_s", "max_sample_age", least=1.0)
    policy.parsed("default_request_m", "default_request", _milli)
    policy.optional("in_flight_target", "in_flight_target", least=1)
    policy.take("count_cpu", "cpu", lambda: fields.flag("cpu", default=True))
    policy.take("rhythm", "rhythm", lambda: fields.flag("rhythm", default=False))
    policy.duration("hold_s", "hold")
    return policy.values


def _tolerance(policy: Given) -> None:
    """`tolerance: 0.1` for both directions, or `{up: …, down: …}`; unset: the policy's own."""
    fields = policy.fields
    if isinstance(fields.raw("tolerance"), dict):
        with fields.section("tolerance") as section:
            both = Given(section, policy.values)
            both.share("tolerance_up", "up")
            both.share("tolerance_down", "down")
        return
    policy.share("tolerance_up", "tolerance")
    if "tolerance_up" in policy.values:
        policy.values["tolerance_down"] = policy.values["tolerance_up"]


def _directions(fields: Fields, policy: dict[str, Any]) -> None:
    with fields.section("up") as section:
        up = Given(section, policy)
        up.whole("up_factor", "factor", least=2, most=100)
        up.whole("burst_pct", "burst", least=101, most=10_000)
        up.duration("burst_window_s", "burst_window")
        up.whole("saturated_pct", "saturated", least=1, most=100)
        up.whole("saturation_factor", "saturation_factor", least=1, most=10)
        up.whole("overload_step_pct", "overload_step", least=1, most=1000)
        up.duration("overload_period_s", "overload_every")
    with fields.section("down") as section:
        down = Given(section, policy)
        down.duration("down_window_s", "window", most=MAX_WINDOW)
        down.duration("longest_window_s", "longest_window", most=MAX_WINDOW)
        down.whole("down_step_pct", "step", least=1, most=100)
        down.duration("down_step_period_s", "every")
        down.duration("idle_wait_s", "idle_wait", most=MAX_WINDOW)
    with fields.section("fallback") as section:
        fallback = Given(section, policy)
        fallback.optional("fallback_replicas", "replicas", least=0)
        fallback.whole("fallback_after", "after", least=1, most=10**6)


def _zero_after(fields: Fields) -> float | None:
    """Seconds; None for `none` and for 0, which Go's clients write for what is left out."""
    if str(fields.raw("zero_after")) in ("none", "", "0", "0s", "0.0"):
        return None
    if isinstance(fields.raw("zero_after"), bool):
        fields.error("zero_after", "is no duration; write for example 10m, or none")
        return None
    return fields.parsed("zero_after", default=None, parse=_until_sleep)


def _until_sleep(text: str) -> float:
    try:
        return bounded(1.0, LONGEST_AWAKE)(text)
    except ValueError as error:
        raise ValueError(f"{error}; none keeps it awake") from error


def _schedules(fields: Fields) -> tuple[dict[str, Any], ...]:
    entries = fields.raw("schedules")
    if not isinstance(entries, list) or len(entries) > MAX_SCHEDULES:
        fields.error("schedules", f"must be a list of at most {MAX_SCHEDULES} schedules")
        return ()
    return tuple(
        _schedule(Fields(entry, fields.at(f"schedules[{index}]"), fields.problems))
        for index, entry in enumerate(entries)
    )


def _schedule(fields: Fields) -> dict[str, Any]:
    for name in ("cron", "duration", "min_replicas"):
        if fields.raw(name) is None:
            fields.error(name, "is missing; a schedule needs cron, duration and min_replicas")
    schedule = Given(fields, {})
    schedule.parsed("cron", "cron", check_cron)
    schedule.duration("duration", "duration", least=60.0, most=366 * DAY)
    schedule.whole("min_replicas", "min_replicas", least=0, most=100_000)
    schedule.parsed("timezone", "timezone", check_timezone)
    fields.warn_unknown()
    return schedule.values


def _milli(text: str) -> int:
    value = quantity.milli(text)
    if not 1 <= value <= 1_000_000:
        raise ValueError(f"{text!r} is outside 1m to 1000 CPUs")
    return value
