"""Real applications behind a real gateway; left out unless `make test-apps` asks for them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.apps.browser import Page, opened
from tests.gateway.fake_cluster import (
    Cluster,
    configmap,
    endpoint_slice,
    entry,
    kubeconfig,
    serving,
)
from tests.gateway.processes import GatewayProcess, gateway
from tests.waiting import until

PYTHON = Path(os.environ.get("APPS_PYTHON", "missing")).absolute()
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome") or ""

collect_ignore_glob = [] if PYTHON.exists() else ["test_*.py"]

Start = Callable[..., Awaitable[str]]
"""Start an application and expose it; the answer is the URL of its prefix with a slash."""


@pytest.fixture
async def cluster() -> AsyncIterator[Cluster]:
    async with serving() as cluster:
        yield cluster


@pytest.fixture
async def process(cluster: Cluster, tmp_path: Path) -> AsyncIterator[GatewayProcess]:
    async with gateway(kubeconfig(tmp_path, cluster.port)) as process:
        yield process


@pytest.fixture
async def start(cluster: Cluster, process: GatewayProcess, tmp_path: Path) -> AsyncIterator[Start]:
    async with contextlib.AsyncExitStack() as stack:

        async def start(name: str, arguments: list[str], port: int, **expose: Any) -> str:
            log = stack.enter_context((tmp_path / f"{name}.log").open("wb"))
            app = await asyncio.create_subprocess_exec(
                PYTHON, *arguments, stdout=log, stderr=log, cwd=tmp_path
            )
            stack.push_async_callback(_end, app)
            await until(lambda: _listens(port), f"{name} listens", 120, period=0.1)
            cluster.put("configmaps", configmap(name, api_port=port, **expose))
            cluster.put("endpointslices", endpoint_slice(name, entry("127.0.0.1"), port=port))
            url = await process.url("/", service=name)
            await until(lambda: _routed(url), f"a route to {name}", period=0.05)
            return url

        yield start


@pytest.fixture
async def page(tmp_path: Path) -> AsyncIterator[Page]:
    if not CHROMIUM:
        pytest.skip("no browser; apt-get install chromium")
    async with opened(CHROMIUM, tmp_path / "profile") as page:
        yield page


async def _end(app: asyncio.subprocess.Process) -> None:
    if app.returncode is None:
        app.kill()
    await app.wait()


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


async def _routed(url: str) -> bool:
    async with (
        aiohttp.ClientSession() as client,
        client.get(url, allow_redirects=False) as answer,
    ):
        return "X-Gateway-Error" not in answer.headers or answer.status == 401
