"""The defaults of the limits, as numbers that somebody chose."""

from __future__ import annotations

from gateway.limits import Limits


def test_defaults() -> None:
    limits = Limits()
    assert (limits.line, limits.head, limits.fields) == (16 * 1024, 32 * 1024, 100)
    assert (limits.head_time, limits.body) == (10.0, 0)
