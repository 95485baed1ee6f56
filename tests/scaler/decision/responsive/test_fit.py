"""What a request costs, as far as samples show it."""

from __future__ import annotations

from random import Random

import pytest

from scaler.decision.responsive.fit import Fit


def learnt(*pairs: tuple[float, float]) -> Fit:
    fit = Fit()
    for x, y in pairs:
        fit = fit.learn(x, y)
    return fit


def test_the_cost_is_the_slope_and_the_rest_is_what_is_used_anyway() -> None:
    fit = learnt(*[(x, 200 + 50 * x) for x in (2, 9, 4, 14, 7, 1, 12, 6)])
    assert fit.cost_m == pytest.approx(50, rel=0.05)
    assert fit.rest_m == pytest.approx(200, abs=30)
    assert fit.explained == pytest.approx(1.0)
    assert fit.believed


def test_while_requests_do_not_vary_their_share_of_the_cpu_is_their_cost() -> None:
    fit = learnt(*[(10.0, 500.0)] * 6)
    assert fit.explained is None
    assert fit.cost_m == pytest.approx(50)
    assert fit.believed


def test_a_few_requests_beside_other_work_prove_nothing() -> None:
    assert not learnt(*[(0.1, 800.0)] * 20).believed


def test_two_samples_prove_nothing() -> None:
    assert not learnt((5.0, 300.0), (9.0, 500.0)).believed


def test_cpu_that_does_not_follow_is_not_explained() -> None:
    random = Random(1)
    fit = learnt(*[(random.uniform(1, 20), random.uniform(100, 900)) for _ in range(50)])
    assert fit.explained is not None
    assert fit.explained < 0.3
    assert not fit.believed
    assert fit.scatter_m > 150


def test_what_is_left_unexplained_is_much_or_little() -> None:
    near, far = (
        learnt(
            *[(10.0 + at % 7, 50 * (10 + at % 7) + (off if at % 2 else -off)) for at in range(40)]
        )
        for off in (40, 200)
    )
    assert not near.loose
    assert far.loose
    assert not Fit().loose
