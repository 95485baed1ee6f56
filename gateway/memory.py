"""A bounded memory of results by what they were made from.

Two generations: what is asked for stays, what is not goes when the younger one is full. Lookups
cost a dict access; a stream of keys that never repeat does not get in at all.
"""

from __future__ import annotations

from collections.abc import Sized
from typing import Generic, TypeVar

K = TypeVar("K", bound=Sized)
T = TypeVar("T")


class Memory(Generic[K, T]):
    """At most `2 * size` results, whose keys are no longer than `longest` (so that memory is
    bounded in bytes as well)."""

    __slots__ = ("_longest", "_old", "_once", "_size", "young")

    def __init__(self, size: int, longest: int = 4096) -> None:
        self._size = size
        self._longest = longest
        self.young: dict[K, T] = {}
        """Hot paths look here first, without a call."""
        self._old: dict[K, T] = {}
        self._once: set[int] = set()
        """Hashes of keys seen once: what never comes again is not worth its memory."""

    def recall(self, key: K) -> T | None:
        """The result for `key`, if it is still known."""
        found = self.young.get(key)
        if found is None:
            found = self._old.get(key)
            if found is not None:
                self.remember(key, found)
        return found

    def remember(self, key: K, result: T) -> None:
        """Keep `result` for `key`, if this is not the first time the key is seen."""
        mark = hash(key)
        once = self._once
        if mark not in once:
            if len(once) >= self._size:
                once.clear()
            once.add(mark)
            return
        if len(key) > self._longest:
            return
        if len(self.young) >= self._size:
            self._old, self.young = self.young, {}
        self.young[key] = result
