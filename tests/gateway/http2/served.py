"""A gateway, and clients of it that speak HTTP/2."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from tests.gateway.harness import Pod, Rig, rig
from tests.gateway.http2.peer import Peer, connect

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@asynccontextmanager
async def served(*pods: Pod, greet: bool = True, **options: Any) -> AsyncIterator[tuple[Rig, Peer]]:
    """A gateway before `pods`, and a connection to it."""
    async with rig(*pods, **options) as r:
        peer = await connect(r.port, greet=greet)
        try:
            yield r, peer
        finally:
            await peer.close()
