"""Sockets to listen on, and errors that say which setting to change."""

from __future__ import annotations

import os
import socket

Address = tuple[str, int]
"""Host and port."""


class ListenError(Exception):
    """An address cannot be listened on; the message says why and what to set."""


def bind(address: Address, variable: str, *, shared: bool = False) -> socket.socket:
    """A TCP socket bound to `address` (port 0: any free one), not yet listening.

    `shared` lets several processes bind the same port (SO_REUSEPORT). `variable` is the setting to
    change when the port is taken. Raises ListenError.
    """
    host, port = address
    try:
        family, kind, _, _, where = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except OSError as error:
        raise ListenError(f"cannot listen on {host!r}: {error}; see the settings") from error
    sock = socket.socket(family, kind)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.setblocking(False)
    try:
        if shared:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        sock.bind(where)
    except OSError as error:
        sock.close()
        why = os.strerror(error.errno or 0)
        raise ListenError(
            f"cannot listen on {host}:{port}: {why}; choose another port with {variable}"
        ) from error
    return sock
