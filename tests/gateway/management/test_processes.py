"""The process itself, killed within a write and started again; and two of them at once."""

from __future__ import annotations

import asyncio
import base64
import re
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml

from shared.embedded import kinds
from shared.embedded.errors import StatusError
from shared.service.tokens import digest
from tests.gateway.management.cluster import NS, Cluster
from tests.gateway.management.test_main import start
from tests.scaler.proxy import hang, proxy
from tests.waiting import until

HEADERS = {"Authorization": aiohttp.encode_basic_auth("oscar", "secret")}
WRITES = ("POST", "PUT", "PATCH", "DELETE")


@asynccontextmanager
async def serving(kubeconfig: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """A process of the services API, and the URL of its services."""
    process = await start(
        KUBECONFIG=kubeconfig,
        MANAGEMENT_HOST="127.0.0.1",
        MANAGEMENT_PORT="0",
        MANAGEMENT_USERNAME="oscar",
        MANAGEMENT_PASSWORD="secret",
    )
    try:
        assert process.stderr is not None
        line = (await process.stderr.readline()).decode()
        match = re.search(r"listens on 127\.0\.0\.1:(\d+)", line)
        assert match, line
        drain = asyncio.create_task(process.stderr.read())
        yield process, f"http://127.0.0.1:{match[1]}/system/services"
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        await drain


async def through(upstream: str, folder: Path, url: str) -> str:
    """A kubeconfig like `upstream` that leads to `url`."""
    config = yaml.safe_load(Path(upstream).read_text())
    config["clusters"][0]["cluster"]["server"] = url
    path = folder / "through.kubeconfig"
    path.write_text(yaml.safe_dump(config))
    return str(path)


def image(cluster: Cluster) -> str:
    """What the Deployment runs; empty while there is none."""
    try:
        return str(cluster.container("ocr")["image"])
    except StatusError:
        return ""


async def test_a_killed_process_leaves_what_its_successor_completes(
    cluster: Cluster, tmp_path: Path, body: dict[str, Any]
) -> None:
    """SIGKILL while a PUT has written the ConfigMap and nothing else, and a POST little more."""
    upstream = yaml.safe_load(Path(cluster.kubeconfig).read_text())["clusters"][0]["cluster"]
    async with aiohttp.ClientSession(headers=HEADERS) as session, proxy(upstream["server"]) as one:
        config = await through(cluster.kubeconfig, tmp_path, f"http://127.0.0.1:{one.port}")
        async with serving(config) as (process, url):
            async with session.post(url, json=body) as answer:
                assert answer.status == 201
            token = cluster.api.get(kinds.SECRET, "ocr-token", NS)["data"]["token"]
            one.breaks("PATCH", "configmaps/ocr$", hang, after=True)
            put = asyncio.create_task(session.put(url, json=body | {"image": "registry/ocr:2"}))
            await one.until(lambda: bool(one.seen("PATCH", "configmaps/ocr$")))
            one.breaks("PATCH", "services/second-svc$", None, meddle=process.kill)
            with pytest.raises(aiohttp.ClientError):
                await session.post(url, json=body | {"name": "second"})
            with pytest.raises(aiohttp.ClientError):
                await put
            assert await process.wait() == -signal.SIGKILL
        assert image(cluster) == "registry/ocr:1"
        assert cluster.names(kinds.DEPLOYMENT) == ["ocr-dlp"]
        async with serving(config):
            await until(lambda: image(cluster) == "registry/ocr:2", "the PUT", period=0.05)
            deployments = ["ocr-dlp", "second-dlp"]
            await until(
                lambda: cluster.names(kinds.DEPLOYMENT) == deployments, "the POST", period=0.05
            )
        assert cluster.api.get(kinds.SECRET, "ocr-token", NS)["data"]["token"] == token


async def test_of_two_processes_one_state_comes(cluster: Cluster, body: dict[str, Any]) -> None:
    """Twenty PUT, POST and DELETE of one service, half of them to each."""
    async with (
        serving(cluster.kubeconfig) as (_, first),
        serving(cluster.kubeconfig) as (_, second),
        aiohttp.ClientSession(headers=HEADERS) as session,
    ):

        async def call(number: int) -> tuple[int, str]:
            url = (first, second)[number % 2]
            new = body | {"image": f"v{number}"}
            method, path, sent = (
                ("DELETE", "/ocr", None)
                if number % 5 == 4
                else ("POST", "", new)
                if number % 5 == 0
                else ("PUT", "", new)
            )
            async with session.request(method, url + path, json=sent) as answer:
                return answer.status, await answer.text()

        answers = await asyncio.gather(*map(call, range(20)))
        assert {status for status, _ in answers} <= {201, 204, 400, 404, 409}, answers
        if "ocr" not in cluster.names(kinds.CONFIG_MAP):
            for kind in (kinds.SECRET, kinds.SERVICE, kinds.DEPLOYMENT):
                assert cluster.names(kind) == []
            return
        stored = cluster.configmap("ocr")["data"]
        secret = cluster.api.get(kinds.SECRET, "ocr-token", NS)["data"]["token"]
        assert digest(base64.b64decode(secret).decode()).hex() == stored["token_sha256"]
        assert yaml.safe_load(stored["function_config.yaml"])["image"] == image(cluster)
        assert cluster.names(kinds.SERVICE) == ["ocr-svc"]
