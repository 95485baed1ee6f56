"""What may be tried again."""

from __future__ import annotations

import pytest

from gateway.services.retry import TRIES, Budget, may_retry


@pytest.mark.parametrize(
    ("method", "tries", "sent", "answered", "replayable", "may"),
    [
        (b"POST", 1, False, False, True, True),
        (b"POST", 1, True, False, True, False),
        (b"PATCH", 1, True, False, True, False),
        (b"GET", 1, True, False, True, True),
        (b"PUT", 1, True, False, True, True),
        (b"get", 1, True, False, True, False),
        (b"GET", 1, True, True, True, False),
        (b"GET", 1, True, False, False, False),
        (b"POST", 1, False, False, False, False),
        (b"GET", TRIES, False, False, True, False),
    ],
)
def test_only_what_is_provably_safe(
    method: bytes, tries: int, sent: bool, answered: bool, replayable: bool, may: bool
) -> None:
    allowed = may_retry(method, tries=tries, sent=sent, answered=answered, replayable=replayable)
    assert allowed is may


def test_retries_are_a_share_of_requests() -> None:
    budget = Budget(0.1, burst=2)
    assert [budget.spend(0) for _ in range(3)] == [True, True, False]
    assert not budget.spend(9)
    assert budget.spend(10)
    assert not budget.spend(10)
    assert [budget.spend(100_000) for _ in range(3)] == [True, True, False]
