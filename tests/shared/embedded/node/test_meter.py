"""Rates from counters that may read low."""

from __future__ import annotations

import pytest

from shared.embedded.node.meter import Meter
from shared.embedded.node.procfs import Usage


def filled(*readings: float) -> Meter:
    meter = Meter()
    for time, cpu in enumerate(readings):
        meter.add(float(time), Usage(cpu, 7))
    return meter


def cores(meter: Meter) -> float:
    rate = meter.rate()
    assert rate is not None
    return rate.cores


def test_there_is_no_rate_before_the_second_sample() -> None:
    assert filled().rate() is None
    assert filled(1.0).rate() is None
    rate = filled(1.0, 1.5).rate()
    assert rate is not None
    assert (rate.cores, rate.window, rate.time, rate.memory) == (0.5, 1.0, 1.0, 7)


@pytest.mark.parametrize(
    ("age", "resolution", "told"),
    [
        (12.0, 15.0, (0.5, 12.0)),
        (10.0, 15.0, (0.5, 10.0)),
        (9.9, 15.0, None),  # too short to be a measure
        (15.0, 15.0, None),  # the one before it is missing, not too early
        (12.0, 1.0, None),
    ],
)
def test_a_young_container_is_measured_since_its_start(
    age: float, resolution: float, told: tuple[float, float] | None
) -> None:
    meter = Meter(1000.0, resolution)
    meter.add(1000.0 + age, Usage(0.5 * age, 7))
    rate = meter.rate()
    assert (rate and (rate.cores, rate.window)) == told
    meter.add(1000.0 + age + 15.0, Usage(0.5 * age + 3.0, 7))
    assert cores(meter) == pytest.approx(0.2), "from the second sample on by two samples"


def test_a_low_reading_is_no_negative_usage_and_is_made_up_for() -> None:
    assert cores(filled(5.0, 4.0)) == 0
    assert cores(filled(5.0, 4.0, 5.5)) == pytest.approx(0.5)


def test_time_that_is_lost_for_good_is_given_up() -> None:
    readings = [100.0, 10.0, 10.5, 11.0, 11.5]
    assert cores(filled(*readings[:4])) == 0
    assert cores(filled(*readings)) == pytest.approx(0.5)
