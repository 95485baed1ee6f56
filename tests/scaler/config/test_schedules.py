from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from scaler.config.schedules import Schedule, minimum

WORK = Schedule("0 8 * * 1-5", 10 * 3600.0, 3, "Europe/Madrid")


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Madrid")).timestamp()


@pytest.mark.parametrize(
    ("moment", "active"),
    [
        ("2026-03-02 07:59:59.9", False),
        ("2026-03-02 08:00:00", True),
        ("2026-03-02 17:59:59.9", True),
        ("2026-03-02 18:00:00", False),
        ("2026-03-07 12:00:00", False),  # a Saturday
        ("2026-03-30 08:00:00", True),  # the first Monday of summer time
        ("2026-03-30 07:59:59", False),
    ],
)
def test_is_active_from_its_time_for_its_duration(moment: str, active: bool) -> None:
    assert WORK.active(at(moment)) is active


def test_a_period_may_reach_into_the_next_day_and_periods_may_overlap() -> None:
    night = Schedule("30 22 * * *", 4 * 3600.0, 2, "Europe/Madrid")
    assert night.active(at("2026-03-03 02:29:00"))
    assert not night.active(at("2026-03-03 02:30:00"))
    always = Schedule("0 * * * *", 7200.0, 2, "Europe/Madrid")
    assert all(always.active(at("2026-03-03 01:59:59") + second) for second in range(5))


def test_the_largest_minimum_of_active_schedules_counts() -> None:
    now = at("2026-03-02 12:00:00")
    small, idle = Schedule("* * * * *", 60.0, 1), Schedule("0 0 1 1 *", 60.0, 50)
    assert minimum([small, WORK, idle], now) == 3
    assert minimum([idle], now) == 0
    assert minimum([], now) == 0


def test_a_leap_day_strikes() -> None:
    leap = Schedule("0 0 29 2 *", 60.0, 1, "Europe/Madrid")
    assert leap.active(at("2028-02-29 00:00:30"))
    assert not leap.active(at("2027-03-01 00:00:30"))


@pytest.mark.parametrize(
    ("from_", "until"),
    [
        ("2026-03-28T22:00:00+01:00", "2026-03-29T05:00:00+02:00"),
        ("2026-10-24T22:00:00+02:00", "2026-10-25T03:00:00+01:00"),
    ],
)
def test_a_period_keeps_its_length_when_the_clocks_change(from_: str, until: str) -> None:
    night = Schedule("0 22 * * *", 6 * 3600.0, 2, "Europe/Madrid")
    begins, ends = (datetime.fromisoformat(each).timestamp() for each in (from_, until))
    assert [night.active(t) for t in (begins - 1, begins, ends - 1, ends)] == [0, 1, 1, 0]
