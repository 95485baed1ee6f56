"""The bounded memories, and the budget that they share."""

from __future__ import annotations

from gateway.memory import MARKS, OVERHEAD, Budget, Memory


def memory(size: int, longest: int = 1000) -> Memory[bytes, int]:
    return Memory(size, Budget(1_000_000), longest)


def keep(one: Memory[bytes, int], key: bytes, value: int = 0, weight: int = 10) -> None:
    for _ in range(2):
        one.remember(key, value, weight)


def test_what_comes_twice_is_remembered() -> None:
    one = memory(4)
    one.remember(b"a", 1, 1)
    assert one.get(b"a") is None
    one.remember(b"a", 1, 1)
    assert one.get(b"a") == 1


def test_a_newer_result_takes_the_place_of_an_older_one() -> None:
    budget = Budget(1_000_000)
    one: Memory[bytes, int] = Memory(4, budget)
    keep(one, b"a", 1)
    kept = budget.kept
    keep(one, b"a", 2)
    assert one[b"a"] == 2
    assert budget.kept == kept


def test_it_stays_bounded() -> None:
    one = memory(8)
    for number in range(1000):
        keep(one, b"%d" % number, number)
        assert one[b"%d" % number] == number
        assert len(one) <= 8


def test_keys_that_never_repeat_do_not_get_in() -> None:
    one = memory(8)
    keep(one, b"used")
    for number in range(2 * MARKS):
        one.remember(b"%d" % number, number, 1)
    assert one == {b"used": 0}


def test_what_is_long_is_not_kept() -> None:
    one = memory(4, longest=3)
    keep(one, b"long", weight=4)
    assert b"long" not in one


def test_memories_share_a_budget() -> None:
    """The sum of bytes is bounded, however many memories there are."""
    budget = Budget(100 * OVERHEAD)
    memories: list[Memory[bytes, int]] = [Memory(16, budget) for _ in range(100)]
    for round_ in range(3):
        for number, one in enumerate(memories):
            for key in range(16):
                keep(one, b"%d %d %d" % (round_, number, key), key, 1000)
                assert budget.kept <= budget.size
    assert sum(map(len, memories)) * (1000 + OVERHEAD) == budget.kept > 0


def test_the_memory_that_was_not_emptied_for_longest_gives_way() -> None:
    budget = Budget(4 * (OVERHEAD + 10))
    first, second, third = (Memory[bytes, int](16, budget) for _ in range(3))
    keep(first, b"a")
    keep(second, b"b")
    keep(first, b"c")
    keep(second, b"d")
    keep(third, b"e")
    assert [list(one) for one in (first, second, third)] == [[], [b"b", b"d"], [b"e"]]


def test_what_is_forgotten_is_given_back() -> None:
    budget = Budget(1_000_000)
    one: Memory[bytes, int] = Memory(16, budget)
    for number in range(40):
        keep(one, b"%d" % number)
    one.forget()
    assert (len(one), budget.kept) == (0, 0)


def test_one_result_above_the_budget_empties_all_and_stays_alone() -> None:
    budget = Budget(100)
    one: Memory[bytes, int] = Memory(16, budget)
    keep(one, b"a")
    keep(one, b"b")
    assert list(one) == [b"b"]


def test_what_grows_is_charged() -> None:
    budget = Budget(10 * OVERHEAD)
    one: Memory[bytes, int] = Memory(16, budget)
    one.keep(b"a", 1, 0)
    one.charge(OVERHEAD)
    assert budget.kept == 3 * OVERHEAD
    for _ in range(10):
        one.charge(OVERHEAD)
        assert budget.kept <= budget.size
    assert one == {}
