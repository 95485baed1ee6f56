"""From the fields of a stream's request to a head of HTTP/1.1 (RFC 9113, sections 8.1 to 8.5).

What is malformed there ends its stream here; what HTTP/1.1 judges as well (the method, the path,
Host, sizes) is left to those who do. Nothing can stand in the head that a field did not say: a
value holds no line's end, and a name is a name. Pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gateway.http2.blocks import CONNECTION_SPECIFIC, NAME
from gateway.http2.frames import PROTOCOL_ERROR, StreamFaultError

if TYPE_CHECKING:
    from gateway.http2.blocks import Field

UNKNOWN: Final = -1
"""The length of a body that only its end tells."""

_VALUE = re.compile(rb"(?:[^\x00-\x20\x7f](?:[^\x00-\x08\x0a-\x1f\x7f]*[^\x00-\x20\x7f])?)?")
_METHOD = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]++")
_LENGTH = re.compile(rb"[0-9]{1,18}")
_PSEUDO: Final = frozenset({b":method", b":scheme", b":authority", b":path", b":protocol"})


@dataclass(frozen=True, slots=True)
class Opening:
    """How a stream's request begins."""

    head: bytes
    """As HTTP/1.1 has it, its empty line included."""
    length: int
    """Bytes of the body, as it was announced, or UNKNOWN."""
    bodyless: bool
    """The answer has no body (HEAD)."""
    tunnel: bool
    """It becomes a WebSocket, if the pod switches protocols."""


def opening(fields: list[Field], *, ended: bool, key: bytes) -> Opening:
    """The request that `fields` begin; `ended`: no body follows. Raises StreamFaultError.

    `key` is for Sec-WebSocket-Key, which no WebSocket on a stream brings (RFC 8441, section 5.1).
    """
    pseudo, plain = _split(fields)
    method, path = pseudo.get(b":method", b""), pseudo.get(b":path", b"")
    tunnel = method == b"CONNECT" and b":protocol" in pseudo
    if not _METHOD.fullmatch(method):
        raise _malformed(":method is missing, or no token")
    if method == b"CONNECT" and not tunnel:
        if b":path" in pseudo or b":scheme" in pseudo:
            raise _malformed("CONNECT with :path or :scheme")
        path = pseudo.get(b":authority", b"")
    elif pseudo.get(b":scheme") not in (b"http", b"https"):
        raise _malformed(":scheme is missing, or neither http nor https")
    elif path[:1] != b"/" and (method, path) != (b"OPTIONS", b"*"):
        raise _malformed(":path is missing, or no path")
    lines, length = _lines(pseudo, plain, ended=ended)
    if tunnel:
        lines += _switching(pseudo[b":protocol"], key, ended=ended)
        method = b"GET"
    elif not ended and length == UNKNOWN:
        lines.append(b"transfer-encoding: chunked")
    head = b"\r\n".join([b"%b %b HTTP/1.1" % (method, path), *lines, b"", b""])
    return Opening(head, length, method == b"HEAD", tunnel)


def trailer_lines(fields: list[Field]) -> bytes:
    """The lines of a request's trailer fields, each ended; raises StreamFaultError."""
    pseudo, plain = _split(fields)
    if pseudo:
        raise _malformed("a pseudo-field in trailers")
    return b"".join(b"%b: %b\r\n" % field for field in plain)


def _split(fields: list[Field]) -> tuple[dict[bytes, bytes], list[Field]]:
    """Pseudo-fields, which come first, and the others; all are well-formed (section 8.2.1)."""
    pseudo: dict[bytes, bytes] = {}
    plain: list[Field] = []
    for name, value in fields:
        if not _VALUE.fullmatch(value):
            raise _malformed("a field's value holds what none may hold")
        if name[:1] == b":":
            if plain or name in pseudo or name not in _PSEUDO:
                raise _malformed("a pseudo-field that is unknown, repeated or late")
            pseudo[name] = value
        elif not NAME.fullmatch(name):
            raise _malformed("a field's name is no token of lower case")
        elif name in CONNECTION_SPECIFIC or (name == b"te" and value != b"trailers"):
            raise _malformed("a field that is of one connection only")
        else:
            plain.append((name, value))
    return pseudo, plain


def _lines(
    pseudo: dict[bytes, bytes], plain: list[Field], *, ended: bool
) -> tuple[list[bytes], int]:
    """The lines of all fields, Host first, and the length of the body."""
    found: dict[bytes, bytes] = {}
    crumbs = []
    lines = []
    for name, value in plain:
        if name == b"cookie":
            crumbs.append(value)
        elif name in (b"host", b"content-length"):
            if found.setdefault(name, value) != value:
                raise _malformed(f"{name.decode()} stands more than once")
        else:
            lines.append(b"%b: %b" % (name, value))
    host = pseudo.get(b":authority", found.get(b"host"))
    if host is not None:
        if found.get(b"host", host) != host:
            raise _malformed(":authority and host differ")
        lines.insert(0, b"host: " + host)
    if crumbs:
        lines.append(b"cookie: " + b"; ".join(crumbs))
    length = _length(found.get(b"content-length"), ended=ended)
    if b"content-length" in found:
        lines.append(b"content-length: %d" % length)
    return lines, length


def _length(value: bytes | None, *, ended: bool) -> int:
    if value is None:
        return 0 if ended else UNKNOWN
    if not _LENGTH.fullmatch(value):
        raise _malformed("content-length is not one number")
    length = int(value)
    if ended and length:
        raise _malformed("a body was announced, and none follows")
    return length


def _switching(protocol: bytes, key: bytes, *, ended: bool) -> list[bytes]:
    """What makes an extended CONNECT (RFC 8441) a handshake of HTTP/1.1."""
    if protocol != b"websocket" or ended:
        raise _malformed("only WebSockets are opened by CONNECT")
    return [b"connection: upgrade", b"upgrade: websocket", b"sec-websocket-key: " + key]


def _malformed(detail: str) -> StreamFaultError:
    return StreamFaultError(PROTOCOL_ERROR, detail)
