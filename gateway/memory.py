"""A bounded memory of results by the bytes they were made from.

Two generations: what is asked for stays, what is not goes when the younger one is full. Lookups
cost a dict access; a stream of keys that never repeat cannot grow it nor slow it down.
"""

from __future__ import annotations

from typing import Final, Generic, TypeVar

T = TypeVar("T")

LONGEST_KEY: Final = 4096
"""Longer keys are not remembered, so that the memory is bounded in bytes as well."""


class Memory(Generic[T]):
    """At most `2 * size` results."""

    __slots__ = ("_old", "_size", "young")

    def __init__(self, size: int) -> None:
        self._size = size
        self.young: dict[bytes, T] = {}
        """Look here first, inline: it is the hot path."""
        self._old: dict[bytes, T] = {}

    def recall(self, key: bytes) -> T | None:
        """The result for `key`, if it is still known."""
        found = self.young.get(key)
        if found is None:
            found = self._old.get(key)
            if found is not None:
                self.remember(key, found)
        return found

    def remember(self, key: bytes, result: T) -> None:
        """Keep `result` for `key`."""
        if len(key) > LONGEST_KEY:
            return
        if len(self.young) >= self._size:
            self._old, self.young = self.young, {}
        self.young[key] = result
