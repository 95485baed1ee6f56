"""The bounded memory."""

from __future__ import annotations

from gateway.memory import Memory


def test_what_comes_twice_is_remembered() -> None:
    memory: Memory[bytes, int] = Memory(4)
    memory.remember(b"a", 1)
    assert memory.get(b"a") is None
    memory.remember(b"a", 1)
    assert memory.get(b"a") == 1


def test_it_stays_bounded() -> None:
    memory: Memory[bytes, int] = Memory(8)
    for number in range(1000):
        for _ in range(3):
            memory.remember(b"%d" % number, number)
        assert memory[b"%d" % number] == number
        assert len(memory) <= 8


def test_keys_that_never_repeat_do_not_get_in() -> None:
    memory: Memory[bytes, int] = Memory(8)
    for _ in range(2):
        memory.remember(b"used", 0)
    for number in range(1000):
        memory.remember(b"%d" % number, number)
    assert memory == {b"used": 0}


def test_long_keys_are_not_kept() -> None:
    memory: Memory[bytes, int] = Memory(4, longest=3)
    for _ in range(2):
        memory.remember(b"long", 1)
    assert b"long" not in memory
