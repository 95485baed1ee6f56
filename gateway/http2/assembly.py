"""A block of fields as it comes on a connection: in HEADERS and any CONTINUATION (RFC 9113, section
6.10), in how many frames and bytes is bounded (CVE-2024-27316 and its kin). Pure."""

from __future__ import annotations

from gateway.http2 import frames
from gateway.http2.frames import (
    END_HEADERS,
    END_STREAM,
    ENHANCE_YOUR_CALM,
    FRAME_SIZE_ERROR,
    PROTOCOL_ERROR,
    WITH_PRIORITY,
    ConnectionFaultError,
)


class Assembly:
    """One connection's; `number`, `ended` and the block are those of the last HEADERS.

    A block may have `most` bytes if it comes in several frames, and `continuations` of these.
    """

    __slots__ = (
        "_continuations", "_count", "_most", "_pieces", "_size", "ended", "itself", "number",
        "pending",
    )  # fmt: skip

    def __init__(self, most: int, continuations: int) -> None:
        self._most = most
        self._continuations = continuations
        self._pieces: list[bytes] = []
        self._size = 0
        self._count = 0
        self.pending = False
        """CONTINUATION must follow."""
        self.number = 0
        self.ended = False
        """It ends its stream."""
        self.itself = False
        """The stream is said to depend on itself."""

    def begin(self, flags: int, number: int, payload: bytes) -> bool:
        """Take HEADERS; True when the block is whole. Raises ConnectionFaultError."""
        piece = frames.unpadded(flags, payload)
        self.itself = False
        if flags & WITH_PRIORITY:
            if len(piece) < 5:
                raise ConnectionFaultError(FRAME_SIZE_ERROR, "HEADERS end within their priority")
            self.itself = frames.word(piece) == number
            piece = piece[5:]
        self.number = number
        self.ended = bool(flags & END_STREAM)
        self._pieces = [piece]
        self._size, self._count = len(piece), 0
        self.pending = not flags & END_HEADERS
        return not self.pending

    def go_on(self, flags: int, number: int, payload: bytes) -> bool:
        """Take CONTINUATION; True when the block is whole. Raises ConnectionFaultError."""
        if not self.pending or number != self.number:
            raise ConnectionFaultError(PROTOCOL_ERROR, "CONTINUATION of nothing")
        self._count += 1
        self._size += len(payload)
        if self._count > self._continuations or self._size > self._most:
            raise ConnectionFaultError(ENHANCE_YOUR_CALM, "a block of fields is too long")
        self._pieces.append(payload)
        self.pending = not flags & END_HEADERS
        return not self.pending

    def check_order(self, kind: int) -> None:
        """Nothing else comes between the frames of a block; raises ConnectionFaultError."""
        if self.pending and kind != frames.CONTINUATION:
            raise ConnectionFaultError(PROTOCOL_ERROR, "a block of fields is interrupted")

    def block(self) -> bytes:
        """The block, which is whole."""
        pieces = self._pieces
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)
