"""The bounded memory."""

from __future__ import annotations

from gateway.memory import Memory


def test_what_comes_twice_is_remembered() -> None:
    memory: Memory[bytes, int] = Memory(4)
    memory.remember(b"a", 1)
    assert memory.recall(b"a") is None
    memory.remember(b"a", 1)
    assert memory.recall(b"a") == 1


def test_it_stays_bounded_and_keeps_what_is_used() -> None:
    memory: Memory[bytes, int] = Memory(8)
    for _ in range(2):
        memory.remember(b"used", 0)
    for number in range(1000):
        key = b"%d" % number
        memory.remember(key, number)
        memory.remember(key, number)
        assert memory.recall(b"used") == 0
        assert len(memory.young) <= 8
    assert memory.recall(b"1") is None


def test_long_keys_are_not_kept() -> None:
    memory: Memory[bytes, int] = Memory(4, longest=3)
    for _ in range(2):
        memory.remember(b"long", 1)
    assert memory.recall(b"long") is None
