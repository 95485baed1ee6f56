"""A bounded memory of results by what they were made from.

Two generations: what is asked for stays, what is not goes when the younger one is full. Lookups
cost a dict access; a stream of keys that never repeat cannot grow it nor slow it down.
"""

from __future__ import annotations

from collections.abc import Sized
from typing import Generic, TypeVar

K = TypeVar("K", bound=Sized)
T = TypeVar("T")


class Memory(Generic[K, T]):
    """At most `2 * size` results, whose keys are no longer than `longest` (so that memory is
    bounded in bytes as well)."""

    __slots__ = ("_longest", "_old", "_size", "young")

    def __init__(self, size: int, longest: int = 4096) -> None:
        self._size = size
        self._longest = longest
        self.young: dict[K, T] = {}
        """Hot paths look here first, without a call."""
        self._old: dict[K, T] = {}

    def recall(self, key: K) -> T | None:
        """The result for `key`, if it is still known."""
        found = self.young.get(key)
        if found is None:
            found = self._old.get(key)
            if found is not None:
                self.remember(key, found)
        return found

    def remember(self, key: K, result: T) -> None:
        """Keep `result` for `key`."""
        if len(key) > self._longest:
            return
        if len(self.young) >= self._size:
            self._old, self.young = self.young, {}
        self.young[key] = result
