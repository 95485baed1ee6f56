"""Fresh identities of requests, made in batches so that one request pays a list's `pop`. Pure."""

from __future__ import annotations

from binascii import hexlify
from struct import Struct
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

BATCH: Final = 256
_DIGITS: Final = Struct("32s16s")
LINE: Final = len(b"X-Request-Id: \r\n") + 32
"""Bytes of the first line of what `fresh` answers."""


class Ids:
    """`random` answers n random bytes."""

    __slots__ = ("_random", "ready")

    def __init__(self, random: Callable[[int], bytes]) -> None:
        self._random = random
        self.ready: list[bytes] = []

    def fresh(self) -> bytes:
        """`X-Request-Id` with 32 random hex digits, and a `traceparent` of the same trace id
        (https://www.w3.org/TR/trace-context/, not sampled), each line ended."""
        if not self.ready:
            self._refill()
        return self.ready.pop()

    def _refill(self) -> None:
        digits = hexlify(self._random(24 * BATCH))
        self.ready += [
            b"X-Request-Id: %b\r\ntraceparent: 00-%b-%b-00\r\n" % (trace, trace, span)
            for trace, span in _DIGITS.iter_unpack(digits)
        ]


def request_id(lines: bytes) -> bytes:
    """The id in what `fresh` answered."""
    return lines[14 : LINE - 2]
