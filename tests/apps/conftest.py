"""Real applications behind a real gateway; left out unless `make test-apps` asks for them."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from shared.embedded.node.addresses import Addresses
from shared.service.fdl import to_json
from shared.service.model import EMPTY
from tests.apps import guide, nginx
from tests.apps.browser import Page, opened
from tests.apps.pods import PYTHON, running
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

APPLICATIONS = Path(__file__).parent / "applications"
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome") or ""

collect_ignore_glob = [] if PYTHON.exists() else ["test_*.py"]

Start = Callable[..., Awaitable[str]]
"""Start a service of the guide, by its name, with so many `pods` and these further lines of
`expose`; all other arguments are environment variables. The answer is the URL of its prefix with a
slash."""

Front = Callable[[str], Awaitable[str]]
"""Put a proxy that ends TLS before the gateway; the answer is the public form of a URL."""


@pytest.fixture
async def cluster() -> AsyncIterator[Cluster]:
    async with serving() as cluster:
        yield cluster


@pytest.fixture
async def process(cluster: Cluster, tmp_path: Path) -> AsyncIterator[GatewayProcess]:
    config = kubeconfig(tmp_path, cluster.port)
    async with gateway(config, GATEWAY_TRUSTED_PROXIES=nginx.ADDRESS) as process:
        yield process


@pytest.fixture
def folder() -> Iterator[Path]:
    """Where pods work, readable for all users; files may be put here before the start."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


@pytest.fixture
async def start(cluster: Cluster, process: GatewayProcess, folder: Path) -> AsyncIterator[Start]:
    async with contextlib.AsyncExitStack() as stack:
        addresses = stack.enter_context(Addresses.reserve(None, str(folder)))

        async def start(
            name: str, *, pods: int = 1, expose: Mapping[str, Any] = EMPTY, **variables: str
        ) -> str:
            service = guide.service(name, expose)
            unpack(name, folder)
            lines = to_json(service)["expose"]
            entries = [entry(addresses.take()) for _ in range(pods)]
            await asyncio.gather(
                *(
                    stack.enter_async_context(
                        running(service, one["addresses"][0], folder, variables)
                    )
                    for one in entries
                )
            )
            cluster.put("configmaps", configmap(name, **lines))
            port = lines["api_port"][0]
            cluster.put("endpointslices", endpoint_slice(name, *entries, port=port))
            url = await process.url("/", service=name)
            await until(lambda: _routed(url), f"a route to {name}", period=0.05)
            return url

        yield start


@pytest.fixture
async def front(tmp_path: Path) -> AsyncIterator[Front]:
    async with contextlib.AsyncExitStack() as stack:

        async def front(url: str) -> str:
            origin = url.partition("/system/")[0]
            public = await stack.enter_async_context(nginx.ending_tls(tmp_path, origin))
            return public + url.removeprefix(origin)

        yield front


@pytest.fixture
async def page(tmp_path: Path) -> AsyncIterator[Page]:
    if not CHROMIUM:
        pytest.skip("no browser; apt-get install chromium")
    async with opened(CHROMIUM, tmp_path / "profile") as page:
        yield page


def unpack(name: str, folder: Path) -> None:
    """Put the files of the application and those of the guide into `folder`."""
    application = APPLICATIONS / name.removesuffix("-kept")
    if application.exists():
        shutil.copytree(application, folder, dirs_exist_ok=True)
    for file, text in guide.files().items():
        (folder / file).write_text(text)


async def _routed(url: str) -> bool:
    async with (
        aiohttp.ClientSession() as client,
        client.get(url, allow_redirects=False) as answer,
    ):
        return "X-Gateway-Error" not in answer.headers or answer.status == 401
