"""`python -m scaler run`: scale the services of a cluster until SIGTERM."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import lru_cache, partial
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

import aiohttp
import click
import uvloop
from aiohttp import web
from prometheus_client import CollectorRegistry, ProcessCollector
from yarl import URL

from scaler.cluster.authorship import MANAGER, author
from scaler.cluster.informers import Cluster, tune_garbage_collector
from scaler.config import settings as environment
from scaler.config.document import ConfigError
from scaler.config.file import ConfigFile
from scaler.config.published import published
from scaler.control.actuator import Actuator
from scaler.control.context import ClusterView, Context
from scaler.control.inputs import Fetcher
from scaler.control.loop import Loop
from scaler.control.timing import FETCH_TIMEOUT
from scaler.control.watchdog import Watchdog
from scaler.report.admin import app
from scaler.report.audience import Audience
from scaler.report.metrics import ScalerCollector
from scaler.report.reporter import Reporter
from scaler.report.stats import Stats
from scaler.sources.beside import PATIENCE
from scaler.sources.kind import Access
from scaler.sources.wakes import WakeStreams
from shared.kube.changes import key_of
from shared.kube.client import KubeClient
from shared.kube.errors import KubeError
from shared.kube.events import EventRecorder
from shared.kube.lease import Election
from shared.kube.resources import DEPLOYMENTS
from shared.runtime import log as logs
from shared.runtime.clock import SystemClock
from shared.runtime.settings import SettingsError, help_text
from shared.runtime.signals import on_stop
from shared.runtime.tasks import Supervisor
from shared.service import names

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from scaler.config.settings import Settings
    from shared.runtime.clock import Clock
    from shared.service.objects import Obj

log = logging.getLogger(__name__)


@click.command(epilog=help_text(environment.VARIABLES))
def run() -> None:
    """Scale the services of the cluster until SIGTERM."""
    try:
        settings = environment.read(os.environ)
        logs.setup("scaler", level=settings.log_level, form=settings.log_format)
        uvloop.run(_serve(settings))
    except (SettingsError, ConfigError, KubeError, OSError) as error:
        raise click.ClickException(str(error)) from error


@dataclass(frozen=True, slots=True)
class Process:
    """The parts of a scaler that are started, and asked by the admin port."""

    stats: Stats
    cluster: Cluster
    events: EventRecorder
    election: Election
    watchdog: Watchdog
    loop: Loop

    def start(self, around: Supervisor, inside: Supervisor) -> None:
        """Start what runs until the lease is released `around` what decides, which is `inside`."""
        self.cluster.start(around)
        around.start("events", self.events.run())
        around.start("election", self.election.run())
        inside.start("loop", _when_synced(self.cluster, self.loop))


async def _serve(settings: Settings) -> None:
    stop = asyncio.Event()
    on_stop(stop.set)
    async with AsyncExitStack() as stack:
        kube = await stack.enter_async_context(KubeClient.open(field_manager=MANAGER))
        timeout = aiohttp.ClientTimeout(total=FETCH_TIMEOUT)
        session = await stack.enter_async_context(aiohttp.ClientSession(timeout=timeout))
        # Left in this order: first nothing writes any more, then the lease is released.
        around = await stack.enter_async_context(Supervisor())
        inside = await stack.enter_async_context(Supervisor())
        process = _assembled(settings, kube, session, inside)
        await stack.enter_async_context(_admin(settings, process))
        process.start(around, inside)
        await around.until(stop, inside)
        log.info("stopping: the lease is released and services keep their size")


def _assembled(
    settings: Settings, kube: KubeClient, session: aiohttp.ClientSession, tasks: Supervisor
) -> Process:
    """All parts of a scaler, wired but not started; its writes are owned by `tasks`."""
    clock, stats = SystemClock(), Stats()
    events = EventRecorder(kube, "scaler", clock)
    audience = Audience(settings.identity, clock)
    reporter = Reporter(stats, events, _own(settings), clock, audience)
    cluster = Cluster(kube, clock, settings.spaces)
    config = ConfigFile(settings.config_path, settings.base, reporter)
    election = _election(settings, kube, stats, clock, config)
    watchdog = Watchdog(clock)

    def leads() -> bool:
        return election.may_write(clock.monotonic())

    streams = WakeStreams(session, tasks, clock, partial(reporter.source, "wakes"))
    access = Access(kube, session, settings.spaces, cluster.nodes_in_use, PATIENCE)
    loop = Loop(
        Context(clock, tasks, reporter),
        ClusterView(cluster.catalog, leads, partial(_author, kube)),
        config,
        Fetcher(access, reporter, clock),
        Actuator(kube, leads, clock),
        watchdog,
        streams,
    )
    streams.listen(lambda wake: loop.woken(wake.service, wake.cause))
    audience.listen(streams)
    cluster.listen(loop)
    return Process(stats, cluster, events, election, watchdog, loop)


async def _author(kube: KubeClient, deployment: Obj) -> str:
    namespace, name = key_of(deployment)
    try:
        return author(await kube.get(DEPLOYMENTS, name, namespace), MANAGER)
    except KubeError as error:
        return f"somebody (managedFields cannot be read: {error})"


def _election(
    settings: Settings, kube: KubeClient, stats: Stats, clock: Clock, config: ConfigFile
) -> Election:
    def changed(leading: bool) -> None:
        stats.leading = leading

    @lru_cache(maxsize=1)
    def document(_generation: int) -> str:
        return published(settings.base, config.text)

    def told() -> dict[str, str]:
        return {
            names.SCALER_CONFIG: document(config.generation),
            names.SCALER_ADMIN: stats.admin,
        }

    return Election(
        kube,
        settings.lease,
        names.SYSTEM_NAMESPACE,
        settings.identity,
        clock,
        duration=settings.lease_duration,
        renew=settings.lease_duration / 4,
        on_change=changed,
        annotations=told,
    )


async def _when_synced(cluster: Cluster, loop: Loop) -> None:
    await cluster.wait()
    tune_garbage_collector()
    log.info("the cluster's objects are read")
    await loop.run()


@asynccontextmanager
async def _admin(settings: Settings, process: Process) -> AsyncIterator[None]:
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    registry.register(ScalerCollector(process.stats, process.cluster.cache_statuses))
    application = app(
        registry, process.stats, process.watchdog.stopped, process.cluster.unready_reasons
    )
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, settings.host, settings.port).start()
        host, port, *_ = runner.addresses[0]
        log.info("admin port is open", extra={"fields": {"host": host, "port": port}})
        process.stats.admin = await _reachable(host, port)
        yield
    finally:
        await runner.cleanup()


async def _reachable(host: str, port: int) -> str:
    """The address by which others reach the admin port; of a pod, that of its host name."""
    if ip_address(host).is_unspecified:
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(socket.gethostname(), port, type=socket.SOCK_STREAM)
            host = str(found[0][4][0])
        except OSError as error:
            log.warning("explain cannot ask for decisions: our address is not known: %s", error)
            return ""
    return str(URL.build(scheme="http", host=host, port=port))


def _own(settings: Settings) -> dict[str, Any]:
    """What Events about the scaler itself regard: its Lease."""
    return {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {"name": settings.lease, "namespace": names.SYSTEM_NAMESPACE},
    }
