"""One gateway process: settings → cluster feed → routes → server → admin port → drain."""

from __future__ import annotations

import asyncio
import gc
import logging
from typing import TYPE_CHECKING, Final

from gateway.access_log import AccessLog
from gateway.admin import snapshot
from gateway.admin.app import Admin, serving
from gateway.cluster.feed import Feed
from gateway.dataplane.drain import drain
from gateway.dataplane.server import Gateway
from gateway.net.listening import bind
from gateway.net.tls import Certificate
from gateway.services.registry import Services
from gateway.stats import Stats
from shared.kube.client import KubeClient
from shared.runtime.clock import SystemClock
from shared.runtime.tasks import Supervisor

if TYPE_CHECKING:
    import socket
    from pathlib import Path

    from gateway.admin.snapshot import Snapshot
    from gateway.settings import Settings

log = logging.getLogger(__name__)

LAG_PERIOD: Final = 0.5
"""Seconds between two measurements of the event loop's lag."""

_UNKNOWN_DIGEST: Final = (
    "GATEWAY_ADMINISTRATOR_DIGEST_FILE does not tell the digest of the services API's credentials: "
    "a browser that is signed in there sends them to every open service as well"
)


class Process:
    """The parts of one gateway process and what its admin port tells of them."""

    def __init__(self, settings: Settings, kube: KubeClient) -> None:
        self.settings = settings
        self.clock = SystemClock()
        self.stats = Stats()
        self.services = Services(settings.limits, self.stats)
        if settings.management:
            self.services.manage(settings.management)
        self.feed = Feed(kube, self.services, settings.namespace, self.clock)
        self.access_log = AccessLog(settings.access_log.mode, settings.access_log.form)
        self.certificate = Certificate(settings.tls) if settings.tls is not None else None
        self.gateway = Gateway(
            self.services,
            self.stats,
            settings.limits,
            settings.identity,
            settings.cors,
            self.access_log,
        )
        self.stopping = False

    async def excuse(self) -> str:
        """Why the gateway is not ready; empty when it is."""
        if self.stopping:
            return "shutting down"
        if not self.feed.synced.is_set():
            return "the API server has not listed the services yet; the log says why"
        return ""

    async def snapshot(self) -> Snapshot:
        """All numbers of this process."""
        excuse = await self.excuse()
        age = self.feed.age()
        certificate = self.certificate
        return await snapshot.take(
            self.services,
            self.stats,
            {
                "ready": not excuse,
                "why": excuse,
                "age": None if age == float("inf") else age,
                "invalid": len(self.feed.invalid),
                "certificate_failures": certificate.failures if certificate is not None else 0,
                "log_dropped": self.access_log.dropped,
            },
        )

    async def open(self, public: socket.socket) -> None:
        """Accept clients as soon as there is a route table."""
        await self.feed.synced.wait()
        gc.collect()
        gc.freeze()  # later collections need not walk ten thousand routes
        context = self.certificate.context if self.certificate is not None else None
        await self.gateway.listen(public, ssl=context)
        log.info("listening on %s:%d", *public.getsockname()[:2])

    def start(self, tasks: Supervisor) -> None:
        """Start what runs beside the requests."""
        self.feed.start(tasks)
        tasks.start("access log", self.access_log.run())
        tasks.start("event loop lag", _measure_lag(self.stats))
        if self.certificate is not None:
            tasks.start("certificate", self.certificate.run(self.clock))


async def run(settings: Settings, stop: asyncio.Event, worker: Path | None = None) -> None:
    """Serve until `stop` is set, then drain.

    A worker shares the public port with others and has its admin port on the Unix socket `worker`.
    """
    public = bind(settings.listen, "GATEWAY_PORT", shared=worker is not None)
    private = worker or admin_socket(settings)
    async with KubeClient.open(field_manager="gateway") as kube, Supervisor() as tasks:
        process = Process(settings, kube)
        if settings.management and not settings.identity.administrator:
            log.warning(_UNKNOWN_DIGEST)
        admin = Admin(process.snapshot, process.excuse)
        async with serving(admin.application(), private):
            process.start(tasks)
            tasks.start("opening", process.open(public))
            await tasks.until(stop)
            process.stopping = True
            log.info("shutting down")
            await drain(process.gateway, settings.drain, process.clock)


def admin_socket(settings: Settings) -> socket.socket:
    """The admin port, bound; the log names it, for it may have been chosen by the kernel."""
    private = bind(settings.admin, "GATEWAY_ADMIN_PORT")
    log.info("the admin port is %s:%d", *private.getsockname()[:2])
    return private


async def _measure_lag(stats: Stats) -> None:
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + LAG_PERIOD
        await asyncio.sleep(LAG_PERIOD)
        stats.loop_lag.observe(loop.time() - due)
