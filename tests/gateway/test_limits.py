"""The defaults of the limits, as numbers that somebody chose."""

from __future__ import annotations

from gateway.limits import MOST_HELD, Limits, settled


def test_defaults() -> None:
    limits = Limits()
    assert (limits.line, limits.head, limits.fields) == (16 * 1024, 32 * 1024, 100)
    assert (limits.head_time, limits.body) == (10.0, 0)


def test_half_of_the_clients_may_wait_for_pods() -> None:
    assert settled(Limits(), 5000).held == 2500
    assert settled(Limits(connections=100), 5000).held == 50
    assert settled(Limits(), 10**6).held == MOST_HELD
    assert settled(Limits(connections=0), 5000).held == MOST_HELD
    assert settled(Limits(held=7), 5000).held == 7
    assert settled(Limits(held=0), 5000).held == 0
