"""The services API as a process: it serves, and reconciles while it leads; for `__main__`."""

from __future__ import annotations

import asyncio
import logging
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from socket import gethostname
from typing import TYPE_CHECKING, Final

from aiohttp import web

from gateway.management.app import application
from gateway.management.metrics import Metrics
from gateway.management.store.reconcile import Reconciler
from gateway.management.store.rounds import Rounds
from gateway.management.store.spaces import Spaces
from gateway.management.store.tenants import Tenants
from shared.kube.client import KubeClient
from shared.kube.events import EventRecorder
from shared.kube.lease import Election
from shared.runtime.clock import SystemClock
from shared.runtime.signals import on_stop
from shared.runtime.tasks import Supervisor
from shared.service.names import SERVICES_API, SYSTEM_NAMESPACE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from gateway.management.settings import Settings

log = logging.getLogger("gateway.management")

LEASE: Final = "management"
"""In the system's namespace: of several services APIs one reconciles."""
SHUTDOWN: Final = 20.0
"""Seconds that changes under way have to end after SIGTERM."""


async def run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT."""
    logging.getLogger("audit").setLevel(logging.INFO)  # whatever else is left out
    ended = asyncio.Event()
    on_stop(ended.set)
    async with AsyncExitStack() as stack:
        kube = await stack.enter_async_context(KubeClient.open(field_manager=SERVICES_API))
        counts, clock = Metrics(), SystemClock()
        spaces = Spaces(kube, settings.spaces)
        lifecycle = Tenants(kube, spaces, clock, settings.policy)
        # left in this order: the last answers are given, then nothing writes, then the lease goes
        around = await stack.enter_async_context(Supervisor())
        inside = await stack.enter_async_context(Supervisor())
        app = application(
            kube,
            lifecycle,
            settings.credentials,
            clock,
            origins=settings.origins,
            tokens=settings.tokens,
            proxies=settings.proxies,
            counts=counts,
            integers=settings.integers,
            spaces=spaces,
        )
        host, port = await stack.enter_async_context(_served(app, settings))
        log.info("services API listens on %s:%d", host, port)
        events = EventRecorder(kube, "services-api", clock)
        leading = asyncio.Event()
        election = _election(kube, f"{host}:{port}", leading, counts.led)
        around.start("events", events.run())
        around.start("election", election.run())

        def leads() -> bool:
            return election.may_write(clock.monotonic())

        def reconciler(namespace: str) -> Reconciler:
            policy = replace(settings.policy, namespace=namespace)
            life = lifecycle.within(namespace)
            return Reconciler(kube, life, counts, events, leads, clock, policy=policy)

        rounds = Rounds(spaces, reconciler, clock)
        inside.start("reconcile", rounds.run(settings.reconcile, leading))
        await around.until(ended, inside)


def _election(
    kube: KubeClient, address: str, leading: asyncio.Event, tell: Callable[[bool], None]
) -> Election:
    """`leading` is set while this process leads, of which `tell` is told. Whoever listens at the
    same address after it is its successor, and goes on at once."""

    def changed(leads: bool) -> None:
        tell(leads)
        if leads:
            leading.set()
        else:
            leading.clear()

    identity = f"{gethostname()}/{address}"
    return Election(kube, LEASE, SYSTEM_NAMESPACE, identity, on_change=changed)


@asynccontextmanager
async def _served(app: web.Application, settings: Settings) -> AsyncIterator[tuple[str, int]]:
    """The address that `app` is served at."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN)
    await runner.setup()
    try:
        await web.TCPSite(runner, settings.host, settings.port).start()
        yield runner.addresses[0][:2]
    finally:
        await runner.cleanup()
