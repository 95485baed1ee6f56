"""What the blocks of fields of one client open: requests, remembered while they mean the same.

A client that repeats itself sends blocks of a few bytes that say what was said before: what they
opened is remembered, for as long as the table of fields means the same. Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gateway.http2.assembly import Assembly
from gateway.http2.blocks import Blocks
from gateway.http2.frames import PROTOCOL_ERROR, StreamFaultError
from gateway.http2.requests import Opening, opening
from gateway.memory import Budget, Memory

if TYPE_CHECKING:
    from gateway.http2.blocks import Field
    from gateway.limits import Limits

CONTINUATIONS: Final = 32
"""Frames that one block may come in, beside the first."""
REMEMBERED: Final = 64
"""Blocks of one connection."""
KEPT: Final = Budget(8 * 1024 * 1024)
"""Bytes of what is remembered of them, of all connections."""


class Openings(Assembly):
    """One connection's."""

    __slots__ = ("_blocks", "_key", "_known", "longest")

    def __init__(self, limits: Limits, key: bytes) -> None:
        super().__init__(2 * limits.head, CONTINUATIONS)
        self.longest = limits.head
        """Bytes of a list of fields, as announced; one that is longer, up to twice as long, is
        answered as HTTP/1.1 answers it."""
        self._blocks = Blocks(2 * limits.head + 32 * limits.fields)
        self._known: Memory[tuple[bytes, bool], Opening] = Memory(REMEMBERED, KEPT)
        self._key = key

    def fields(self) -> list[Field]:
        """What the block says; raises ConnectionFaultError."""
        fields = self._blocks.fields(self.block())
        if self._blocks.changed and self._known:
            self._known.forget()
        return fields

    def opening(self) -> Opening:
        """The request that the block opens; raises both faults."""
        if self.itself:
            self.fields()
            raise StreamFaultError(PROTOCOL_ERROR, "a stream that depends on itself")
        block = self.block()
        key = (block, self.ended)
        found = self._known.get(key)
        if found is None:
            found = opening(self.fields(), ended=self.ended, key=self._key)
            if not self._blocks.changed:
                self._known.remember(key, found, len(block) + 2 * len(found.head))
        return found

    def forget(self) -> None:
        """The connection is gone."""
        self._known.forget()
