"""Shutting down without cutting anybody off who can still finish."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from gateway.dataplane.server import Gateway
    from gateway.settings import Drain
    from shared.runtime.clock import Clock

log = logging.getLogger(__name__)

_LOOK: Final = 0.05
"""Seconds between two looks at what is left."""


async def drain(gateway: Gateway, times: Drain, clock: Clock) -> None:
    """Let requests and tunnels finish, then cut what is left.

    For `times.grace` the gateway still accepts, until load balancers have seen that it is not
    ready, and clients that ask meanwhile are told to close: so hardly any sends a request in the
    moment in which its idle connection ends, which would be lost. Then idle connections have a
    last moment, requests get `times.http` and tunnels `times.tunnels`.
    """
    gateway.leave()
    await clock.sleep(times.grace)
    gateway.drain()
    left = gateway.connections
    began = clock.monotonic()
    await _until(lambda: not left.busy, began + times.http, clock)
    if left.busy:
        log.warning("cutting %d requests after %g s", left.busy, times.http)
        gateway.cut_requests()
    await _until(lambda: not left.left, began + max(times.http, times.tunnels), clock)
    if left.tunnels:
        log.warning("cutting %d tunnels after %g s", left.tunnels, times.tunnels)
    await gateway.close()


async def _until(done: Callable[[], bool], deadline: float, clock: Clock) -> None:
    while not done() and clock.monotonic() < deadline:
        await clock.sleep(_LOOK)
