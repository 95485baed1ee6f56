"""A bounded memory of results by what they were made from."""

from __future__ import annotations

from collections.abc import Sized
from typing import TypeVar

K = TypeVar("K", bound=Sized)
T = TypeVar("T")


class Memory(dict[K, T]):
    """A dict of at most `size` results, whose keys are no longer than `longest` (so that memory is
    bounded in bytes as well).

    Looking up is the dict's own `get`. A stream of keys that never repeat does not get in: a result
    is kept when its key comes for the second time. A full memory starts anew, which costs each
    result that is still wanted one more making.
    """

    __slots__ = ("_longest", "_once", "_size")

    def __init__(self, size: int, longest: int = 4096) -> None:
        super().__init__()
        self._size = size
        self._longest = longest
        self._once: set[int] = set()
        """Hashes of keys seen once."""

    def remember(self, key: K, result: T) -> None:
        """Keep `result` for `key`, if this is not the first time the key is seen."""
        mark = hash(key)
        once = self._once
        if mark not in once:
            if len(once) >= self._size:
                once.clear()
            once.add(mark)
        elif len(key) <= self._longest:
            if len(self) >= self._size:
                self.clear()
            self[key] = result
