"""`python -m scaler run`: scale the services of a cluster until SIGTERM."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any, Final

import aiohttp
import click
import uvloop
from aiohttp import web
from prometheus_client import CollectorRegistry

from scaler.cluster.authorship import author
from scaler.cluster.informers import Cluster, spare_collector
from scaler.config import settings as environment
from scaler.config.document import ConfigError
from scaler.config.file import ConfigFile
from scaler.control.actuator import Actuator
from scaler.control.inputs import TIMEOUT, Fetcher
from scaler.control.loop import Loop
from scaler.control.watchdog import Watchdog
from scaler.report.admin import app
from scaler.report.metrics import ScalerCollector
from scaler.report.reporter import Reporter
from scaler.report.stats import Stats
from scaler.sources.kind import Access
from shared.kube.client import KubeClient
from shared.kube.errors import KubeError
from shared.kube.events import EventRecorder
from shared.kube.lease import Election
from shared.kube.resources import DEPLOYMENTS
from shared.runtime import log as logs
from shared.runtime.clock import SystemClock
from shared.runtime.settings import SettingsError
from shared.runtime.tasks import Supervisor
from shared.service import names

if TYPE_CHECKING:
    from scaler.config.settings import Settings
    from shared.runtime.clock import Clock

log = logging.getLogger(__name__)

MANAGER: Final = "scaler"
"""Our name in managedFields."""

_VARIABLES = "\b\nSettings, from the environment:\n" + "\n".join(
    f"  {name:<22} {text} (default: {default or 'none'})"
    for name, (default, text) in environment.VARIABLES.items()
)


@click.command(epilog=_VARIABLES)
def run() -> None:
    """Scale the services of the cluster until SIGTERM."""
    try:
        settings = environment.read(os.environ)
        logs.setup("scaler", level=settings.log_level, form=settings.log_format)
        uvloop.run(_serve(settings))
    except (SettingsError, ConfigError, KubeError, OSError) as error:
        raise click.ClickException(str(error)) from error


async def _serve(settings: Settings) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with AsyncExitStack() as stack:
        kube = await stack.enter_async_context(KubeClient.open(field_manager=MANAGER))
        timeout = aiohttp.ClientTimeout(total=TIMEOUT)
        session = await stack.enter_async_context(aiohttp.ClientSession(timeout=timeout))
        # Left in this order: first nothing writes any more, then the lease is released.
        around = await stack.enter_async_context(Supervisor())
        inside = await stack.enter_async_context(Supervisor())
        await _wire(settings, kube, session, stack, around, inside)
        await _until(stop, around, inside)
        log.info("stopping: the lease is released and services keep their size")


async def _until(stop: asyncio.Event, *supervisors: Supervisor) -> None:
    """Wait for the signal, or for a task that failed, whose exception is raised."""
    async with Supervisor() as waiters:
        waiting = [waiters.start("signal", stop.wait())]
        waiting += [waiters.start("watch over tasks", each.failed()) for each in supervisors]
        done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()


async def _wire(
    settings: Settings,
    kube: KubeClient,
    session: aiohttp.ClientSession,
    stack: AsyncExitStack,
    around: Supervisor,
    inside: Supervisor,
) -> None:
    clock = SystemClock()
    stats = Stats()
    events = EventRecorder(kube, "scaler", clock)
    reporter = Reporter(stats, events, _own(settings), clock)
    config = ConfigFile(settings.config_path, settings.base, reporter)
    cluster = Cluster(kube, clock)
    watchdog = Watchdog(clock)
    election = _election(settings, kube, stats, clock)

    def leads() -> bool:
        return election.may_write(clock.monotonic())

    async def who(name: str) -> str:
        try:
            return author(await kube.get(DEPLOYMENTS, name, names.NAMESPACE), MANAGER)
        except KubeError as error:
            return f"somebody (managedFields cannot be read: {error})"

    access = Access(kube, session, names.NAMESPACE, cluster.nodes_in_use)
    loop = Loop(
        catalog=cluster.catalog,
        fetcher=Fetcher(access, reporter, clock),
        actuator=Actuator(kube, leads, clock),
        reporter=reporter,
        config=config,
        leads=leads,
        author=who,
        clock=clock,
        tasks=inside,
        watchdog=watchdog,
    )
    await _admin(settings, stats, cluster, watchdog, stack)
    cluster.start(around)
    around.start("events", events.run())
    around.start("election", election.run())
    inside.start("loop", _when_synced(cluster, loop))


def _election(settings: Settings, kube: KubeClient, stats: Stats, clock: Clock) -> Election:
    def changed(leading: bool) -> None:
        stats.leading = leading

    return Election(
        kube,
        settings.lease,
        names.SYSTEM_NAMESPACE,
        settings.identity,
        clock,
        duration=settings.lease_duration,
        renew=settings.lease_duration / 4,
        on_change=changed,
    )


async def _when_synced(cluster: Cluster, loop: Loop) -> None:
    await cluster.wait()
    spare_collector()
    log.info("the cluster's objects are read")
    await loop.run()


async def _admin(
    settings: Settings, stats: Stats, cluster: Cluster, watchdog: Watchdog, stack: AsyncExitStack
) -> None:
    registry = CollectorRegistry()
    registry.register(ScalerCollector(stats, cluster.contacts))
    application = app(registry, stats, watchdog.stopped, cluster.complaints)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    await web.TCPSite(runner, settings.host, settings.port).start()
    address = runner.addresses[0]
    log.info("admin port is open", extra={"fields": {"host": address[0], "port": address[1]}})


def _own(settings: Settings) -> dict[str, Any]:
    """What Events about the scaler itself regard: its Lease."""
    return {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {"name": settings.lease, "namespace": names.SYSTEM_NAMESPACE},
    }
