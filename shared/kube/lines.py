"""A watch stream cut into lines of bounded length."""

from __future__ import annotations

from typing import Final

MAX_LINE: Final = 16 * 1024 * 1024
"""Bytes of one watch event: ten times what etcd stores of one object (1.5 MiB by default)."""


class LineTooLong(ValueError):  # noqa: N818  named after what is wrong
    """A line passed the bound; the stream cannot be trusted any more."""


class LineSplitter:
    """`feed` chunks as they come; lines leave without their newline, empty ones are dropped."""

    def __init__(self, limit: int = MAX_LINE) -> None:
        self._limit = limit
        self._parts: list[bytes] = []
        self._held = 0

    @property
    def held(self) -> int:
        """Bytes of the line begun and not ended; not zero at the end of a stream: it broke off."""
        return self._held

    def feed(self, chunk: bytes) -> list[bytes]:
        """The lines that `chunk` completes; raises `LineTooLong`."""
        head, *rest = chunk.split(b"\n")
        self._hold(head)
        lines: list[bytes] = []
        for piece in rest:
            lines.append(b"".join(self._parts))
            self._parts, self._held = [], 0
            self._hold(piece)
        return [line for line in lines if line.strip()]

    def _hold(self, piece: bytes) -> None:
        self._held += len(piece)
        if self._held > self._limit:
            raise LineTooLong(f"an event is longer than {self._limit} bytes")
        if piece:
            self._parts.append(piece)
