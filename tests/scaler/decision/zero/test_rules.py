"""Decisions of sleep and waking."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scaler.decision import Action, Decision, Policy
from scaler.decision.zero import Zero, asleep, sleep, wake

FOUND = Decision("a", "responsive", 3, 4, True, Action.UP, raw=4, reasons=("AboveTarget",))
BLANK = Decision("a", "responsive", 0, 0, True)


def test_a_sleep_overrules_what_the_policy_wants() -> None:
    for before in (FOUND, replace(FOUND, valid=False, error="no samples")):
        decision = sleep(before, Zero(90.0))
        assert decision.changes
        assert (decision.replicas, decision.action) == (0, Action.DOWN)
        assert decision.reasons == ("Sleep",)
        assert decision.cause == "no request for 1 m 30 s"
        assert decision.raw is None


def test_at_zero_nothing_is_written() -> None:
    decision = asleep(BLANK)
    assert decision.valid
    assert not decision.changes
    assert decision.reasons == ("Asleep",)


@pytest.mark.parametrize(
    ("least", "most", "wake_to", "expected"),
    [(1, 10, 0, 1), (2, 10, 0, 2), (2, 10, 5, 5), (5, 10, 2, 5), (1, 3, 9, 3), (0, 10, 0, 1)],
)
def test_it_wakes_to_the_size_asked_for_within_its_bounds(
    least: int, most: int, wake_to: int, expected: int
) -> None:
    policy = Policy(min_replicas=least, max_replicas=most)
    decision = wake(BLANK, policy, Zero(60.0, wake_to), "a request")
    assert (decision.replicas, decision.action) == (expected, Action.UP)
    assert (decision.reasons, decision.cause) == (("Wake",), "a request")
    assert decision.changes


def test_one_that_may_not_sleep_any_more_wakes_to_its_minimum() -> None:
    assert wake(BLANK, Policy(min_replicas=2), None, "its settings").replicas == 2
