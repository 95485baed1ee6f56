"""Back-pressure: whether one end of an exchange or of a tunnel is read from, and who holds it back.

Both kinds of connection are a `Source`, the one owner of that question. Whoever holds an end back
names a reason, and it is read from again when no reason is left: nobody can forget what another one
began, nor end it too early. Called by the exchange, its upload and its tunnel.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from asyncio import Transport

OTHER_END: Final = 1
"""The other end does not take what is written to it."""
BODY_AHEAD: Final = 2
"""As much of the body as may be kept has come before its pod is reached."""
HELD: Final = 4
"""As many bytes as may be kept have come before their turn."""
OF_EXCHANGE: Final = OTHER_END | BODY_AHEAD
"""Reasons that end with the exchange."""


class Source:
    """One end, read from while nobody holds it back."""

    __slots__ = ("paused", "transport")

    def __init__(self) -> None:
        self.transport: Transport | None = None
        """None before the connection is made, and after it is lost."""
        self.paused = 0
        """The reasons why it is not read from."""

    def pause_reading(self, reason: int) -> None:
        """Do not read, for `reason`, until that is taken back."""
        if not self.paused and self.transport is not None and not self.transport.is_closing():
            self.transport.pause_reading()
        self.paused |= reason

    def resume_reading(self, reasons: int) -> None:
        """Take `reasons` back, whether they held or not; read if none is left."""
        before, self.paused = self.paused, self.paused & ~reasons
        held = before and not self.paused
        if held and self.transport is not None and not self.transport.is_closing():
            self.transport.resume_reading()


class Throttled(Protocol):
    """One end, as who holds it back sees it."""

    def pause_reading(self, reason: int) -> None:
        """Do not read, for `reason`, until that is taken back."""

    def resume_reading(self, reasons: int) -> None:
        """Take `reasons` back."""


def throttle(end: Throttled, *, stalled: bool) -> None:
    """Read from `end` only while the other end is not `stalled`."""
    if stalled:
        end.pause_reading(OTHER_END)
    else:
        end.resume_reading(OTHER_END)
