"""Real gateway processes for tests, and an application behind them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import sys
from asyncio.subprocess import PIPE
from typing import TYPE_CHECKING

from aiohttp import WSMsgType, web

from tests.gateway.fake_cluster import configmap, endpoint_slice, entry, kubeconfig, serving
from tests.loopback import listening

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

    from tests.gateway.harness import Pod


class App:
    """An application: `/` answers at once, `/slow` when `release` is set, `/ws` echoes."""

    def __init__(self) -> None:
        self.port = 0
        self.release = asyncio.Event()
        self.arrived = asyncio.Event()
        """Set when a request to `/slow` came in."""

    async def _fast(self, request: web.Request) -> web.Response:
        return web.Response(text=request.headers.get("X-Forwarded-Prefix", ""))

    async def _slow(self, _: web.Request) -> web.Response:
        self.arrived.set()
        await self.release.wait()
        return web.Response(text="done")

    async def _echo(self, request: web.Request) -> web.WebSocketResponse:
        tunnel = web.WebSocketResponse()
        await tunnel.prepare(request)
        async for message in tunnel:
            if message.type is WSMsgType.TEXT:
                await tunnel.send_str(message.data)
        return tunnel

    @classmethod
    @contextlib.asynccontextmanager
    async def started(cls) -> AsyncIterator[App]:
        app = cls()
        application = web.Application()
        application.router.add_get("/", app._fast)
        application.router.add_get("/slow", app._slow)
        application.router.add_get("/ws", app._echo)
        async with listening(application) as app.port:
            try:
                yield app
            finally:
                app.release.set()


class GatewayProcess:
    """A running `python -m gateway`; its log and its access log are kept in `lines`."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.lines: list[str] = []
        self.port = 0
        self._grown = asyncio.Condition()

    async def read(self, stream: asyncio.StreamReader | None) -> None:
        assert stream is not None
        async for raw in stream:
            async with self._grown:
                self.lines.append(raw.decode())
                self._grown.notify_all()

    async def said(self, pattern: str, times: int = 1) -> re.Match[str]:
        """Wait until so many lines of the log match; the answer is the last match."""

        def found() -> list[re.Match[str]]:
            return [match for line in self.lines if (match := re.search(pattern, line))]

        async with self._grown:
            await self._grown.wait_for(lambda: len(found()) >= times)
        return found()[times - 1]

    async def url(self, path: str = "/", service: str = "a") -> str:
        """A URL of a service, once the gateway listens."""
        self.port = int((await self.said(r"listening on [\d.]+:(\d+)"))[1])
        return f"http://127.0.0.1:{self.port}/system/services/{service}/exposed{path}"

    async def admin(self, path: str) -> str:
        """A URL of the admin port."""
        port = (await self.said(r"admin port is [\d.]+:(\d+)"))[1]
        return f"http://127.0.0.1:{port}{path}"

    def terminate(self) -> None:
        self.process.send_signal(signal.SIGTERM)


@contextlib.asynccontextmanager
async def gateway_before(
    pod: Pod, folder: Path, services: Mapping[str, bool]
) -> AsyncIterator[GatewayProcess]:
    """A gateway whose `services` are all on `pod`, which is started; each asks for a token or does
    not."""
    async with contextlib.AsyncExitStack() as stack:
        cluster = await stack.enter_async_context(serving())
        await pod.start()
        stack.push_async_callback(pod.stop)
        for name, closed in services.items():
            cluster.put("configmaps", configmap(name, set_auth=closed))
            cluster.put("endpointslices", endpoint_slice(name, entry("127.0.0.1"), port=pod.port))
        process = await stack.enter_async_context(gateway(kubeconfig(folder, cluster.port)))
        await process.url()
        yield process


@contextlib.asynccontextmanager
async def gateway(
    kubeconfig: str, *, descriptors: int = 0, **environment: str
) -> AsyncIterator[GatewayProcess]:
    """A gateway on ports of the kernel's choice, without grace at its end; it may have so many
    `descriptors` if a number is given."""
    limited = ("prlimit", f"--nofile={descriptors // 2}:{descriptors}") if descriptors else ()
    settings = {
        "KUBECONFIG": kubeconfig,
        "GATEWAY_HOST": "127.0.0.1",
        "GATEWAY_PORT": "0",
        "GATEWAY_ADMIN_HOST": "127.0.0.1",
        "GATEWAY_ADMIN_PORT": "0",
        "GATEWAY_DRAIN_GRACE": "0",
    }
    process = await asyncio.create_subprocess_exec(
        *limited, sys.executable, "-m", "gateway",
        env=os.environ | settings | environment, stdout=PIPE, stderr=PIPE,
    )  # fmt: skip
    running = GatewayProcess(process)
    reading = asyncio.gather(running.read(process.stdout), running.read(process.stderr))
    try:
        yield running
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
        await process.wait()
        await reading
