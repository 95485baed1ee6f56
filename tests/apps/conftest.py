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
            await _until_listens(port)
            cluster.put("configmaps", configmap(name, api_port=port, **expose))
            cluster.put("endpointslices", endpoint_slice(name, entry("127.0.0.1"), port=port))
            url = await process.url("/", service=name)
            await _until_routed(url)
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


async def _until_listens(port: int) -> None:
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.1)
        else:
            writer.close()
            return


async def _until_routed(url: str) -> None:
    async with aiohttp.ClientSession() as client:
        while True:
            async with client.get(url, allow_redirects=False) as answer:
                if "X-Gateway-Error" not in answer.headers or answer.status == 401:
                    return
            await asyncio.sleep(0.05)
