"""The programs that are compared, each started the way its users run it."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import signal
import socket
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks.load import configs
from benchmarks.load.accounting import family
from benchmarks.load.cluster import Cluster
from benchmarks.load.configs import NAME, PREFIX

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

TOKEN: Final = "0123456789abcdef" * 4
AUTHORIZATION: Final = "Basic " + base64.b64encode(f"{NAME}:{TOKEN}".encode()).decode()
ADDRESSES: Final = [f"127.8.0.{number}" for number in range(1, 5)]
ALL: Final = ("direct", "gateway", "nginx", "haproxy", "caddy", "aiohttp")


class StartError(Exception):
    """A program did not come up."""


@dataclass(frozen=True, slots=True)
class Arm:
    """A running program, ready for requests."""

    name: str
    pid: int
    """Head of the process family whose CPU counts."""
    host: str
    port: int
    prefix: str = PREFIX

    def url(self, path: str) -> str:
        return f"http://{self.host}:{self.port}{self.prefix}{path}"


@contextlib.asynccontextmanager
async def started(name: str, upstream_port: int, services: int = 1) -> AsyncIterator[Arm]:
    """Arm `name` in front of the application, which listens on all ADDRESSES."""
    upstreams = [f"{address}:{upstream_port}" for address in ADDRESSES]
    if name == "direct":
        async with application(upstream_port, ADDRESSES) as pid:
            yield Arm(name, pid, ADDRESSES[0], upstream_port, "")
        return
    port = free_port()
    async with contextlib.AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=f"bench-{name}-")))
        os.chmod(folder, 0o755)  # for nginx, whose worker is another user
        await stack.enter_async_context(application(upstream_port, ADDRESSES))
        environment = dict(os.environ) | {"XDG_CONFIG_HOME": str(folder)}  # Caddy writes there
        if name == "gateway":
            cluster = await stack.enter_async_context(Cluster.started(folder))
            cluster.fill(services, NAME, TOKEN, ADDRESSES, upstream_port)
            environment |= gateway_environment(cluster, port)
        command = _command(name, folder, port, upstreams)
        pid = await stack.enter_async_context(running(command, environment))
        await until_answers("127.0.0.1", port, pid)
        yield Arm(name, pid, "127.0.0.1", port)


def gateway_environment(cluster: Cluster, port: int) -> dict[str, str]:
    """Settings as users have them, on other ports."""
    return {
        "KUBECONFIG": cluster.kubeconfig,
        "GATEWAY_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "GATEWAY_ADMIN_HOST": "127.0.0.1",
        "GATEWAY_ADMIN_PORT": str(free_port()),
        "GATEWAY_DRAIN_GRACE": "0",
        "GATEWAY_DRAIN_HTTP": "0",
        "GATEWAY_DRAIN_TUNNELS": "0",
    }


def _command(name: str, folder: Path, port: int, upstreams: list[str]) -> list[str]:
    match name:
        case "gateway":
            return [sys.executable, "-m", "gateway"]
        case "nginx":
            return configs.nginx(folder, port, upstreams, TOKEN)
        case "haproxy":
            return configs.haproxy(folder, port, upstreams, TOKEN)
        case "caddy":
            return configs.caddy(folder, port, upstreams, AUTHORIZATION)
        case "aiohttp":
            module = ["-m", "benchmarks.load.aiohttp_proxy"]
            return [sys.executable, *module, str(port), PREFIX, AUTHORIZATION, *upstreams]
    raise ValueError(f"there is no arm {name!r}; choose among {', '.join(ALL)}")


@contextlib.asynccontextmanager
async def application(port: int, addresses: list[str]) -> AsyncIterator[int]:
    """The application on `addresses`; yields its process id."""
    command = [sys.executable, "-m", "benchmarks.load.upstream", str(port), *addresses]
    async with running(command, dict(os.environ)) as pid:
        for address in addresses:
            await until_answers(address, port, pid)
        yield pid


@contextlib.asynccontextmanager
async def running(command: list[str], environment: dict[str, str]) -> AsyncIterator[int]:
    """A process of its own process group, ended with all its children; yields its id.

    What it said is shown when it did not come up.
    """
    with tempfile.TemporaryFile() as said:
        process = await asyncio.create_subprocess_exec(
            *command, env=environment, stdout=said, stderr=said, start_new_session=True
        )
        try:
            yield process.pid
        except StartError:
            said.seek(0)
            sys.stderr.write(said.read().decode("utf-8", "replace")[-2000:])
            raise
        finally:
            await _end(process)


async def _end(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        await asyncio.wait_for(process.wait(), 5)
    except TimeoutError:
        os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


async def until_answers(host: str, port: int, pid: int, seconds: float = 60.0) -> None:
    """Return when process `pid` accepts connections; StartError when it ends or takes too long."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while loop.time() < end and family(pid):
        try:
            _, writer = await asyncio.open_connection(host, port)
        except OSError:
            await asyncio.sleep(0.05)
        else:
            writer.close()
            return
    raise StartError(f"nothing answers on {host}:{port}; the program's own words stand above")


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
