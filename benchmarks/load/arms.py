"""The programs that are compared, running side by side in front of the same application."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.load.cluster import Cluster
from benchmarks.load.native import Programs
from benchmarks.load.processes import cores, running
from benchmarks.load.proxies import caddy, envoy, forwarder, haproxy, nginx, traefik
from benchmarks.load.proxies.setup import Setup
from shared.runtime.ports import free_port

HOST: Final = "127.0.0.1"
ADDRESSES: Final = [f"127.8.0.{number}" for number in range(1, 5)]
PROGRAMS: Final = Path(__file__).parents[2] / ".venv-bench/bin"
"""Where `make bench` puts those that come from PyPI."""

COMMANDS: Final[dict[str, Callable[[Setup], list[str]]]] = {
    "nginx": nginx.command,
    "haproxy": haproxy.command,
    "envoy": envoy.command,
    "traefik": traefik.command,
    "caddy": caddy.command,
}
BESIDE: Final = "beside"
"""The gateway of another checkout."""
ALL: Final = ("gateway", *COMMANDS, "forwarder", BESIDE)
RARE: Final = frozenset({"envoy", "traefik", "caddy", "forwarder"})
"""Far from nginx, or of no interest in detail: measured in every other round."""
_APART: Final = frozenset({"nginx", "haproxy"})
"""They listen for HTTP/2 in clear text on a port of its own."""


@dataclass(frozen=True, slots=True)
class Arm:
    """A running program, ready for requests at 127.0.0.1."""

    name: str
    pid: int
    """Head of the process family whose CPU counts."""
    port: int
    h2_port: int


@dataclass(frozen=True, slots=True)
class Bench:
    """What all arms share: the programs in C, and the application, which listens on ADDRESSES."""

    programs: Programs
    upstream_pid: int
    upstream_port: int
    core: int
    """That of the proxies."""

    @property
    def pods(self) -> list[str]:
        return [f"{address}:{self.upstream_port}" for address in ADDRESSES]


def installed(name: str, programs: Path = PROGRAMS) -> bool:
    """Whether the program of an arm is there."""
    return name not in COMMANDS or (programs / name).exists() or shutil.which(name) is not None


@contextlib.asynccontextmanager
async def prepared(programs: Programs) -> AsyncIterator[Bench]:
    """The application, with this process and the load on the cores that the proxies leave."""
    proxies, others = cores()
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, others)
    try:
        port = free_port()
        async with application(programs, port, ADDRESSES) as pid:
            yield Bench(programs, pid, port, proxies)
    finally:
        os.sched_setaffinity(0, before)


@contextlib.asynccontextmanager
async def application(programs: Programs, port: int, addresses: list[str]) -> AsyncIterator[int]:
    """The application on `addresses`; yields its process id."""
    command = [str(programs.upstream), str(port), *addresses]
    async with running(command, [(address, port) for address in addresses]) as pid:
        yield pid


@contextlib.asynccontextmanager
async def started(
    name: str,
    bench: Bench,
    python: str = sys.executable,
    services: int = 0,
    checkout: Path | None = None,
) -> AsyncIterator[Arm]:
    """Arm `name`; `python` runs those that are Python, `services` are others that the gateway has
    besides, `checkout` has that of BESIDE. StartError when it does not come up."""
    if name not in ALL:
        raise ValueError(f"there is no arm {name!r}; choose among {', '.join(ALL)}")
    port = free_port()
    h2_port = free_port() if name in _APART else port
    async with contextlib.AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=f"bench-{name}-")))
        os.chmod(folder, 0o755)  # for nginx, whose worker is another user
        environment = {"GOMAXPROCS": "1", "XDG_DATA_HOME": str(folder)}  # Caddy writes there
        if name in ("gateway", BESIDE):
            cluster = await stack.enter_async_context(Cluster.started(folder))
            cluster.fill(ADDRESSES, bench.upstream_port, services)
            environment = gateway_environment(cluster, port)
            command = [python, "-m", "gateway"]
        elif name == "forwarder":
            command = forwarder.command(python, port, bench.pods)
        else:
            setup = Setup(folder, port, h2_port, bench.pods, PROGRAMS)
            command = await asyncio.to_thread(COMMANDS[name], setup)
        listens = [(HOST, one) for one in sorted({port, h2_port})]
        where = checkout if name == BESIDE else None
        pid = await stack.enter_async_context(
            running(command, listens, environment, bench.core, where)
        )
        yield Arm(name, pid, port, h2_port)


def gateway_environment(cluster: Cluster, port: int) -> dict[str, str]:
    """Settings as users have them, on other ports."""
    return {
        "KUBECONFIG": cluster.kubeconfig,
        "GATEWAY_HOST": HOST,
        "GATEWAY_PORT": str(port),
        "GATEWAY_ADMIN_HOST": HOST,
        "GATEWAY_ADMIN_PORT": str(free_port()),
        "GATEWAY_DRAIN_GRACE": "0",
        "GATEWAY_DRAIN_HTTP": "0",
        "GATEWAY_DRAIN_TUNNELS": "0",
    }
