"""TCP connections to ports of a pod, as kubectl port-forward asks for them.

Called by `providers`. A pod listens on an address of its own, and on another port in place of one
that only root may have (`ports`).
"""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from shared.embedded.node.sandbox import Sandbox

_PIECE: Final = 32 * 1024


class TcpLink:
    """`sessions.Link` over a socket."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def read(self) -> bytes:
        return await self._reader.read(_PIECE)

    async def write(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    def end(self) -> None:
        if not self._writer.is_closing():
            self._writer.write_eof()

    def abort(self) -> None:
        self._writer.transport.abort()


async def dial(sandbox: Sandbox | None, uid: str, port: int) -> TcpLink:
    """Connect to `port` of the pod that has `sandbox`, None when it has gone. Raises OSError in
    the kubelet's words."""
    what = f"error forwarding port {port} to pod {uid}, uid :"
    if sandbox is None:
        raise OSError(f"{what} network namespace for the pod is closed")
    address, real = sandbox.address, sandbox.ports.get(port, port)
    try:
        return TcpLink(*await asyncio.open_connection(address, real))
    except OSError as error:
        why = os.strerror(error.errno).lower() if error.errno else str(error)
        raise OSError(
            f"{what} failed to connect to localhost:{port} inside the pod: "
            f"dial tcp4 {address}:{real}: connect: {why}"
        ) from error
