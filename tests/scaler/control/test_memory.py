"""What is remembered of one service, by a clock that the test moves."""

from __future__ import annotations

import pytest

from scaler.control.memory import CACHE_LAG, Memory
from scaler.decision.responsive.state import Recommendation, ResponsiveState

REVISION = ("1", 0)


def scheduled(*times: float, period: float = 10.0) -> list[float]:
    """When the next decision is due, after decisions at these times."""
    memory, due = Memory("uid", None), []
    for now in times:
        memory.schedule("a", period, REVISION, now)
        due.append(memory.due)
    return due


def test_after_the_first_decision_services_are_spread_over_their_period() -> None:
    [first] = scheduled(100.0)
    assert 101.0 <= first <= 110.0
    other = Memory("uid", None)
    other.schedule("b", 10.0, REVISION, 100.0)
    assert other.due != first


def test_decisions_are_a_period_apart_but_one_that_is_late_is_not_made_up_for() -> None:
    first, second, third = scheduled(100.0, 110.5, 200.0)
    assert second == first + 10.0
    assert third == 210.0


def test_a_service_is_due_by_its_time_or_by_another_revision() -> None:
    memory = Memory("uid", None)
    assert memory.is_due(REVISION, "7", 0.0)
    memory.schedule("a", 10.0, REVISION, 100.0)
    assert not memory.is_due(REVISION, "7", memory.due - 0.6)
    assert memory.is_due(REVISION, "7", memory.due - 0.5), "the nearer of two ticks"
    assert memory.is_due(("2", 0), "7", 100.0)
    assert memory.is_due(("1", 1), "7", 100.0)


def test_one_that_sleeps_is_due_too_when_its_deployment_changes() -> None:
    memory = Memory("uid", None, rested_on="7")
    memory.schedule("a", 10.0, REVISION, 100.0)
    assert not memory.is_due(REVISION, "7", 100.0)
    assert memory.is_due(REVISION, "8", 100.0)


@pytest.mark.parametrize("by", ["us", "somebody else"])
def test_one_that_wakes_is_decided_by_its_period_again(by: str) -> None:
    memory = Memory("uid", None)
    memory.schedule("a", 2.0, REVISION, 100.0)
    memory.rests("7", 1000.0)
    if by == "us":
        memory.roused(200.0)
        assert memory.is_due(REVISION, "7", 200.0)
    memory.schedule("a", 2.0, REVISION, 200.0)
    assert memory.due == 202.0


def test_the_cache_is_waited_for_until_it_shows_another_version_or_for_a_while() -> None:
    memory = Memory("uid", None)
    assert not memory.waits_for_cache("7", 100.0)
    memory.wait_for_cache("7", 100.0)
    assert memory.waits_for_cache("7", 100.0 + CACHE_LAG - 1)
    assert not memory.waits_for_cache("8", 100.0)
    assert not memory.waits_for_cache("7", 100.0 + CACHE_LAG)


def test_a_size_is_unexpected_once_and_never_after_an_interruption() -> None:
    state = ResponsiveState(recommendations=(Recommendation(3, 1.0),), decided=1.0)
    memory = Memory("uid", state)
    assert [memory.unexpected(n) for n in (2, 2, 5, 5)] == [None, None, 2, None]
    memory.interrupt()
    assert memory.unexpected(9) is None
    assert memory.state == ResponsiveState()
