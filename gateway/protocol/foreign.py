"""What a pod speaks that is not HTTP/1, by its first bytes.

Asked as the beginning of an answer comes in, so that a pod of another protocol is named at once,
and not waited for until its time to answer is over. Pure.
"""

from __future__ import annotations

import re
from typing import Final

from gateway.protocol.http1 import ProtocolError

_START: Final = b"HTTP/1."
_STATUS = re.compile(rb"(?:[01](?: (?:[1-9](?:[0-9](?:[0-9](?:[ \r\n])?)?)?)?)?)?")
_STATUS_BYTES: Final = len(b"HTTP/1.1 200 ")
_BROKEN = re.compile(rb"\r[^\n]|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\n[ \t]")
_NO_FIELD = re.compile(rb"\n(?![!#$%&'*+\-.^_`|~0-9A-Za-z]++[ \t]*+:)([^\n]++)\n")
_DECIDED: Final = 16
"""Bytes after which every protocol below is known by its first ones."""

_WEB: Final = "set expose.api_port to the port of its HTTP server"
_KNOWN: Final = tuple(
    (re.compile(pattern, re.DOTALL | re.IGNORECASE), meaning)
    for pattern, meaning in (
        (
            rb"[\x14-\x17]\x03[\x00-\x04]|\x80.\x01\x03",
            "the pod speaks TLS: let it serve plain HTTP there, for TLS ends at the gateway",
        ),
        (
            rb"\x00..[\x04\x07\x08].\x00\x00\x00\x00|PRI \* HTTP/2|HTTP/2",
            "the pod speaks HTTP/2 only: set expose.protocol to h2c, or to grpc if it serves gRPC",
        ),
        (rb"SSH-", f"the pod speaks SSH: {_WEB}"),
        (rb"2[25][01][ -]|4[25][0-9][ -]|5[0-5][0-9][ -]", f"the pod speaks SMTP or FTP: {_WEB}"),
        (rb"\* (?:OK|BYE|PREAUTH)", f"the pod speaks IMAP: {_WEB}"),
        (
            rb"-(?:ERR|NOAUTH|DENIED|WRONG|LOADING)|\+(?:PONG|OK)",
            f"the pod speaks Redis or POP3: {_WEB}",
        ),
        (rb"...\x00(?:\x0a|\xff)", f"the pod speaks MySQL: {_WEB}"),
        (rb"E\x00\x00..S", f"the pod speaks PostgreSQL: {_WEB}"),
        (rb"AMQP", f"the pod speaks AMQP: {_WEB}"),
        (rb"RFB \d", f"the pod speaks VNC: {_WEB}"),
        (rb"\s*<", "the pod sends a page without a head (HTTP/0.9): let it send a status line"),
        (rb"\s*[\[{]", "the pod sends JSON without a head: let it send a status line first"),
        (
            rb"(?:status|content-type|content-length|server|date|location|set-cookie)[ \t]*:",
            "the pod sends fields without a status line (as a CGI script does): let it send "
            "'HTTP/1.1 200 OK' first",
        ),
        (
            rb"(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) /",
            f"the pod sends the request back (an echo server?): {_WEB}",
        ),
    )
)


def is_foreign(beginning: bytes) -> bool:
    """Whether an answer that begins so is surely no HTTP/1."""
    return not beginning.startswith(_START) and not _START.startswith(beginning)


def meaning(beginning: bytes) -> str:
    """What a pod speaks whose answer begins so, and the remedy; else what was seen."""
    for pattern, found in _KNOWN:
        if pattern.match(beginning) is not None:
            return found
    return f"its first bytes are {_shown(beginning)}, which begin no HTTP/1.1 answer"


def check_beginning(data: bytes, seen: int = 0) -> bool:
    """Raise ProtocolError when `data`, which holds no empty line, cannot become a response head.

    False when it is no HTTP/1, but too short to say what it is. The first `seen` bytes were judged
    before: a head that drips in is not read again and again.
    """
    if is_foreign(data):
        _check_foreign(data)
        return False
    if seen < _STATUS_BYTES and _STATUS.fullmatch(data[len(_START) : _STATUS_BYTES]) is None:
        raise ProtocolError(f"its first line is {_shown(data)}")
    broken = _BROKEN.search(data, max(seen - 1, 0))
    if broken is not None:
        raise ProtocolError(_FAULTS.get(broken[0][:1], "its head holds a control character"))
    if data.find(b"\n", seen) >= 0:
        line = _NO_FIELD.search(data, max(data.rfind(b"\n", 0, seen), 0))
        if line is not None:
            raise ProtocolError(f"a line of its head is no field: {_shown(line[1])}")
    return True


def _check_foreign(data: bytes) -> None:
    known = any(pattern.match(data) is not None for pattern, _ in _KNOWN)
    if known or len(data) >= _DECIDED or b"\n" in data:
        raise ProtocolError(meaning(data))


_FAULTS: Final = {
    b"\r": "a line of its head ends in a bare CR",
    b"\n": "a field is folded onto a second line (RFC 9112, section 5.2)",
}


def _shown(data: bytes) -> str:
    line = data[:40].partition(b"\n")[0].rstrip(b"\r")
    return ascii(line.decode("latin-1"))
