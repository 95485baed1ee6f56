"""Refusals as clients of gRPC understand them: a status in fields, and no body. Pure.

The status follows from that of HTTP, as gRPC has it for proxies that know nothing of it
(https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md), and from the reason
where that says more: who is told UNAVAILABLE tries again.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import quote_from_bytes

from gateway.protocol.headers import value

_KIND: Final = "application/grpc"
_CANCELLED, _UNKNOWN, _DEADLINE_EXCEEDED, _RESOURCE_EXHAUSTED = 1, 2, 4, 8
_PERMISSION_DENIED, _UNIMPLEMENTED, _INTERNAL, _UNAVAILABLE, _UNAUTHENTICATED = 7, 12, 13, 14, 16

_OF_STATUS: Final = {
    400: _INTERNAL,
    401: _UNAUTHENTICATED,
    403: _PERMISSION_DENIED,
    404: _UNIMPLEMENTED,
    413: _RESOURCE_EXHAUSTED,
    429: _UNAVAILABLE,
    431: _RESOURCE_EXHAUSTED,
    499: _CANCELLED,
    501: _UNIMPLEMENTED,
    502: _UNAVAILABLE,
    503: _UNAVAILABLE,
    504: _UNAVAILABLE,
}
_OF_REASON: Final = {
    "first_byte_timeout": _DEADLINE_EXCEEDED,
    "idle_timeout": _DEADLINE_EXCEEDED,
    "request_timeout": _DEADLINE_EXCEEDED,
    "rate_limited": _RESOURCE_EXHAUSTED,
}
_PLAIN: Final = " !\"#$&'()*+,-./:;<=>?@[\\]^_`{|}~"
"""What stands in a message as it is, beside letters and digits: all that prints, but `%`."""


def asked(raw: bytes) -> bool:
    """Whether the request whose head is `raw` is one of gRPC; gRPC-Web is another protocol."""
    kind = value(raw, b"content-type").lower()
    return kind.startswith(_KIND) and kind[len(_KIND) : len(_KIND) + 1] in ("", "+", ";")


def lines(status: int, reason: str, message: str) -> bytes:
    """The header lines that say that a call failed with `status` of HTTP, for a `reason`."""
    code = _OF_REASON.get(reason, _OF_STATUS.get(status, _UNKNOWN))
    text = quote_from_bytes(message.encode("utf-8"), safe=_PLAIN)
    return f"Content-Type: {_KIND}\r\ngrpc-status: {code}\r\ngrpc-message: {text}\r\n".encode(
        "ascii"
    )
