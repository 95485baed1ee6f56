"""The pauses between restarts."""

from __future__ import annotations

from shared.embedded.node.backoff import BackOff


def pauses(back_off: BackOff, ran: list[float]) -> list[float]:
    restarts = 0
    found = []
    for seconds in ran:
        pause, restarts = back_off.next(restarts, seconds)
        found.append(pause)
    return found


def test_kubernetes_numbers() -> None:
    kubernetes = BackOff(first=10)
    assert pauses(kubernetes, [1] * 8) == [0, 10, 20, 40, 80, 160, 300, 300]


def test_a_long_run_forgets() -> None:
    assert pauses(BackOff(first=10), [1, 1, 1, 600, 1]) == [0, 10, 20, 0, 10]
