from __future__ import annotations

import pytest

from tests.waiting import still, until, until_blocking


async def test_a_wait_ends_when_its_condition_holds_awaited_or_not() -> None:
    looks: list[int] = []

    def third() -> bool:
        looks.append(1)
        return len(looks) >= 3

    async def sixth() -> bool:
        return third() and len(looks) >= 6

    await until(third)
    assert len(looks) == 3
    await until(sixth)
    assert len(looks) == 6


async def test_a_wait_in_vain_says_for_what_and_what_it_saw_last() -> None:
    message = r"not within 0.01 s: a pod; last: \[\]"
    with pytest.raises(AssertionError, match=message):
        await until(list, "a pod", 0.01)
    with pytest.raises(AssertionError, match=message):
        until_blocking(list, "a pod", 0.01)


async def test_still_is_what_has_moved_and_moves_no_more() -> None:
    values = iter([0, 0, 5, 9, 9])
    assert await still(lambda: next(values), period=0) == 9
