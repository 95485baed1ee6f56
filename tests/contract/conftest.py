"""The contract: behaviours of Kubernetes that this project relies on.

By default they are asked of the embedded cluster; of any other one with
`make contract KUBECONFIG=PATH`, as an administrator. So what the embedded cluster promises, a
real one keeps. Each test works in a namespace of its own, which is not empty: a cluster puts a
ServiceAccount and a ConfigMap there in its own time, so tests look at what is theirs. No image is
ever run, and no node is needed but the one that `node` makes.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import aiohttp
import orjson
import pytest

from shared.kube import errors
from shared.kube.client import KubeClient
from shared.kube.credentials import Credentials
from shared.kube.resources import NAMESPACES, NODES, PODS, Resource
from shared.kube.times import micro_time

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

    Items = dict[str, dict[str, Any]]

PATIENCE = 30.0
"""Seconds that a controller may take; reached only when something is broken."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--kubeconfig", help="run the contract against this cluster, not the embedded one"
    )


@pytest.fixture
def kubeconfig(request: pytest.FixtureRequest) -> str:
    """The cluster that is asked: that of `--kubeconfig`, or an embedded one."""
    given = request.config.getoption("--kubeconfig", None)
    return given or str(request.getfixturevalue("cluster_home") / "kubeconfig")


@pytest.fixture
async def kube(kubeconfig: str) -> AsyncIterator[KubeClient]:
    """A client that writes as field manager `contract`."""
    async with KubeClient.open(field_manager="contract", kubeconfig=kubeconfig) as client:
        yield client


@pytest.fixture
async def other(kubeconfig: str) -> AsyncIterator[KubeClient]:
    """A second writer, field manager `contract-other`."""
    async with KubeClient.open(field_manager="contract-other", kubeconfig=kubeconfig) as client:
        yield client


@pytest.fixture
async def namespace(kube: KubeClient) -> AsyncIterator[str]:
    """A namespace that is deleted after the test."""
    name = f"contract-{uuid.uuid4().hex[:10]}"
    labels = {"pod-security.kubernetes.io/enforce": "privileged"}  # whatever the default is there
    await kube.create(NAMESPACES, {"metadata": {"name": name, "labels": labels}})
    yield name
    await kube.delete(NAMESPACES, name)


@pytest.fixture
async def node(kube: KubeClient, namespace: str) -> AsyncIterator[str]:
    """A Node that is ready and runs nothing: tests play its kubelet.

    Pods that are bound to a Node that does not exist have no endpoints, and are deleted. A cluster
    believes in this one for 40 s, as long as it does in a kubelet that it has not heard of since.
    """
    await kube.create(NODES, {"metadata": {"name": namespace}, "spec": {"unschedulable": True}})
    said = {"lastHeartbeatTime": micro_time(time.time())[:19] + "Z", "reason": "KubeletReady"}
    conditions = [{"type": "Ready", "status": "True", **said}]
    body = {"status": {"conditions": conditions}}
    await kube.patch(NODES, namespace, body, kind="strategic", subresource="status")
    yield namespace
    await kube.delete(NODES, namespace)


@pytest.fixture
def make_pod(
    kube: KubeClient, namespace: str, node: str
) -> Callable[[str], Awaitable[dict[str, Any]]]:
    """Makes a pod of that node with labels `app: web`, by name."""
    container = {"name": "main", "image": "example.com/i:1"}
    spec = {
        "nodeName": node,
        "containers": [container],
        "terminationGracePeriodSeconds": 300,
        "tolerations": [{"operator": "Exists"}],  # of what is said of a node before it is ready
    }

    async def make(name: str) -> dict[str, Any]:
        body = {"metadata": {"name": name, "labels": {"app": "web"}}, "spec": spec}
        async with asyncio.timeout(PATIENCE):
            while True:
                try:
                    return await kube.create(PODS, body, namespace)
                except errors.Forbidden:  # the namespace has no ServiceAccount yet
                    await asyncio.sleep(0.1)

    return make


@dataclass(frozen=True)
class Answer:
    """What the API server said, whatever its status."""

    status: int
    body: Any
    warnings: list[str]

    @property
    def message(self) -> str:
        return str(self.body.get("message", ""))


class Asking:
    """Requests as other clients make them, with parameters and headers that ours never sends."""

    def __init__(self, session: aiohttp.ClientSession, credentials: Credentials) -> None:
        self._session = session
        self._credentials = credentials

    async def __call__(
        self, method: str, path: str, body: Any = None, kind: str = "json", **params: str
    ) -> Answer:
        return await self.sent(method, path, {}, body, kind, **params)

    async def sent(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: Any = None,
        kind: str = "json",
        **params: str,
    ) -> Answer:
        content = {"Content-Type": f"application/{kind}", "Accept": "application/json"}
        async with self._session.request(
            method,
            f"{self._credentials.host}{path}",
            params=params,
            data=body if isinstance(body, bytes) or body is None else orjson.dumps(body),
            headers={**content, **await self._credentials.headers(), **headers},
            **self._credentials.options,
        ) as response:
            warnings = response.headers.getall("Warning", [])
            return Answer(response.status, orjson.loads(await response.read()), warnings)


@pytest.fixture
async def ask(kubeconfig: str) -> AsyncIterator[Asking]:
    """`await ask("POST", path, body, fieldValidation="Strict")`."""
    async with (
        Credentials.load(kubeconfig, 8) as credentials,
        aiohttp.ClientSession(connector=credentials.connector, connector_owner=False) as session,
    ):
        yield Asking(session, credentials)


@pytest.fixture
def eventually(kube: KubeClient, namespace: str) -> Callable[..., Awaitable[Items]]:
    """`await eventually(resource, holds)`: the objects by name, as soon as `holds(them)`."""

    async def wait(resource: Resource, holds: Callable[[Items], bool]) -> Items:
        async with asyncio.timeout(PATIENCE):
            return await _until(kube, resource, namespace, holds)

    return wait


async def _until(
    kube: KubeClient, resource: Resource, namespace: str, holds: Callable[[Items], bool]
) -> Items:
    listed = await kube.list(resource, namespace)
    items = {item["metadata"]["name"]: item for item in listed["items"]}
    if holds(items):
        return items
    version = listed["metadata"]["resourceVersion"]
    stream = kube.watch(resource, namespace, resource_version=version, timeout=PATIENCE)
    async with aclosing(stream):
        async for event in stream:
            name = event["object"].get("metadata", {}).get("name")
            if event["type"] == "DELETED":
                items.pop(name, None)
            elif event["type"] in {"ADDED", "MODIFIED"}:
                items[name] = event["object"]
            if holds(items):
                return items
    raise errors.Unreachable(f"the watch of {resource.plural} ended; last seen: {items}")
