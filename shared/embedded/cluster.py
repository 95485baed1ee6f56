"""The embedded cluster as one object: API server, controllers and node agent in this process.

The only place that knows all rooms and puts them together; used by `__main__` and by tests.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from shared.embedded import files, recovery
from shared.embedded.access import certificate, identity, kubeconfig
from shared.embedded.access.authentication import Tokens
from shared.embedded.api.bootstrap import bootstrap
from shared.embedded.api.operations import Api
from shared.embedded.controllers.events import Events
from shared.embedded.controllers.manager import Controllers
from shared.embedded.errors import StatusError
from shared.embedded.files import DamagedError
from shared.embedded.http.server import ApiServer
from shared.embedded.node.accounts import Accounts
from shared.embedded.node.addresses import Addresses, SubnetTakenError
from shared.embedded.node.agent import Agent
from shared.embedded.node.hollow import HollowNode
from shared.embedded.node.nodeport import NodePorts
from shared.embedded.node.providers import NodeProviders
from shared.embedded.node.settings import NodeSettings
from shared.embedded.storage.journal import Journal, JournalError
from shared.embedded.storage.store import Store
from shared.runtime import private
from shared.runtime.clock import Clock, SystemClock
from shared.runtime.tasks import Supervisor

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import TracebackType

    from shared.embedded.access.certificate import ServerCertificate

HOST: Final = "127.0.0.1"


class ClusterError(Exception):
    """The cluster cannot start; the message says why and what to do. `damaged`: because a file of
    its state is not what was written."""

    damaged = False


@dataclass(frozen=True, slots=True)
class ClusterSettings:
    """home: where all state is kept; port: of the API server, 0 for any that is free.

    pod_subnet: such as 127.42.0.0/16; None for one that no other cluster here has.
    recover: keep damaged files of the home aside and go on with what can be read.
    """

    home: Path
    port: int = 0
    pod_subnet: str | None = None
    node: NodeSettings = field(default_factory=NodeSettings)
    recover: bool = False


class Cluster:
    """`async with Cluster(ClusterSettings(home)) as cluster`: serving inside the block.

    Leaving the block ends every pod; what was stored is there at the next start.
    """

    url: str
    api: Api
    controllers: Controllers
    agent: Agent
    nodes: NodeProviders
    _accounts: Accounts
    recovered: Sequence[str] = ()
    """What was done to damaged files at the start, a sentence each."""

    def __init__(self, settings: ClusterSettings, clock: Clock | None = None) -> None:
        self.settings = settings
        self._clock = clock or SystemClock()
        self._stack = contextlib.AsyncExitStack()
        self._tasks = Supervisor()

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig file."""
        return kubeconfig.path_of(self.settings.home, kubeconfig.ADMINISTRATOR)

    async def __aenter__(self) -> Self:
        try:
            await self._start()
        except BaseException as error:
            await self._stack.aclose()
            if (known := _told(error)) is not None:
                raise known from error
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._stack.aclose()

    def add_hollow_node(self, name: str = "hollow") -> HollowNode:
        """A node whose pods are no processes, for tests and benchmarks at scale."""
        node = HollowNode(self.api, self._clock, name)
        self.nodes.hollow.append(node)
        return node

    async def until(self, stop: asyncio.Event) -> None:
        """Return when `stop` is set; raise when a part of the cluster fails."""
        await self._tasks.until(stop)

    async def _start(self) -> None:
        """Everything is put right before anybody is served, and ends in the reverse order."""
        home = self.settings.home
        _own(home)
        self._stack.enter_context(_held(home))
        if self.settings.recover:
            self.recovered = recovery.recover(home, self._clock.now())
        addresses = self._stack.enter_context(self._addresses())
        self.api = Api(self._store(), now=self._clock.now)
        bootstrap(self.api)
        self.api.store.settle()
        self.agent = Agent(
            self.api, self._clock, self.settings.node, home, addresses, _identity(home)
        )
        self.agent.begin()
        issued = certificate.obtain(home / certificate.FOLDER, self._clock.now())
        authority = issued.authority.read_text()
        self.controllers = Controllers(self.api, self._clock, authority=authority)
        self.controllers.settle()
        self.nodes = NodeProviders(self.api, self.agent)
        await self._stack.enter_async_context(self._tasks)
        await self._serve(issued)
        self._run()

    def _addresses(self) -> Addresses:
        try:
            return Addresses.reserve(self.settings.pod_subnet, str(self.settings.home.resolve()))
        except (SubnetTakenError, ValueError) as error:
            raise ClusterError(str(error)) from error

    def _store(self) -> Store:
        journal = Journal(self.settings.home / recovery.STORE)
        self._stack.callback(journal.close)
        return Store(journal)

    async def _serve(self, issued: ServerCertificate) -> None:
        home = self.settings.home
        tokens = kubeconfig.tokens(home)
        holders = {token: kubeconfig.user(name) for name, token in tokens.items()}
        accepted = Tokens(holders, self._clock.now)
        server = ApiServer(self.api, accepted, self.nodes.callbacks())
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        certificate.check(issued)
        tls.load_cert_chain(issued.certificate, issued.key)
        try:
            port = await server.start(HOST, self.settings.port, tls)
        except OSError as error:
            raise ClusterError(
                f"port {self.settings.port} of {HOST} cannot be had ({error.strerror}): stop what "
                "listens there, or choose another with --port"
            ) from error
        self._stack.push_async_callback(server.stop)
        self.url = f"https://{HOST}:{port}"
        authority = issued.authority.read_bytes()
        self._accounts = Accounts(self.api, accepted, self.url, authority)
        for name, token in tokens.items():
            text = kubeconfig.kubeconfig(name, token, self.url, authority)
            files.replace(kubeconfig.path_of(home, name), text.encode())

    def _run(self) -> None:
        node_ports = NodePorts(
            self.controllers.cache, self._clock, Events(self.api, self._clock, "node-ports")
        )
        self._stack.callback(self.api.subscribe(node_ports.apply))
        self.controllers.start(self._tasks)
        node_ports.start(self._tasks)
        self.agent.start(self._tasks, self._accounts)
        self._stack.push_async_callback(self.agent.stop)


def _told(error: BaseException) -> ClusterError | None:
    """What keeps the cluster from starting, in a sentence; None for what is a mistake of ours."""
    if isinstance(error, ClusterError):
        return error
    if isinstance(error, StatusError | JournalError | DamagedError):
        known = ClusterError(str(error))
        known.damaged = isinstance(error, DamagedError)
        return known
    if isinstance(error, OSError) and error.filename is not None:
        why = f"cannot use {error.filename}: {error.strerror}"
        return ClusterError(f"{why}; make room on its disk, or put right what is there")
    return None


def _own(home: Path) -> None:
    """Make the home, or see that nobody else can have written what is in it: Secrets, tokens, and
    what pods run."""
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        private.check_folder(home)
    except private.UnsafeError as error:
        raise ClusterError(f"{error}. Or choose another home") from error
    except OSError as error:
        raise ClusterError(f"cannot use {home}: {error.strerror}; choose another home") from error


@contextlib.contextmanager
def _held(home: Path) -> Iterator[None]:
    """Hold the home for this process alone."""
    with open(home / "cluster.lock", "a+", opener=private.nofollow) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ClusterError(
                f"{home} is in use by another cluster: stop that one, or choose another home"
            ) from error
        yield


def _identity(home: Path) -> str:
    """The mark that this cluster's processes carry: an id, made once for a home, and which folder
    it is, for a copy of the home has the same id and must not take these processes for its own."""
    folder = home.stat()
    return f"{identity.obtain(home)}/{folder.st_dev:x}-{folder.st_ino:x}"
