"""Clients that do not take what is written to them: who they are, and how long they are given.

While a client stalls, its pod waits with a slot; so it must take bytes at some rate, as a request's
body must come at one. What counts is what the client's system has acknowledged, for its own buffers
and the kernel's would hide a reader that is slow but not idle. (nginx: send_timeout, HAProxy:
timeout client, Kestrel: MinResponseDataRate.)

Client connections register here, and the server's tick goes round.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from gateway.net.sockets import taken

if TYPE_CHECKING:
    from asyncio import Transport

    from gateway.limits import Limits


class Reader(Protocol):
    """A client with bytes that wait for it."""

    transport: Transport | None
    stalled: bool
    """It takes less than is written to it."""

    def sent(self) -> None:
        """All that waited has left, and the client is to be given nothing more."""

    def stuck(self) -> None:
        """The client takes too little: do not wait for it any longer."""


class Sending:
    """All clients of one process that have bytes waiting, and how far each of them is."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._waiting: dict[Reader, tuple[float, int]] = {}
        """Since when bytes are counted, in monotonic seconds, and from which number."""

    def watch(self, reader: Reader, now: float) -> None:
        """Bytes wait for `reader` from `now` on."""
        if self._limits.send_time and reader.transport is not None and reader not in self._waiting:
            self._waiting[reader] = (now, taken(reader.transport))

    def forget(self, reader: Reader) -> None:
        """Nothing waits for it any more."""
        self._waiting.pop(reader, None)

    def turn(self, now: float) -> None:
        """Look at all of them."""
        limits = self._limits
        for reader, (since, before) in list(self._waiting.items()):
            transport = reader.transport
            if transport is None:
                self.forget(reader)
            elif not reader.stalled and not transport.get_write_buffer_size():
                self.forget(reader)
                reader.sent()
            elif now - since >= limits.send_time:
                count = taken(transport)
                if is_stuck(count - before, now - since, limits.send_rate):
                    self.forget(reader)
                    reader.stuck()
                else:
                    self._waiting[reader] = (now, count)

    def __len__(self) -> int:
        return len(self._waiting)


def is_stuck(moved: int, seconds: float, rate: float) -> bool:
    """Whether `moved` bytes in so many seconds are less than `rate` a second; nothing always is."""
    return moved <= 0 or moved < rate * seconds
