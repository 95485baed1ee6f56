"""The contract: behaviours of Kubernetes that this project relies on.

By default they are asked of the embedded cluster; of any other one with
`pytest tests/contract --kubeconfig PATH`. So what the embedded cluster promises is what a real one
keeps. Each test works in a namespace of its own.
"""

from __future__ import annotations

import asyncio
import uuid
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import pytest

from shared.kube import errors
from shared.kube.client import KubeClient
from shared.kube.resources import NAMESPACES, Resource

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

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
    await kube.create(NAMESPACES, {"metadata": {"name": name}})
    yield name
    await kube.delete(NAMESPACES, name)


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
