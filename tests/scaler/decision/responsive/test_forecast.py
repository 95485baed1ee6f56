"""What may come a start-up ahead, from requests that come one way or another."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest

from scaler.decision.responsive.forecast import (
    BINS,
    MOST,
    SPANS,
    TOGETHER_S,
    Forecast,
    bin_of,
    spread,
)

if TYPE_CHECKING:
    from collections.abc import Callable

STEP = 2.0


def fed(came: Callable[[float], float], seconds: int, forecast: Forecast | None = None) -> Forecast:
    """A forecast after `came(second)` requests in each two seconds, for pods that start in 14 s."""
    found = forecast or Forecast()
    for second in range(0, seconds, int(STEP)):
        found = found.heard(came(second), STEP, 14.0, float(second))
    return found


def short(forecast: Forecast, rate: float) -> float:
    """The share of seconds in which more than `rate` requests come."""
    most = MOST[bin_of(rate)]
    return [1.0, *(share for held, share in forecast.shortages if held <= most)][-1]


@pytest.mark.parametrize("rate", [0, 0.4, 1, 7, 16, 16.5, 40, 333, 12_345])
def test_a_bin_holds_its_rates_and_wastes_a_tenth_at_most(rate: float) -> None:
    most = MOST[bin_of(rate)]
    assert rate <= most <= max(rate + 1, 1.1 * rate)


def test_there_is_a_last_bin() -> None:
    assert bin_of(1e12) == BINS - 1


@pytest.mark.parametrize("requests", [0, 1, 5, 40, 41, 1000])
@pytest.mark.parametrize("tenths", [10, 20, 35])
def test_single_seconds_of_an_interval_have_its_requests_among_them(
    requests: int, tenths: int
) -> None:
    points = spread(requests, tenths)
    assert sum(share for _, share in points) == pytest.approx(1.0)
    mean = sum(share * MOST[at] for at, share in points)
    assert 0.97 * requests * 10 / tenths <= mean + 1e-9 <= 1.06 * requests * 10 / tenths + 1


def test_two_requests_within_two_seconds_may_come_in_one() -> None:
    assert dict(spread(2, 20)) == {0: 0.25, 1: 0.5, 2: 0.25}


def test_a_steady_stream_is_foretold_as_it_is() -> None:
    forecast = fed(lambda _: 10.0, 600)
    assert short(forecast, 10) < 0.03
    assert short(forecast, 2) > 0.9


def test_rare_bursts_are_remembered_long_after_the_last_one() -> None:
    """For ten seconds every five minutes; by the mean of a minute there is nothing now."""
    forecast = fed(lambda second: 60.0 if second % 300 < 10 else 0.0, 3000)
    assert 0.01 < short(forecast, 20) < 0.2


def test_what_foretells_best_counts_most() -> None:
    """A new level that stays is told by the short spans; they gain on those of the past."""
    before = fed(lambda _: 2.0, 1200)
    after = before
    for second in range(1200, 1380, 2):
        after = after.heard(20.0, STEP, 14.0, float(second))
    assert after.verdicts[SPANS.index(15.0)] == max(after.verdicts)
    assert short(before, 5) < 0.01
    assert short(after, 5) > 0.8


def test_chance_is_no_change() -> None:
    random = Random(1)
    forecast = fed(lambda _: sum(random.random() < 0.1 for _ in range(100)), 1800)
    assert short(forecast, 10) < 0.05  # five a second in the mean, at random
    assert short(forecast, 3) > 0.7


@pytest.mark.parametrize("seconds", [0.0, -3.0, 16.0])
def test_counts_too_far_apart_or_not_in_order_tell_nothing(seconds: float) -> None:
    known = fed(lambda _: 4.0, 100)
    assert known.heard(9.0, seconds, 14.0, 200.0) is known


def test_seconds_that_are_taken_in_together_keep_what_each_had() -> None:
    """Eight requests in every other second are no four in each."""
    forecast = Forecast()
    for second in range(600):
        forecast = forecast.heard(8.0 if second % 2 else 0.0, 1.0, 14.0, float(second))
    assert short(forecast, 7) == pytest.approx(0.5, abs=0.05)
    assert short(forecast, 0) == pytest.approx(0.5, abs=0.05)


def test_what_was_foreseen_waits_for_its_turn() -> None:
    forecast, turns = fed(lambda _: 10.0, 600), []
    for second in range(600, 640):
        before = forecast
        forecast = forecast.heard(5.0, 1.0, 14.0, float(second), share=0.25)
        if forecast.spans is not before.spans:
            turns.append(second)
    assert turns == list(range(605, 640, int(TOGETHER_S)))
    assert forecast.age + forecast.lately.seconds == 640.0


def test_more_than_was_foreseen_is_taken_in_at_once() -> None:
    known = fed(lambda _: 10.0, 600)
    foreseen, more = (known.heard(rate, 1.0, 14.0, 602.5) for rate in (5.0, 30.0))
    assert foreseen.spans is known.spans
    assert short(more, 20) > short(known, 20)


def test_a_successor_foretells_the_same_to_the_third_decimal() -> None:
    forecast = fed(lambda second: second % 7, 900)
    again = Forecast.from_json(forecast.to_json())
    for rate in range(10):
        assert short(again, rate) == pytest.approx(short(forecast, rate), abs=2e-3)
    assert again.age == round(forecast.age) == 896


@pytest.mark.parametrize("odd", [{}, {"spans": [[1.0]], "verdicts": [0.0]}])
def test_what_another_version_wrote_is_forgotten(odd: dict[str, object]) -> None:
    assert Forecast.from_json(odd) == Forecast()


def test_nothing_that_is_kept_grows() -> None:
    random = Random(2)
    forecast = fed(lambda _: random.choice((0, 3, 900, 40_000)), 6000)
    assert all(len(span.weights) <= BINS for span in forecast.spans)
    assert len(forecast.waiting) <= 6
