"""Heads between the gateway, which tells them in HTTP/1.1, and a pod that speaks HTTP/2. Pure.

Header blocks for pods use no table that grows, so that a line is always encoded the same and can be
remembered. Pods are told to use none either (SETTINGS_HEADER_TABLE_SIZE 0), so that their blocks
can be.

RFC 9113, section 8; RFC 7541.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from gateway.http2.blocks import CONNECTION_SPECIFIC, NAME, Blocks, Field, encoded, literal
from gateway.memory import Memory
from gateway.protocol.framing import CHUNKED, parse_length
from gateway.protocol.http1 import ProtocolError

_HOST: Final = b"Host: "
_HTTP: Final = literal(b":scheme", b"http")
_TRAILERS: Final = literal(b"te", b"trailers")
_VALUE = re.compile(rb"[^\x00\r\n]*+")
_STATUS = re.compile(rb"[1-9][0-9][0-9]")
_LENGTH = re.compile(
    rb"\r\n(?:(transfer-encoding)|content-length:[ \t]*([0-9]{1,18})[ \t]*\r)", re.IGNORECASE
)
_BODYLESS: Final = frozenset({b"204", b"304"})


def request_block(head: bytes, *, grpc: bool) -> tuple[bytes, int]:
    """The header block for the HTTP/1.1 request `head`, as the gateway writes them: Host is the
    first line. Also the length of its body, or CHUNKED. `grpc` says that trailers are welcome."""
    start, host, *lines = head[:-4].split(b"\r\n")
    method, target, _ = start.split(b" ")
    assert host.startswith(_HOST)
    block = b"".join(
        (
            literal(b":method", method),
            _HTTP,
            literal(b":path", target),
            literal(b":authority", host[len(_HOST) :]),
            encoded(lines),
            _TRAILERS if grpc else b"",
        )
    )
    found = _LENGTH.search(head)
    length = 0 if found is None else CHUNKED if found[1] else int(found[2])
    return block, length


class Head(NamedTuple):
    """A header block of a pod as HTTP/1.1 has it."""

    text: bytes
    """Status line and fields with the empty line; of trailers, the lines alone."""
    status: int
    """0 for trailers."""
    length: int
    """Bytes of the body that follows, or CHUNKED."""


Remembered = Memory[tuple[bytes, bool, bool], Head]
"""Heads by their blocks, and what they are read for; of all pods together."""


class Heads:
    """Reads the header blocks of one pod's connection."""

    __slots__ = ("_blocks", "_fixed", "_memory", "most")

    def __init__(self, memory: Remembered, most: int) -> None:
        self._blocks = Blocks(2 * most)
        self._memory = memory
        self._fixed = False
        """The pod uses no table, as it was told, so that blocks mean the same as those of others.
        """
        self.most = most
        """Bytes of a header block."""

    def read(self, block: bytes, *, ended: bool, head_only: bool) -> Head:
        """What `block` says; `ended`: nothing follows it, `head_only`: HEAD was asked.

        Raises ConnectionFaultError when it cannot be decoded, and ProtocolError when what it says
        is no head: then only its stream is lost.
        """
        key = (block, ended, head_only)
        known = self._memory.get(key) if self._fixed else None
        if known is None:
            known = _head(self._blocks.fields(block), ended=ended, head_only=head_only)
            self._fixed = self._blocks.table_size == 0
            if self._fixed:
                self._memory.remember(key, known, 3 * len(block) + len(known.text))
        return known


def _head(fields: list[Field], *, ended: bool, head_only: bool) -> Head:
    if not fields or fields[0][0] != b":status":
        return Head(b"".join(_line(*field) for field in fields), 0, 0)
    status = fields[0][1]
    if _STATUS.fullmatch(status) is None or status == b"101":
        raise ProtocolError(f"its status is {status[:20].decode('latin-1')!a}")
    kept = fields[1:]
    lines = [b"HTTP/1.1 " + status + b" \r\n"]
    length = 0
    if status >= b"200":
        if not head_only and status not in _BODYLESS:
            length = _body_length(kept)
            if ended and length == CHUNKED:
                lines.append(b"Content-Length: 0\r\n")
            elif length == CHUNKED:
                kept = [field for field in kept if field[0] != b"content-length"]
                lines.append(b"Transfer-Encoding: chunked\r\n")
        lines.append(b"Connection: close\r\n")  # a stream carries one exchange
    lines += [_line(*field) for field in kept]
    return Head(b"".join((*lines, b"\r\n")), int(status), 0 if ended else length)


def _body_length(fields: list[Field]) -> int:
    """The length that the pod states, or CHUNKED. That of gRPC does not count: its trailers are the
    answer, and HTTP/1.1 has them after chunks alone."""
    length = CHUNKED
    for name, value in fields:
        if name == b"content-type" and value.startswith(b"application/grpc"):
            return CHUNKED
        if name == b"content-length":
            length = parse_length(value)
    return length


def _line(name: bytes, value: bytes) -> bytes:
    """A field line; raises ProtocolError for what would be none, or is forbidden."""
    if NAME.fullmatch(name) is None:
        raise ProtocolError(f"a field's name is {name[:40].decode('latin-1')!a}")
    if name in CONNECTION_SPECIFIC:
        raise ProtocolError(f"the field {name.decode()}, which HTTP/2 does not have")
    if _VALUE.fullmatch(value) is None:
        raise ProtocolError(f"the value of {name.decode()} holds a line's end or NUL")
    return name + b": " + value + b"\r\n"
