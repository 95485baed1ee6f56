"""An answer of HTTP/1.1, read back as it is written: blocks of fields, content, and where it ends.

What writes it has checked its head, so that this is not checked again. Pure.
"""

from __future__ import annotations

from typing import Final

from gateway.http2.blocks import encoded, status
from gateway.protocol.chunked import ChunkedBody
from gateway.protocol.framing import LengthBody

HEAD, CONTENT, TRAILERS = range(3)
"""Kinds of parts: a block of fields (interim, or the answer's), bytes of the body, a block that
ends the answer."""

Part = tuple[int, bytes]

_END: Final = b"\r\n\r\n"
_SWITCHING: Final = b"101"
_NO_BODY: Final = frozenset({b"204", b"304"})


class Answer:
    """One answer on its way: interim heads, the head, its body, its trailers."""

    __slots__ = ("_body", "_bodyless", "_held", "switched")

    def __init__(self, *, bodyless: bool) -> None:
        self._bodyless = bodyless
        self._body: ChunkedBody | LengthBody | None = None
        self._held = b""
        """The beginning of a head."""
        self.switched = False
        """The pod switched protocols: what follows are bytes both ways."""

    @property
    def done(self) -> bool:
        """The answer is whole."""
        return self._body is not None and self._body.done

    @property
    def begun(self) -> bool:
        """The head of the answer has been written."""
        return self.switched or self._body is not None

    def feed(self, data: bytes) -> list[Part]:
        """The parts that `data` brings."""
        parts: list[Part] = []
        while data and not self.begun:
            data = self._head(self._held + data, parts)
        if data and not self.done:
            self._content(data, parts)
        return parts

    def _head(self, data: bytes, parts: list[Part]) -> bytes:
        """Take a head; the answer is what follows it."""
        end = data.find(_END)
        if end < 0:
            self._held = data
            return b""
        self._held = b""
        first, *lines = data[:end].split(b"\r\n")
        code = first[9:12]
        switching = code == _SWITCHING
        if switching:  # the handshake of WebSockets is another on streams (RFC 8441, section 5)
            lines = [line for line in lines if line[:21].lower() != b"sec-websocket-accept:"]
        parts.append((HEAD, status(b"200" if switching else code) + encoded(lines)))
        self.switched = switching
        if not switching and code[:1] != b"1":
            self._body = self._framed(code, data[: end + 2])
        return data[end + 4 :]

    def _framed(self, code: bytes, head: bytes) -> ChunkedBody | LengthBody:
        """How the body is framed that follows `head`."""
        if self._bodyless or code in _NO_BODY:
            return LengthBody(0)
        lowered = head.lower()
        at = lowered.find(b"\r\ncontent-length:")
        if at >= 0:
            return LengthBody(int(lowered[at + 17 : lowered.find(b"\r\n", at + 17)]))
        if b"\r\ntransfer-encoding:" in lowered:
            return ChunkedBody(bare=True, trailers=True)
        return LengthBody(0)

    def _content(self, data: bytes, parts: list[Part]) -> None:
        body = self._body
        content = data if body is None else body.feed(data)
        if content:
            parts.append((CONTENT, content))
        if isinstance(body, ChunkedBody) and body.done and body.fields:
            parts.append((TRAILERS, encoded(body.fields)))
