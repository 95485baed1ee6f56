"""Bounded memories of results by what they were made from, and the bytes they may keep together.

Whoever sends heads chooses what is remembered, so that both the number of results and the sum of
their bytes are bounded. What should not be remembered (refusals: attackers vary them) is for the
callers to leave out.
"""

from __future__ import annotations

from typing import Any, Final, TypeVar

K = TypeVar("K")
T = TypeVar("T")

MARKS: Final = 4096
"""Keys seen once of which a budget knows."""
OVERHEAD: Final = 1024
"""Bytes that a result costs beside its weight: its objects."""


class Budget:
    """Bytes that the memories which share it may keep together.

    When they are spent, the memory that has not been emptied for longest starts anew: that costs
    nobody a search, and each result that is still wanted one more making.
    """

    __slots__ = ("_memories", "_once", "kept", "size")

    def __init__(self, size: int) -> None:
        self.size = size
        self.kept = 0
        """Bytes kept now, as the weights have it."""
        self._memories: dict[int, Memory[Any, Any]] = {}
        self._once: set[int] = set()
        """Hashes of keys seen once."""

    def seen(self, key: object) -> bool:
        """Whether `key` came before; it is noted. A stream of keys that never repeat costs no
        more than its marks."""
        mark = hash(key)
        once = self._once
        if mark in once:
            return True
        if len(once) >= MARKS:
            once.clear()
        once.add(mark)
        return False

    def spend(self, memory: Memory[Any, Any], count: int) -> None:
        """Let `memory` keep `count` bytes more."""
        while self._memories and self.kept + count > self.size:
            next(iter(self._memories.values())).forget()
        self._memories[id(memory)] = memory
        self.kept += count

    def refund(self, memory: Memory[Any, Any], count: int) -> None:
        """`memory` is empty, and kept `count` bytes."""
        self._memories.pop(id(memory), None)
        self.kept -= count


class Memory(dict[K, T]):
    """A dict of at most `size` results of `longest` bytes each, within a budget.

    Looking up is the dict's own `get`. A result is kept when its key comes for the second time. A
    full memory starts anew.
    """

    __slots__ = ("_budget", "_longest", "_size", "_spent")

    def __init__(self, size: int, budget: Budget, longest: int = 16 * 1024) -> None:
        super().__init__()
        self._size = size
        self._budget = budget
        self._longest = longest
        self._spent = 0

    def remember(self, key: K, result: T, weight: int) -> None:
        """Keep `result` for `key`, which hold `weight` bytes together, if this is not the first
        time that the key is seen."""
        if weight <= self._longest and self._budget.seen(key):
            self.keep(key, result, weight)

    def keep(self, key: K, result: T, weight: int) -> None:
        """Keep `result` for `key` at once; what was kept for it before counts as heavy as this."""
        if key not in self:
            if len(self) >= self._size:
                self.forget()
            self.charge(weight)
        self[key] = result

    def charge(self, weight: int) -> None:
        """Let what is kept weigh so much more: a result has grown. It may be forgotten at that."""
        self._budget.spend(self, weight + OVERHEAD)
        self._spent += weight + OVERHEAD

    def again(self, key: K) -> bool:
        """Whether `key` came before, so that a result for it would be kept; it is noted."""
        return self._budget.seen(key)

    def forget(self) -> None:
        """Start anew."""
        self.clear()
        self._budget.refund(self, self._spent)
        self._spent = 0
