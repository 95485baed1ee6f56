"""A request that takes more or less CPU than it did is noticed, and chance is not."""

from __future__ import annotations

from random import Random

import pytest

from scaler.decision.responsive.drift import Drift
from scaler.decision.responsive.fit import Fit

COST_M = 100.0
RATES = (14, 26, 20, 17, 23)


def known(scatter_m: float = 0.0) -> Fit:
    fit = Fit()
    for number in range(40):
        came = float(RATES[number % 5])
        fit = fit.learn(came, COST_M * came + (scatter_m if number % 2 else -scatter_m))
    return fit


def after(
    samples: int, cost_m: float, fit: Fit, *, new: float = 1.0, capped: bool = False
) -> Drift:
    drift = Drift()
    for number in range(samples):
        came = float(RATES[number % 5])
        drift = drift.learn(fit, came, came, round(cost_m * came), new, capped=capped)
    return drift


@pytest.mark.parametrize("factor", [3.0, 0.3])
def test_a_great_change_is_certain_after_two_samples_and_one_decides_nothing(factor: float) -> None:
    assert not after(1, factor * COST_M, known()).certain
    assert after(2, factor * COST_M, known()).certain


@pytest.mark.parametrize(("factor", "samples"), [(1.5, 3), (1.3, 5)])
def test_a_small_change_takes_longer(factor: float, samples: int) -> None:
    assert not after(samples - 2, factor * COST_M, known()).certain
    assert after(samples, factor * COST_M, known()).certain


def test_what_follows_knows_the_samples_since_the_change_alone() -> None:
    drift = after(3, 3 * COST_M, known())
    assert drift.fit.weight < 3
    assert drift.price.cost_m == pytest.approx(3 * COST_M)


def test_chance_alone_hardly_ever_is_a_change() -> None:
    """Samples of four to thirty-six requests, each of exponential cost: three days of them."""
    random = Random(1)
    fit, drift, changes = Fit(), Drift(), 0
    for _ in range(20_000):
        came = float(random.randint(4, 36))
        used_m = sum(random.expovariate(1 / COST_M) for _ in range(int(came)))
        drift = drift.learn(fit, came, came, round(used_m), 1.0, capped=False)
        fit = drift.fit if drift.certain else fit.learn(came, used_m)
        changes += drift.certain
        drift = Drift() if drift.certain else drift
    assert changes <= 5


def test_samples_that_overlap_count_for_what_is_new_in_them() -> None:
    assert not after(5, 3 * COST_M, known(), new=0.2).certain
    assert after(11, 3 * COST_M, known(), new=0.2).certain


def test_pods_at_their_limit_prove_that_requests_are_dearer_never_that_they_are_cheaper() -> None:
    assert after(2, 3 * COST_M, known(), capped=True).certain
    assert not after(2, 3 * COST_M, known(), capped=True).fit.weight, "it shows too little"
    assert not after(20, 0.3 * COST_M, known(), capped=True).total


def test_a_jam_that_clears_makes_no_request_dearer() -> None:
    """Few come and many end, or many come and few end."""
    drift, fit = Drift(), known()
    for came, ended in [(40.0, 15.0)] * 5 + [(5.0, 30.0)] * 5:
        drift = drift.learn(fit, came, ended, round(COST_M * ended), 1.0, capped=False)
    assert not drift.total


def test_what_is_not_known_is_not_contradicted() -> None:
    young = Fit().learn(14.0, 1400.0).learn(26.0, 2600.0)
    assert not after(20, 3 * COST_M, young).total
    unrelated = Fit()
    for number in range(40):
        unrelated = unrelated.learn(float(RATES[number % 5]), 900.0 + 400 * (number % 2))
    assert not unrelated.believed
    assert not after(20, 3 * COST_M, unrelated).total


def test_what_is_used_while_nothing_comes_says_nothing_of_requests() -> None:
    doubted = after(1, 3 * COST_M, known())
    for came, used_m in ((0.0, 0), (0.0, 4000), (2.0, 10), (2.0, 4000)):
        assert doubted.learn(known(), came, came, used_m, 1.0, capped=False) is doubted


def test_wide_scatter_needs_a_wide_change() -> None:
    assert not after(20, 1.3 * COST_M, known(scatter_m=500.0)).certain
    assert after(4, 3 * COST_M, known(scatter_m=500.0)).certain
