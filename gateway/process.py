"""One gateway process: settings → cluster feed → routes → server → admin port → drain."""

from __future__ import annotations

import asyncio
import gc
import logging
import secrets
from dataclasses import dataclass
from socket import gethostname
from typing import TYPE_CHECKING, Any, Final

from gateway.access_log import AccessLog
from gateway.admin import snapshot
from gateway.admin.app import Admin, serving
from gateway.admin.console.board import Board, Books, Facts
from gateway.admin.console.calls import Console
from gateway.admin.heard import Heard
from gateway.admin.usage import usage
from gateway.admin.wakes import WakesCall
from gateway.cluster.feed import Feed
from gateway.cluster.snapshot import Snapshot as SavedTable
from gateway.dataplane.drain import drain
from gateway.dataplane.server import Gateway
from gateway.limits import settled
from gateway.net.descriptors import Descriptors, clients, present
from gateway.net.listening import bind
from gateway.net.tls import Certificate
from gateway.services.registry import Services
from gateway.stats import Stats
from gateway.traces import Traces
from shared.kube.client import KubeClient
from shared.runtime.clock import SystemClock
from shared.runtime.release import release
from shared.runtime.tasks import Supervisor, first_of

if TYPE_CHECKING:
    import socket

    from gateway.admin.snapshot import Snapshot
    from gateway.settings import Settings
    from gateway.sharing.memory import Memory

log = logging.getLogger(__name__)

PATIENCE: Final = 2.0
"""Seconds that a silent API server has before the last known table is served."""
NAMED: Final = 20
"""Services without a valid definition that are told by name."""
LAG_PERIOD: Final = 0.5
"""Seconds between two measurements of the event loop's lag."""

_UNKNOWN_DIGEST: Final = (
    "GATEWAY_ADMINISTRATOR_DIGEST_FILE does not tell the digest of the services API's credentials: "
    "a browser that is signed in there sends them to every open service as well"
)


@dataclass(frozen=True, slots=True)
class Seat:
    """The place of a worker among those that share the public port."""

    number: int
    admin: socket.socket
    """Bound to its admin port, which only its parent asks."""
    memory: Memory
    """Shared with the others."""


class Process:
    """The parts of one gateway process and what its admin port tells of them."""

    def __init__(self, settings: Settings, kube: KubeClient, memory: Memory | None = None) -> None:
        self.descriptors = Descriptors(present())
        self.limits = settled(settings.limits, clients(self.descriptors.limit))
        self.settings = settings
        self.clock = SystemClock()
        self.stats = Stats()
        self.memory = memory
        self.services = Services(self.limits, self.stats, memory=memory)
        if settings.management:
            self.services.manage(settings.management)
        self.feed = Feed(kube, self.services, settings.spaces, self.clock)
        path = settings.snapshot
        self.saved = SavedTable(path, settings.spaces.title) if path is not None else None
        self.access_log = AccessLog(settings.access_log.mode, settings.access_log.form)
        self.certificate = None
        if settings.tls is not None:
            self.certificate = Certificate(settings.tls, http2=settings.limits.http2)
        self.name = secrets.token_hex(8)
        """Tells this process from the next at the same address."""
        self.traces = Traces(settings.traces, self.name)
        self.gateway = Gateway(
            self.services,
            self.stats,
            self.limits,
            settings.identity,
            settings.cors,
            self.access_log,
            self.descriptors,
            self.traces.tracer,
        )
        self.stopping = False
        self._began = self.clock.monotonic()

    async def excuse(self) -> str:
        """Why the gateway is not ready; empty when it is."""
        if self.stopping:
            return "shutting down"
        if not self.feed.synced.is_set() and not self.feed.stale:
            return "the API server has not listed the services yet; the log says why"
        if not self.gateway.listening:
            return "the public port does not listen yet"
        return ""

    def note(self) -> str:
        """What is to be known of a gateway that is ready; empty when nothing is."""
        if not self.feed.stale:
            return ""
        return f"the table is stale, {self.feed.age():.0f} s old: the API server does not answer"

    async def snapshot(self) -> Snapshot:
        """All numbers of this process."""
        excuse = await self.excuse()
        age = self.feed.age()
        certificate = self.certificate
        return await snapshot.take(
            self.services,
            self.stats,
            {
                "process": self.name,
                "up_s": self.clock.monotonic() - self._began,
                **self.traces.numbers(),
                "scalers": self.services.wakes.scalers,
                "held": self.services.room.held,
                "ready": not excuse,
                "why": excuse,
                "note": self.note(),
                "invalid_names": dict.fromkeys(sorted(self.feed.invalid)[:NAMED], True),
                "age": None if age == float("inf") else age,
                "stale": self.feed.stale,
                "connections_limit": self.limits.connections,
                "invalid": len(self.feed.invalid),
                "snapshot_failures": self.saved.failures if self.saved is not None else 0,
                "certificate_failures": certificate.failures if certificate is not None else 0,
                "certificate_ends": certificate.ends if certificate is not None else None,
                "descriptors": self.descriptors.open(),
                "descriptors_limit": self.descriptors.limit,
                "log_dropped": self.access_log.dropped,
                **usage(),
            },
        )

    async def troubles(self, service: str) -> dict[str, list[Any]]:
        """The latest failed and slowest requests of a service; none of one that is not known."""
        stats = self.stats.services.get(service)
        return stats.troubles.snapshot(self.clock.now()) if stats is not None else {}

    async def open(self, public: socket.socket) -> None:
        """Accept clients as soon as there is a route table, and while there are descriptors."""
        await self._first_table()
        gc.collect()
        gc.freeze()  # later collections need not walk ten thousand routes
        certificate = self.certificate
        secured = (lambda: certificate.context) if certificate is not None else None
        if self.memory is not None:
            asyncio.get_running_loop().add_reader(self.memory.bell, self._heard)
        await self.gateway.listen(public, secured=secured)
        log.info("listening on %s:%d", *public.getsockname()[:2])
        self._check_descriptors()
        await self.gateway.attend()

    def _heard(self) -> None:
        """Another worker has rung."""
        assert self.memory is not None
        self.memory.silence()
        self.services.heard()

    async def _first_table(self) -> None:
        """Wait for the cluster's table, or take the last known one when it is not to be had."""
        if self.saved is not None and not await self._listed():
            found = await asyncio.to_thread(self.saved.load)
            if found is not None and not self.feed.synced.is_set():
                self.feed.restore(*found)
                log.warning(
                    "the API server does not answer: serving the last known table, %d services, "
                    "stale since %.0f s",
                    len(found[0]),
                    self.feed.age(),
                )
                return
        await self.feed.synced.wait()

    async def _listed(self) -> bool:
        """Whether the API server lists the services before a request to it fails, or in time."""
        ends = self.feed.synced.wait(), self.feed.unreachable(), self.clock.sleep(PATIENCE)
        await first_of("until the first table", *ends)
        return self.feed.synced.is_set()

    def _check_descriptors(self) -> None:
        most, carried = self.limits.connections, clients(self.descriptors.limit)
        if most == 0 or most > carried:
            log.warning(
                "GATEWAY_MAX_CONNECTIONS allows %s clients, the limit of open files (%d) carries "
                "%d with their pods: raise RLIMIT_NOFILE (ulimit -n), or lower the setting",
                most or "any number of",
                self.descriptors.limit,
                carried,
            )

    def start(self, tasks: Supervisor, *, first: bool) -> None:
        """Start what runs beside the requests; of several workers the `first` keeps the file of
        the last table."""
        self.feed.start(tasks)
        tasks.start("access log", self.access_log.run())
        tasks.start("event loop lag", _measure_lag(self.stats))
        if self.saved is not None and first:
            tasks.start("last table", self.saved.run(self.feed, self.clock))
        if self.certificate is not None:
            tasks.start("certificate", self.certificate.run(self.clock))


async def run(settings: Settings, stop: asyncio.Event, worker: Seat | None = None) -> None:
    """Serve until `stop` is set, then drain; a worker shares the public port with others."""
    public = bind(settings.listen, "GATEWAY_PORT", shared=worker is not None)
    private = worker.admin if worker is not None else admin_socket(settings)
    async with KubeClient.open(field_manager="gateway") as kube, Supervisor() as tasks:
        process = Process(settings, kube, worker.memory if worker is not None else None)
        if settings.management and not settings.identity.administrator:
            log.warning(_UNKNOWN_DIGEST)
        heard = Heard()
        board = Board(
            Books(process.snapshot, process.troubles, heard), facts(settings), process.clock
        )
        admin = Admin(
            process.snapshot,
            process.excuse,
            WakesCall(process.services.wakes, process.services.progressed, heard),
            process.note,
            troubles=process.troubles,
            console=Console(board) if worker is None else None,
        )
        async with serving(admin.application(), private):
            process.start(tasks, first=worker is None or worker.number == 0)
            tasks.start("opening", process.open(public))
            if worker is None:
                tasks.start("console", board.run())
            await tasks.until(stop)
            process.stopping = True
            log.info("shutting down")
            await drain(process.gateway, settings.drain, process.clock)
            await process.traces.close()


def facts(settings: Settings) -> Facts:
    """What the console says of this gateway, whatever it does."""
    scheme = "http" if settings.tls is None else "https"
    return Facts(gethostname(), release(), f"{scheme}://<gateway>:{settings.listen[1]}")


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
