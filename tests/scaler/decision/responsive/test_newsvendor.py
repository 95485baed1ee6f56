"""Sizes that cost least, shortage included."""

from __future__ import annotations

import pytest

from scaler.decision import Policy
from scaler.decision.responsive.newsvendor import Line, cheapest, price

FORETOLD = ((1.0, 0.5), (2.0, 0.2), (3.0, 0.05), (4.0, 0.01), (5.0, 0.0))
ONE = Line(0.0, 1.0)


@pytest.mark.parametrize(
    ("pod", "size"), [(0.4, 1), (0.2, 2), (0.1, 3), (0.03, 4), (0.005, 5), (0.0001, 5)]
)
def test_a_pod_more_is_worth_it_as_long_as_it_saves_more_than_it_costs(
    pod: float, size: int
) -> None:
    assert cheapest(FORETOLD, ONE, pod, 9) == (size, size)


def test_what_is_needed_besides_and_for_each_makes_the_size() -> None:
    assert cheapest(FORETOLD, Line(0.5, 2.0), 0.03, 0) == (7, 3.0)


def test_one_who_is_asked_for_has_room_and_one_who_is_there_needs_none() -> None:
    roomy = Line(0.0, 1.0, room=1.3)
    assert cheapest(FORETOLD, roomy, 0.03, 0)[0] == 4
    assert cheapest(FORETOLD, roomy, 0.03, 3)[0] == 3
    assert cheapest(FORETOLD, roomy, 0.03, 2)[0] == 4


def test_the_current_size_stays_where_another_saves_little() -> None:
    even = ((1.0, 0.5), (2.0, 0.41), (3.0, 0.32), (4.0, 0.0))
    assert cheapest(even, ONE, 0.1, 4) == (4, 4.0)
    near = ((1.0, 0.11), (2.0, 0.0))
    assert cheapest(near, ONE, 0.1, 1) == (1, 2.0)
    assert cheapest(near, ONE, 0.1, 3) == (2, 2.0)


def test_a_bound_holds_for_what_would_grow_and_for_what_would_stay() -> None:
    assert cheapest(FORETOLD, ONE, 0.03, 2, most=2) == (2, 4.0)
    assert cheapest(FORETOLD, ONE, 0.03, 9, most=9) == (4, 4.0)
    assert cheapest(FORETOLD, ONE, 0.03, 9, most=1) == (1, 4.0)
    assert cheapest(FORETOLD, ONE, 0.03, 4, most=1) == (1, 4.0)


def test_where_nothing_is_foretold_the_size_stays_and_nothing_needs_nothing() -> None:
    assert cheapest((), ONE, 0.1, 3) == (3, 0.0)
    assert cheapest(((0.0, 0.0),), ONE, 0.1, 3) == (0, 0.0)


def test_a_pod_is_cheaper_the_lower_the_target() -> None:
    assert price(0.05, Policy(target_pct=80)) == 0.05
    assert price(0.05, Policy(target_pct=40)) == pytest.approx(0.05 / 2**3.5)
