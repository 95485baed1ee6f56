"""Heads of HTTP/1.1 messages: bytes in, values out (RFC 9112; RFC 9110, section 5).

Strict on purpose: what two parsers could read differently is an error, never a guess. One compiled
expression judges a whole field line, and its verdict is remembered: clients and pods repeat their
lines, so that most of a head costs one lookup a line, in C.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from gateway.limits import Limits

END: Final = b"\r\n\r\n"

_TOKEN: Final = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]"
_TEXT: Final = rb"[^\x00-\x08\x0a-\x1f\x7f]"
_REQUEST_LINE = re.compile(rb"(" + _TOKEN + rb"{1,64}+) ([!-\"$-~]++) HTTP/1\.([01])")
_STATUS_LINE = re.compile(rb"HTTP/1\.([01]) ([1-9][0-9][0-9](?: " + _TEXT + rb"*+)?)")
_FIELD = re.compile(rb"(" + _TOKEN + rb"++):[ \t]*+(" + _TEXT + rb"*+)")
_ABSOLUTE = re.compile(rb"(?i:https?)://([^/?]++)(.*)")
_HOST = re.compile(rb"(?:[A-Za-z0-9\-._~!$&'()*+,;=%]++|\[[0-9A-Fa-f:.]++\])(?::[0-9]{0,5})?")
_BARE = re.compile(rb"(?<!\r)\n|\r[^\n]|\x00")

_DROPPED: Final = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authentication-info",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)
"""Hop by hop in either direction (RFC 9110, section 7.6.1)."""

_OF_REQUESTS: Final = _DROPPED | {
    b"access-control-request-method",
    b"authorization",
    b"content-length",
    b"cookie",
    b"expect",
    b"forwarded",
    b"host",
    b"http2-settings",
    b"max-forwards",
    b"origin",
    b"proxy",
    b"traceparent",
    b"via",
    b"x-real-ip",
    b"x-request-id",
}
_OF_RESPONSES: Final = _DROPPED | {
    b"content-length",
    b"content-location",
    b"location",
    b"refresh",
    b"set-cookie",
    b"via",
    b"x-request-id",
}
_SINGLE: Final = frozenset({b"host", b"content-length", b"authorization", b"max-forwards"})
_FORWARDED: Final = b"x-forwarded-"

_REMEMBERED_LINES: Final = 2048
_LARGE_HEAD: Final = 4096
"""Lines of larger heads are not remembered: one client could fill the memory with them."""

Field = tuple[bytes, bytes]
"""Lower-case name and value of a field that means something to a proxy."""


class ProtocolError(ValueError):
    """A message that must be refused. `reason` is a key of `gateway.reasons.REASONS`."""

    def __init__(self, detail: str, reason: str = "bad_request") -> None:
        super().__init__(detail)
        self.detail = detail
        self.reason = reason


@dataclass(slots=True)
class RequestHead:
    """A valid request head; absolute form is already taken apart into `target` and Host."""

    method: bytes
    target: bytes
    minor: int
    """1 for HTTP/1.1, 0 for HTTP/1.0."""
    lines: list[bytes]
    """Field lines that mean nothing to a proxy, as they came."""
    special: dict[bytes, bytes]
    """The other fields by lower-case name; values of repeated ones joined by a comma."""


@dataclass(slots=True)
class ResponseHead:
    """A valid response head; `lines` and `special` as in a request."""

    status: int
    status_text: bytes
    """Status code and phrase."""
    minor: int
    lines: list[bytes]
    special: dict[bytes, bytes]
    paths: list[Field]
    """Fields that may name a path under the service's prefix, each on its own."""


def parse_request(head: bytes, limits: Limits) -> RequestHead:
    """The request whose head is exactly `head`, its empty line included.

    Raises ProtocolError with reason `line_too_long`, `head_too_large` or `bad_request`.
    """
    end = head.find(b"\r\n")
    if end > limits.line:
        raise ProtocolError("", "line_too_long")
    line = _REQUEST_LINE.fullmatch(head, 0, end)
    if line is None:
        raise ProtocolError(_line_fault(head[:end]))
    method, target, minor = line.groups()
    lines: list[bytes] = []
    special: dict[bytes, bytes] = {}
    fields = _split(head, end, limits)
    judge = _request_field if len(head) < _LARGE_HEAD else _request_field.__wrapped__
    for text, field in zip(fields, map(judge, fields), strict=True):
        if field is None:
            lines.append(text)
        else:
            name, value = field
            special[name] = value if name not in special else _joined(name, special[name], value)
    parsed = RequestHead(method, target, 0 if minor == b"0" else 1, lines, special)
    if target[0] != 47 or b"host" not in special:
        _complete(parsed)
    return parsed


def parse_response(head: bytes, limits: Limits) -> ResponseHead:
    """The response whose head is exactly `head`, its empty line included; raises ProtocolError."""
    end = head.find(b"\r\n")
    line = _STATUS_LINE.fullmatch(head, 0, end)
    if line is None:
        raise ProtocolError(f"its first line is {_shown(head[:end])}")
    minor, text = line.groups()
    lines: list[bytes] = []
    special: dict[bytes, bytes] = {}
    paths: list[Field] = []
    fields = _split(head, end, limits)
    judge = _response_field if len(head) < _LARGE_HEAD else _response_field.__wrapped__
    for raw, field in zip(fields, map(judge, fields), strict=True):
        if field is None:
            lines.append(raw)
        elif field[0] in _PATHS:
            paths.append(field)
        else:
            name, value = field
            special[name] = value if name not in special else _joined(name, special[name], value)
    return ResponseHead(int(text[:3]), text, 0 if minor == b"0" else 1, lines, special, paths)


_PATHS: Final = frozenset({b"location", b"content-location", b"refresh", b"set-cookie"})


def check_beginning(data: bytes, limits: Limits) -> None:
    """Raise ProtocolError when `data`, the beginning of a head, cannot become a valid one."""
    if len(data) > limits.line and b"\r\n" not in data[: limits.line + 2]:
        raise ProtocolError("", "line_too_long")
    if len(data) > limits.head:
        raise ProtocolError(f"more than {limits.head} bytes", "head_too_large")
    if _BARE.search(data):
        raise ProtocolError("a line ends in a bare CR or LF, or holds NUL")


def tokens(value: bytes) -> list[bytes]:
    """The members of a comma-separated list in lower case, empty ones left out."""
    return [part for item in value.lower().split(b",") if (part := item.strip(b" \t"))]


def _split(head: bytes, end: int, limits: Limits) -> list[bytes]:
    if len(head) > limits.head:
        raise ProtocolError(f"more than {limits.head} bytes", "head_too_large")
    if end + 4 == len(head):
        return []
    fields = head[end + 2 : -4].split(b"\r\n")
    if len(fields) > limits.fields:
        raise ProtocolError(f"more than {limits.fields} fields", "head_too_large")
    return fields


def _field_of(special: frozenset[bytes]) -> Callable[[bytes], Field | None]:
    def judge(line: bytes) -> Field | None:
        match = _FIELD.fullmatch(line)
        if match is None:
            raise ProtocolError(_field_fault(line))
        name = match[1].lower()
        if b"_" in name:
            alias = name.replace(b"_", b"-")
            return (b"_", b"") if alias in special or alias.startswith(_FORWARDED) else None
        if name in special or name.startswith(_FORWARDED):
            return name, match[2].rstrip(b" \t")
        return None

    return judge


_request_field = lru_cache(_REMEMBERED_LINES)(_field_of(_OF_REQUESTS))
_response_field = lru_cache(_REMEMBERED_LINES)(_field_of(_OF_RESPONSES))


def _joined(name: bytes, first: bytes, second: bytes) -> bytes:
    if name in _SINGLE:
        raise ProtocolError(f"{name.decode('ascii')} stands more than once")
    return first + (b"; " if name == b"cookie" else b", ") + second


def _complete(head: RequestHead) -> None:
    """Resolve absolute form (RFC 9112, section 3.2.2) and demand one valid Host."""
    target = head.target
    absolute = _ABSOLUTE.fullmatch(target)
    if absolute is not None:
        rest = absolute[2]
        head.special[b"host"] = absolute[1]
        head.target = rest if rest[:1] == b"/" else b"/" + rest
    elif target[:1] != b"/" and head.method != b"CONNECT" and (head.method, target) != _SERVER_WIDE:
        raise ProtocolError("the request target is neither a path nor an http URL")
    if b"host" not in head.special and head.minor == 1:
        raise ProtocolError("Host is missing")


_SERVER_WIDE: Final = (b"OPTIONS", b"*")


def valid_host(value: bytes) -> bool:
    """Whether `value` is `host` or `host:port` (RFC 9110, section 7.2)."""
    return _HOST.fullmatch(value) is not None


def _line_fault(line: bytes) -> str:
    version = line.rpartition(b" ")[2]
    if re.fullmatch(rb"HTTP/[0-9]\.[0-9]", version) and not version.startswith(b"HTTP/1."):
        return "only HTTP/1.1 and HTTP/1.0 are spoken here"
    return f"the request line is {_shown(line)}"


def _field_fault(line: bytes) -> str:
    name, colon, _ = line.partition(b":")
    if line[:1] in (b" ", b"\t"):
        return "a field is folded onto a second line"
    if not colon:
        return f"a field without a colon: {_shown(line)}"
    if re.fullmatch(_TOKEN + rb"+", name) is None:
        return f"a field's name is not a token: {_shown(name)}"
    return f"the value of {_shown(name)} holds a control character"


def _shown(data: bytes) -> str:
    """The beginning of `data` as printable text, for a message."""
    return ascii(data[:40].decode("latin-1"))
