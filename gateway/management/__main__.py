"""`python -m gateway.management`: the services API as a process of its own."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from contextlib import AsyncExitStack, asynccontextmanager
from socket import gethostname
from typing import TYPE_CHECKING, Final

import click
from aiohttp import web

from gateway.management import settings as configuration
from gateway.management.app import application
from gateway.management.metrics import Metrics
from gateway.management.objects.drift import FIELD_MANAGER
from gateway.management.store.lifecycle import Lifecycle
from gateway.management.store.reconcile import Reconciler
from shared.kube.client import KubeClient
from shared.kube.errors import NotConfigured
from shared.kube.events import EventRecorder
from shared.kube.lease import Election
from shared.runtime import log as logs
from shared.runtime.clock import SystemClock
from shared.runtime.settings import SettingsError, help_text
from shared.runtime.signals import on_stop
from shared.runtime.tasks import Supervisor
from shared.service.names import SYSTEM_NAMESPACE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

log = logging.getLogger("gateway.management")

LEASE: Final = "management"
"""In the system's namespace: of several services APIs one reconciles."""
SHUTDOWN: Final = 20.0
"""Seconds that changes under way have to end after SIGTERM."""


async def run(settings: configuration.Settings) -> None:
    """Serve until SIGTERM or SIGINT."""
    logging.getLogger("audit").setLevel(logging.INFO)  # whatever else is left out
    ended = asyncio.Event()
    on_stop(ended.set)
    async with AsyncExitStack() as stack:
        kube = await stack.enter_async_context(KubeClient.open(field_manager=FIELD_MANAGER))
        lifecycle, counts, clock = Lifecycle(kube), Metrics(), SystemClock()
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
        )
        host, port = await stack.enter_async_context(_served(app, settings))
        log.info("services API listens on %s:%d", host, port)
        _reconcile(kube, lifecycle, counts, f"{gethostname()}:{port}", settings, around, inside)
        await around.until(ended, inside)


@asynccontextmanager
async def _served(
    app: web.Application, settings: configuration.Settings
) -> AsyncIterator[tuple[str, int]]:
    """The address that `app` is served at."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN)
    await runner.setup()
    try:
        await web.TCPSite(runner, settings.host, settings.port).start()
        yield runner.addresses[0][:2]
    finally:
        await runner.cleanup()


def _reconcile(
    kube: KubeClient,
    lifecycle: Lifecycle,
    counts: Metrics,
    identity: str,
    settings: configuration.Settings,
    around: Supervisor,
    inside: Supervisor,
) -> None:
    """Start the reconcile. `identity` holds a port: who listens there next goes on at once."""
    clock, leading = SystemClock(), asyncio.Event()
    events = EventRecorder(kube, "services-api", clock)

    def changed(leads: bool) -> None:
        (leading.set if leads else leading.clear)()

    election = Election(kube, LEASE, SYSTEM_NAMESPACE, identity, clock, on_change=changed)

    def leads() -> bool:
        return election.may_write(clock.monotonic())

    around.start("election", election.run())
    around.start("events", events.run())
    reconciler = Reconciler(kube, lifecycle, counts, events, leads, clock)
    inside.start("reconcile", reconciler.run(settings.reconcile, leading))


@click.command(
    help="Serve OSCAR's services API: create, read, replace and delete exposed services.\n\n"
    "The cluster is found by KUBECONFIG, or by the service account of the pod.",
    epilog=help_text(configuration.VARIABLES),
)
def main() -> None:
    """Read the settings and serve; bad settings and a missing cluster end with a clear line."""
    try:
        settings = configuration.read(os.environ)
        logs.setup("management", level=settings.log_level, form=settings.log_format)
        asyncio.run(run(settings))
    except (SettingsError, NotConfigured, OSError) as error:
        sys.exit(f"management: {error}")


if __name__ == "__main__":
    main(prog_name="python -m gateway.management")
