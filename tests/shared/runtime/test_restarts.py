from __future__ import annotations

from shared.runtime.restarts import PAUSES, STEADY, Restarts


def test_pauses_double_up_to_a_bound() -> None:
    restarts = Restarts()
    assert [restarts.pause(0.1) for _ in range(8)] == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]
    assert {restarts.pause(0.1) for _ in range(1000)} == {PAUSES.longest}


def test_a_process_that_ran_for_long_comes_back_quickly() -> None:
    restarts = Restarts()
    for _ in range(5):
        restarts.pause(STEADY - 1)
    assert [restarts.pause(STEADY), restarts.pause(0.1)] == [0.5, 1.0]


def test_only_quick_deaths_count() -> None:
    restarts = Restarts()
    assert {restarts.pause(20) for _ in range(10)} == {PAUSES.first}, "each had served well"
