"""Options of the sockets on both sides."""

from __future__ import annotations

import os
import socket
import struct
import sys
from contextlib import suppress
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from asyncio import BaseTransport, Transport

SILENCE: Final = 30
"""Seconds of silence after which TCP asks whether the other side is still there."""
_NO_LINGERING: Final = struct.pack("ii", 1, 0)
_ACKNOWLEDGED: Final = slice(120, 128)
"""Where Linux tells the bytes that the other side has acknowledged (tcpi_bytes_acked)."""
_CLOSE: Final = 7
_CLOSE_WAIT: Final = 8
"""States of TCP as Linux numbers them (include/net/tcp_states.h)."""


def keep_alive(sock: socket.socket | None) -> None:
    """Find out about peers that vanished without a word: long inferences have no time-out that
    would. A socket that listens hands this on to those that it accepts (Linux copies both options
    with the socket), which saves each of them the calls."""
    if sock is not None and sock.family != socket.AF_UNIX:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, SILENCE)


def descriptor(transport: BaseTransport) -> int:
    """The number of its descriptor, -1 when there is none."""
    sock = transport.get_extra_info("socket")
    number: int = -1 if sock is None else sock.fileno()
    return number


def plain_address(address: str) -> str:
    """`address` without zone; IPv4 in IPv6 as IPv4."""
    if ":" not in address:
        return address
    parsed = ip_address(address.partition("%")[0])
    mapped = getattr(parsed, "ipv4_mapped", None)
    return str(mapped or parsed)


def cut(transport: Transport) -> None:
    """Close at once, by a reset: a plain close would end a body that has no length of its own as if
    it were whole."""
    sock = transport.get_extra_info("socket")
    if sock is not None and sock.family != socket.AF_UNIX and not transport.is_closing():
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGERING)
    transport.abort()


def end_writing(transport: Transport) -> bool:
    """Send no more, and keep reading; False when the connection cannot do that.

    The standard event loop lets the error of a connection through that was just reset: its loss
    follows, as any other.
    """
    if transport.is_closing() or not transport.can_write_eof():
        return False
    try:
        transport.write_eof()
    except OSError:
        return False
    return True


def taken(transport: Transport) -> int:
    """A number that grows by each byte that the other side takes. Where the system does not count
    them, it is by what leaves the buffer, which must not grow meanwhile."""
    sock = transport.get_extra_info("socket")
    info = b""
    if sock is not None and sock.family != socket.AF_UNIX:
        with suppress(OSError, ValueError):  # it was closed just now
            info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _ACKNOWLEDGED.stop)
    if len(info) < _ACKNOWLEDGED.stop:
        return -transport.get_write_buffer_size()
    return int.from_bytes(info[_ACKNOWLEDGED], sys.byteorder)


def unread(transport: Transport, size: int) -> bytes:
    """Up to `size` bytes that have come in on a transport which a failed write has broken; b"" when
    there are no more. Linux keeps them when a reset follows them.

    To be called before the transport has closed its socket: in `connection_lost` at the latest.
    """
    sock = transport.get_extra_info("socket")
    try:
        return os.read(sock.fileno(), size) if sock is not None else b""
    except OSError:
        return b""


def has_left(transport: Transport, *, half_closed: bool) -> bool:
    """Whether the other side has broken the connection off, or sends no more (`half_closed`): what
    a transport does not notice while its reading is paused."""
    sock = transport.get_extra_info("socket")
    if sock is None or sock.family == socket.AF_UNIX or transport.is_closing():
        return False
    state = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]
    return state == _CLOSE or (half_closed and state == _CLOSE_WAIT)
