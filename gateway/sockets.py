"""Options of the sockets on both sides."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from asyncio import BaseTransport

SILENCE: Final = 30
"""Seconds of silence after which TCP asks whether the other side is still there."""


def keep_alive(transport: BaseTransport) -> None:
    """Find out about peers that vanished without a word: long inferences have no time-out that
    would."""
    sock = transport.get_extra_info("socket")
    if sock is not None and sock.family != socket.AF_UNIX:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, SILENCE)
