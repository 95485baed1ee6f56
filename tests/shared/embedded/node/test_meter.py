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


def test_a_low_reading_is_no_negative_usage_and_is_made_up_for() -> None:
    assert cores(filled(5.0, 4.0)) == 0
    assert cores(filled(5.0, 4.0, 5.5)) == pytest.approx(0.5)


def test_time_that_is_lost_for_good_is_given_up() -> None:
    readings = [100.0, 10.0, 10.5, 11.0, 11.5]
    assert cores(filled(*readings[:4])) == 0
    assert cores(filled(*readings)) == pytest.approx(0.5)
