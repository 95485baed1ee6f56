from __future__ import annotations

from gateway.management.access.budget import A_SECOND, AT_ONCE, Budget


def test_what_is_beyond_the_budget_is_counted() -> None:
    budget = Budget()
    assert [budget.spend(100.0) for _ in range(AT_ONCE + 3)] == [0] * AT_ONCE + [None] * 3
    assert budget.spend(100.0 + 1 / A_SECOND) == 3
    assert budget.spend(100.0 + 1 / A_SECOND) is None
    assert budget.spend(50.0) is None
    assert budget.spend(1e9) == 2
    assert [budget.spend(1e9) for _ in range(AT_ONCE)] == [0] * (AT_ONCE - 1) + [None]
