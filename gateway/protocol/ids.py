"""Identities of requests, as the lines of X-Request-Id that carry them. Pure.

Fresh ones are made in batches, so that one request pays a list's `pop`. Of trace fields
(traceparent, b3, …) those of a client pass as they came, and none is made for a request that is not
recorded: it would switch an application's own traces off
(https://opentelemetry.io/docs/specs/otel/trace/sdk/#parentbased).
"""

from __future__ import annotations

from binascii import hexlify
from struct import Struct
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

BATCH: Final = 256
_DIGITS: Final = Struct("32s")


class Ids:
    """`random` answers n random bytes."""

    __slots__ = ("_random", "ready")

    def __init__(self, random: Callable[[int], bytes]) -> None:
        self._random = random
        self.ready: list[bytes] = []

    def fresh(self) -> bytes:
        """The line of an id of 32 random hex digits."""
        if not self.ready:
            self._refill()
        return self.ready.pop()

    def _refill(self) -> None:
        digits = hexlify(self._random(16 * BATCH))
        self.ready += [id_line(one) for (one,) in _DIGITS.iter_unpack(digits)]


def id_line(request_id: bytes) -> bytes:
    """The line that carries an id."""
    return b"X-Request-Id: " + request_id + b"\r\n"


def request_id(line: bytes) -> bytes:
    """The id that a line carries."""
    return line[14:-2]
