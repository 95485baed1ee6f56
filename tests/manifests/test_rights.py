"""The Roles against the processes: they grant what is asked of the API server, and nothing else.

Gateway, management and scaler run with the tokens of their service accounts behind a recording
proxy while services are made, scaled, changed and ended.
"""

from __future__ import annotations

import asyncio
import base64
import os
import sys
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
import yaml

from shared.kube.client import KubeClient
from shared.kube.errors import NotFound
from shared.kube.resources import LEASES, SERVICES
from tests.loopback import free_port
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from shared.service.objects import Obj
    from tests.manifests.conftest import Recorder

BASE = Path(__file__).parents[2] / "manifests" / "base"
ACCOUNTS = ("gateway", "management", "scaler")

RARE = {
    ("patch", "events.k8s.io", "events"),  # an Event that repeats becomes a series
    ("delete", "", "persistentvolumeclaims"),  # the one made for a service that then was not
}
"""What is granted and does not happen in a short run."""

BUSY = '(while :; do :; done) & exec python -m http.server "$PORT" --bind "$HOST"'
"""A service that takes what CPU it can get, always more than 5 % of what it asked for."""

Grant = tuple[str, str, str]
"""verb, API group, resource."""


def granted(account: str) -> set[Grant]:
    """What the manifests allow the account."""
    objects = yaml.safe_load_all((BASE / account / "rbac.yaml").read_text())
    rules = [rule for each in objects for rule in each.get("rules", [])]
    return {
        (verb, group, resource)
        for rule in rules
        for verb in rule["verbs"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
    }


def definition(size: str = "1Gi", **expose: Any) -> dict[str, Any]:
    port = {"api_port": 8000, "min_scale": 1, "cpu_threshold": 5, **expose}
    volume = {"size": size, "mount_path": "/data"}
    body = {"name": "busy", "image": "local", "cpu": "1", "script": BUSY, "volume": volume}
    return {**body, "expose": port}


@asynccontextmanager
async def running(module: str, *args: str, **environ: str) -> AsyncIterator[None]:
    """`python -m module` as a process until the block ends."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, *args, env=os.environ | environ
    )
    try:
        yield
    finally:
        process.terminate()
        await process.wait()


async def until_ready(port: str) -> None:
    """Return when /readyz answers 200."""
    async with aiohttp.ClientSession() as session:

        async def ready() -> bool:
            try:
                async with session.get(f"http://127.0.0.1:{port}/readyz") as answer:
                    return answer.status == 200
            except aiohttp.ClientConnectionError:
                return False

        await until(ready, f"port {port} is ready", 30, period=0.1)


@pytest.fixture
def tokens(cluster_home: Path, recorder: Recorder, tmp_path: Path) -> dict[str, str]:
    """Account → token; <account>.kubeconfig in `tmp_path` leads to the recorder."""
    found = {}
    for account in ACCOUNTS:
        config = yaml.safe_load((cluster_home / f"{account}.kubeconfig").read_text())
        config["clusters"][0]["cluster"] = {"server": recorder.url}
        found[account] = config["users"][0]["user"]["token"]
        (tmp_path / f"{account}.kubeconfig").write_text(yaml.safe_dump(config))
    return found


@pytest.fixture
async def unled(cluster_home: Path) -> None:
    """Nobody has led before, on a cluster that other tests have used too."""
    kubeconfig = str(cluster_home / "kubeconfig")
    async with KubeClient.open(field_manager="somebody", kubeconfig=kubeconfig) as kube:
        for lease in (await kube.list(LEASES, "oscar"))["items"]:
            await kube.delete(LEASES, lease["metadata"]["name"], "oscar")


@pytest.fixture
async def management(tokens: dict[str, str], unled: None, tmp_path: Path) -> AsyncIterator[str]:
    """All three processes; the URL of the services API."""
    ports = {account: str(free_port()) for account in ACCOUNTS}
    config = {account: str(tmp_path / f"{account}.kubeconfig") for account in tokens}
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(
            running(
                "gateway.management",
                KUBECONFIG=config["management"],
                MANAGEMENT_HOST="127.0.0.1",
                MANAGEMENT_PORT=ports["management"],
                MANAGEMENT_USERNAME="admin",
                MANAGEMENT_PASSWORD="secret",
                MANAGEMENT_RECONCILE="1",
            )
        )
        await stack.enter_async_context(
            running(
                "gateway",
                KUBECONFIG=config["gateway"],
                GATEWAY_HOST="127.0.0.1",
                GATEWAY_PORT="0",
                GATEWAY_ADMIN_HOST="127.0.0.1",
                GATEWAY_ADMIN_PORT=ports["gateway"],
                GATEWAY_DRAIN_GRACE="0",
            )
        )
        await stack.enter_async_context(
            running(
                "scaler",
                "run",
                KUBECONFIG=config["scaler"],
                SCALER_HOST="127.0.0.1",
                SCALER_PORT=ports["scaler"],
                SCALER_PERIOD="1",
            )
        )
        await asyncio.gather(*map(until_ready, ports.values()))
        yield f"http://127.0.0.1:{ports['management']}/system/services"


async def another(kube: KubeClient, before: Obj) -> bool:
    """Whether there is a Service of the same name in place of `before`."""
    try:
        now = await kube.get(SERVICES, before["metadata"]["name"], "oscar-svc")
    except NotFound:
        return False
    return bool(now["metadata"]["uid"] != before["metadata"]["uid"])


async def test_roles_are_enough_and_minimal(
    management: str, recorder: Recorder, tokens: dict[str, str], cluster_home: Path
) -> None:
    word = base64.b64encode(b"admin:secret").decode()
    async with aiohttp.ClientSession(headers={"Authorization": f"Basic {word}"}) as session:

        async def call(method: str, path: str = "", **kw: Any) -> None:
            async with session.request(method, management + path, **kw) as answer:
                assert answer.status < 300, await answer.text()

        secret = {"environment": {"secrets": {"KEY": "x"}}}
        await call("POST", json=definition(max_scale=2) | secret)
        await call("GET", params={"include": "deployment"})
        await recorder.until(tokens["scaler"], "patch", "deployments/scale")
        await call("GET", "/busy/deployment/logs")
        await call("GET", "/busy/description")
        await call("PUT", json=definition("2Gi", max_scale=1))
        await recorder.until(tokens["scaler"], "patch", "pods/status")
        kubeconfig = str(cluster_home / "kubeconfig")
        async with KubeClient.open(field_manager="somebody", kubeconfig=kubeconfig) as somebody:
            await somebody.scale("busy-dlp", 3, "oscar-svc", resource_version=None)
            before = await somebody.get(SERVICES, "busy-svc", "oscar-svc")
            await somebody.delete(SERVICES, "busy-svc", "oscar-svc")
            await until(lambda: another(somebody, before), "the Service is restored")
        await recorder.until(tokens["scaler"], "get", "deployments")
        await recorder.until(tokens["scaler"], "create", "events")
        await recorder.until(tokens["scaler"], "update", "leases")
        await recorder.until(tokens["management"], "create", "events")
        await recorder.until(tokens["management"], "update", "leases")
        await call("POST", "/busy/stop")
        plain = definition("2Gi")
        del plain["expose"]
        await call("PUT", json=plain)
        await call("DELETE", "/busy")

    assert recorder.refused == []
    for account in ACCOUNTS:
        used = {(r.verb, r.group, r.resource) for r in recorder.seen[tokens[account]]}
        given = granted(account)
        assert (account, given - used - RARE, used - given - RARE) == (account, set(), set())
