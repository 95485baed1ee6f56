"""Heads of HTTP/1.1 messages: bytes in, values out (RFC 9112; RFC 9110, section 5).

What two parsers could read differently is an error, never a guess. The bytes of
all fields are checked at once, in C; names are judged by an expression once and remembered, because
clients and pods write the same names again and again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gateway.memory import Budget, Memory

if TYPE_CHECKING:
    from gateway.limits import Limits

END: Final = b"\r\n\r\n"

_TOKEN: Final = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]"
_TEXT: Final = rb"[^\x00-\x08\x0a-\x1f\x7f]"
_REQUEST_LINE = re.compile(rb"(" + _TOKEN + rb"{1,64}+) ([!-\"$-~]++) HTTP/1\.([01])\r\n")
_STATUS_LINE = re.compile(rb"HTTP/1\.([01]) ([1-9][0-9][0-9](?: " + _TEXT + rb"*+)?)\r\n")
_FOREIGN = re.compile(rb"[ #\x80-\xff]+")
_NAME = re.compile(_TOKEN + rb"++")
_ABSOLUTE = re.compile(rb"(?i:https?)://([^/?]++)(.*)")
_HOST = re.compile(rb"(?:[A-Za-z0-9\-._~!$&'()*+;=%]++|\[[0-9A-Fa-f:.]++\])(?::[0-9]{0,5})?")
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
    b"destination",
    b"expect",
    b"forwarded",
    b"host",
    b"http2-settings",
    b"if",
    b"max-forwards",
    b"origin",
    b"proxy",
    b"via",
    b"x-real-ip",
    b"x-request-id",
}
_PATHS: Final = frozenset(
    {
        b"content-location",
        b"link",
        b"location",
        b"refresh",
        b"service-worker-allowed",
        b"set-cookie",
    }
)
_OF_ORIGINS: Final = frozenset({b"alt-svc", b"clear-site-data", b"nel"})
"""What holds for a whole origin, which all services share, and cannot be narrowed to one: where
else it is served (RFC 7838), that a browser forget all it has of it, who gets its error reports."""
_OWN: Final = frozenset({b"content-length", b"via", b"x-gateway-error", b"x-request-id"})
_OF_RESPONSES: Final = _DROPPED | _PATHS | _OF_ORIGINS | _OWN
_VARYING: Final = frozenset({b"content-length", b"x-request-id"})
_ADDRESSES: Final = frozenset({b"destination", b"if"})
_SINGLE: Final = frozenset({b"host", b"content-length", b"authorization", b"max-forwards"})
_FORWARDED: Final = b"x-forwarded-"

Field = tuple[bytes, bytes]
"""Lower-case name and value of a field that means something to a proxy."""


class ProtocolError(ValueError):
    """A message that must be refused. `reason` is a key of `gateway.protocol.reasons.REASONS`."""

    def __init__(self, detail: str, reason: str = "bad_request") -> None:
        super().__init__(detail)
        self.detail = detail
        self.reason = reason


@dataclass(slots=True)
class RequestHead:
    """A valid request head, as far as lines can be judged one by one."""

    method: bytes
    target: bytes
    minor: int
    """1 for HTTP/1.1, 0 for HTTP/1.0."""
    plain: list[bytes]
    """Field lines that mean nothing to a proxy, as they came."""
    special: list[bytes]
    """Lines that do, as they came; `fields` takes them apart."""
    varying: dict[bytes, bytes]
    """Values of those that differ from request to request (the length of the body, the request's
    identity), so that `special` is the same in most requests of a client."""
    addresses: list[Field]
    """Fields that may name URLs of the service, each on its own."""


@dataclass(slots=True)
class ResponseHead:
    """A valid response head."""

    status: int
    status_text: bytes
    """Status code and phrase."""
    minor: int
    lines: list[bytes]
    """Field lines that mean nothing to a proxy, as they came."""
    special: dict[bytes, bytes]
    """The other fields by lower-case name; values of repeated ones joined by a comma."""
    paths: list[Field]
    """Fields that may name a path under the service's prefix, each on its own."""


def parse_request(head: bytes, limits: Limits) -> RequestHead:
    """The request whose head is exactly `head`, its empty line included.

    Raises ProtocolError with reason `line_too_long`, `head_too_large` or `bad_request`.
    """
    line = _REQUEST_LINE.match(head)
    if line is None or line.end() > limits.line:
        raise _line_fault(head[: head.find(b"\r\n")], limits)
    plain: list[bytes] = []
    special: list[bytes] = []
    varying: dict[bytes, bytes] = {}
    addresses: list[Field] = []
    kinds = _request_names.get
    for text in _split(head, line.end(), limits):
        name, colon, value = text.partition(b":")
        kind = kinds(name)
        if kind is None or not colon:
            kind = _judge(text, _OF_REQUESTS, _request_names)
        if kind is PLAIN:
            plain.append(text)
        elif kind in _VARYING:
            if kind in varying:
                raise ProtocolError(f"{kind.decode('ascii')} stands more than once")
            varying[kind] = value.strip(b" \t")
        elif kind in _ADDRESSES:
            addresses.append((kind, value.strip(b" \t")))
        else:
            special.append(text)
    method, target, minor = line.groups()
    return RequestHead(
        method, target, 0 if minor == b"0" else 1, plain, special, varying, addresses
    )


def parse_response(head: bytes, limits: Limits) -> ResponseHead:
    """The response whose head is exactly `head`, its empty line included; raises ProtocolError."""
    line = _STATUS_LINE.match(head)
    if line is None:
        raise ProtocolError(f"its first line is {_shown(head[: head.find(END[:2])])}")
    lines: list[bytes] = []
    special: dict[bytes, bytes] = {}
    paths: list[Field] = []
    kinds = _response_names.get
    for text in _split(head, line.end(), limits):
        name, colon, value = text.partition(b":")
        kind = kinds(name)
        if kind is None or not colon:
            kind = _judge(text, _OF_RESPONSES, _response_names)
        if kind is PLAIN:
            lines.append(text)
        elif kind in _PATHS:
            paths.append((kind, value.strip(b" \t")))
        else:
            _add(special, kind, value.strip(b" \t"))
    minor, text = line.groups()
    return ResponseHead(int(text[:3]), text, 0 if minor == b"0" else 1, lines, special, paths)


def request_kind(line: bytes) -> bytes:
    """What the field `line` of a request is to a proxy: PLAIN, or the lower-case name of one that
    means something. Raises ProtocolError when this is no field."""
    name, colon, _ = line.partition(b":")
    kind = _request_names.get(name) if colon else None
    return _judge(line, _OF_REQUESTS, _request_names) if kind is None else kind


def fields(special: list[bytes]) -> dict[bytes, bytes]:
    """The fields of a request's `special` lines by lower-case name, repeated ones joined.

    Raises ProtocolError when one that must stand alone is repeated.
    """
    found: dict[bytes, bytes] = {}
    for line in special:
        name, _, value = line.partition(b":")
        _add(found, name.lower(), value.strip(b" \t"))
    return found


def resolve_target(target: bytes, found: dict[bytes, bytes], method: bytes) -> bytes:
    """The target in origin form; the authority of absolute form replaces Host in `found`
    (RFC 9112, section 3.2.2). `*` and the authority form of CONNECT stay as they are."""
    if target[:1] == b"/" or method == b"CONNECT" or (method, target) == _SERVER_WIDE:
        return target
    absolute = _ABSOLUTE.fullmatch(target)
    if absolute is None:
        raise ProtocolError("the request target is neither a path nor an http URL")
    found[b"host"] = absolute[1]
    rest: bytes = absolute[2]
    return rest if rest[:1] == b"/" else b"/" + rest


_SERVER_WIDE: Final = (b"OPTIONS", b"*")


def check_beginning(data: bytes, limits: Limits, seen: int = 0) -> None:
    """Raise ProtocolError when `data`, the beginning of a head, cannot become a valid one.

    The first `seen` bytes were checked before: a head that drips in is not read again and again.
    """
    if len(data) > limits.line and data.find(b"\r\n", 0, limits.line + 2) < 0:
        raise ProtocolError("", "line_too_long")
    if len(data) > limits.head:
        raise ProtocolError(f"more than {limits.head} bytes", "head_too_large")
    if _BARE.search(data, max(seen - 2, 0)):
        raise ProtocolError("a line ends in a bare CR or LF, or holds NUL")


def tokens(value: bytes) -> list[bytes]:
    """The members of a comma-separated list in lower case, empty ones left out."""
    return [part for item in value.lower().split(b",") if (part := item.strip(b" \t"))]


def _split(head: bytes, start: int, limits: Limits) -> list[bytes]:
    if len(head) > limits.head:
        raise ProtocolError(f"more than {limits.head} bytes", "head_too_large")
    if start + 2 == len(head):
        return []
    block = head[start:-4]
    fields = block.split(b"\r\n")
    breaks = len(fields) - 1
    if breaks >= limits.fields:
        raise ProtocolError(f"more than {limits.fields} fields", "head_too_large")
    if block.translate(None, _HARMLESS) != b"\r\n" * breaks:
        raise ProtocolError("a field holds a control character, a bare CR or a bare LF")
    return fields


_HARMLESS: Final = bytes(byte for byte in range(256) if byte == 9 or 32 <= byte != 127)
PLAIN: Final = b""
"""The kind of a field that means nothing to a proxy."""
_NAMES: Final = Budget(2 * 1024 * 1024)
_request_names: Memory[bytes, bytes] = Memory(1024, _NAMES, longest=64)
_response_names: Memory[bytes, bytes] = Memory(1024, _NAMES, longest=64)


def _judge(line: bytes, special: frozenset[bytes], known: Memory[bytes, bytes]) -> bytes:
    """What kind of field `line` is: the lower-case name of one that is special, or PLAIN.

    Names come again and again, as they were written, so the verdict on a name is remembered.
    Raises ProtocolError when this is no field.
    """
    name, colon, _ = line.partition(b":")
    if not colon or _NAME.fullmatch(name) is None:
        raise ProtocolError(_field_fault(line))
    kind = name.lower()
    alias = kind.replace(b"_", b"-")  # CGI-like applications take one for the other
    if alias not in special and not alias.startswith(_FORWARDED):
        kind = PLAIN
    known.remember(name, kind, len(name))
    return kind


def _add(found: dict[bytes, bytes], name: bytes, value: bytes) -> None:
    if name not in found:
        found[name] = value
    elif name in _SINGLE:
        raise ProtocolError(f"{name.decode('ascii')} stands more than once")
    else:
        found[name] += (b"; " if name == b"cookie" else b", ") + value


def valid_host(value: bytes) -> bool:
    """Whether `value` is `host` or `host:port` (RFC 9110, section 7.2)."""
    return _HOST.fullmatch(value) is not None


def _line_fault(line: bytes, limits: Limits) -> ProtocolError:
    if len(line) + 2 > limits.line:
        return ProtocolError("", "line_too_long")
    version = line.rpartition(b" ")[2]
    if re.fullmatch(rb"HTTP/[0-9]\.[0-9]", version) and not version.startswith(b"HTTP/1."):
        return ProtocolError("only HTTP/1.1 and HTTP/1.0 are spoken here")
    return ProtocolError(_target_fault(line) or f"the request line is {_shown(line)}")


def _target_fault(line: bytes) -> str:
    """What stands in the target that a URI does not hold (RFC 3986, section 2), and how it is to be
    written. Clients that send a path as it was typed (curl) meet this; two servers could read such
    bytes in two ways, so that they do not pass (HAProxy refuses them as well)."""
    foreign = _FOREIGN.search(line.partition(b" ")[2].rpartition(b" ")[0])
    if foreign is None:
        return ""
    written = "".join(f"%{byte:02X}" for byte in foreign[0][:12])
    return f"the path holds {_shown(foreign[0][:12])}; percent-encode it as {written}"


def _field_fault(line: bytes) -> str:
    name, colon, _ = line.partition(b":")
    if line[:1] in (b" ", b"\t"):
        return "a field is folded onto a second line"
    if not colon:
        return f"a field without a colon: {_shown(line)}"
    return f"a field's name is not a token: {_shown(name)}"


def _shown(data: bytes) -> str:
    """The beginning of `data` as printable text, for a message."""
    return ascii(data[:40].decode("latin-1"))
