"""The requests of each row, as bytes. A run of `@` is filled anew each time (native/traffic.h)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from benchmarks.load.proxies.setup import AUTHORIZATION, LOCKED, OPEN, prefix

Requests = Callable[[str], list[bytes]]
"""From the authority that is asked to the requests."""

BIG: Final = 10 * 1024 * 1024
FRESH: Final = "@" * 16
_UPGRADE: Final = (
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==",
)


def head(
    method: str,
    path: str,
    authority: str,
    *fields: str,
    service: str = OPEN,
    length: int | None = None,
) -> bytes:
    """A head as a small client writes it."""
    lines = [
        f"{method} {prefix(service)}{path} HTTP/1.1",
        f"Host: {authority}",
        "User-Agent: bench/1.0",
        "Accept: */*",
        "Accept-Encoding: gzip, deflate",
        *fields,
    ]
    if length is not None:
        lines += ["Content-Type: application/json", f"Content-Length: {length}"]
    return "\r\n".join([*lines, "", ""]).encode()


def get(path: str, *fields: str, service: str = OPEN) -> Requests:
    """One GET, again and again."""
    return lambda authority: [head("GET", path, authority, *fields, service=service)]


def post(size: int) -> Requests:
    """One POST with a body of `size` bytes."""
    return lambda authority: [head("POST", "/", authority, length=size) + b"a" * size]


def upgrade(authority: str) -> list[bytes]:
    """The handshake of a WebSocket."""
    return [head("GET", "/ws", authority, *_UPGRADE)]


def authorized(authority: str) -> list[bytes]:
    """A GET with the service's token as a password."""
    field = f"Authorization: {AUTHORIZATION}"
    return [head("GET", "/", authority, field, service=LOCKED)]
