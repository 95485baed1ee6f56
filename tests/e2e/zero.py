"""A service that sleeps, in a local run: its size as the cluster has it, and requests to it."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import aiohttp
import psutil
import pytest

from shared.kube.client import KubeClient
from shared.kube.resources import DEPLOYMENTS, PODS
from shared.service import names
from shared.service.objects import wanted_replicas
from shared.service.sleeping import asleep_since
from tests.e2e.conftest import Run, local
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

SERVICE = "sleepy"


@dataclass(frozen=True)
class Reply:
    """One answer."""

    status: int
    cold: float | None
    """Seconds of the cold start that its header tells, if there was one."""
    told: dict[str, Any]
    """What the pod said, or the gateway in its place."""


@dataclass
class Sleeper:
    """The service, its clients and its Deployment."""

    run: Run
    session: aiohttp.ClientSession
    kube: KubeClient

    @property
    def url(self) -> str:
        return f"{self.run.url}{names.base_path(SERVICE)}/"

    async def ask(self, path: str = "", method: str = "GET", **more: Any) -> Reply:
        async with self.session.request(method, self.url + path, **more) as answer:
            cold = answer.headers.get("X-Cold-Start")
            told = await answer.json(content_type=None)
            return Reply(answer.status, float(cold) if cold is not None else None, told)

    async def deployment(self) -> dict[str, Any]:
        found: dict[str, Any] = await self.kube.get(
            DEPLOYMENTS, names.deployment(SERVICE), names.NAMESPACE
        )
        return found

    async def is_asleep(self) -> bool:
        """Whether the last pod is gone too."""
        if not asleep_since(await self.deployment()):
            return False
        selector = names.pod_selector(SERVICE)
        pods = await self.kube.list(PODS, names.NAMESPACE, labels=selector)
        return not pods["items"]

    async def is_put_to_sleep(self) -> bool:
        """Whether it is to have no pod."""
        return not await self.wanted()

    async def asleep(self) -> None:
        """Wait until it sleeps."""
        await until(self.is_asleep, "no pod, and the mark of sleep", period=0.05)

    async def awake(self) -> None:
        """Wait until it is to have pods."""
        await until(self.wanted, "replicas", period=0.02)

    async def wanted(self) -> int:
        return wanted_replicas(await self.deployment())


@asynccontextmanager
async def sleeper(run: Run) -> AsyncIterator[Sleeper]:
    """The service of `run`."""
    kubeconfig = str(run.home / "kubeconfig")
    connector = aiohttp.TCPConnector(limit=0)
    async with (
        KubeClient.open(field_manager="test", kubeconfig=kubeconfig) as kube,
        aiohttp.ClientSession(connector=connector) as session,
    ):
        yield Sleeper(run, session, kube)


@contextmanager
def beside(run: Run, account: str, *module: str, **settings: str) -> Iterator[psutil.Process]:
    """One more process of the system, with the rights of one of the service accounts."""
    environment = {**os.environ, "KUBECONFIG": str(run.home / f"{account}.kubeconfig"), **settings}
    with (run.home / "logs" / f"other-{account}.log").open("w") as log:
        command = [sys.executable, "-m", *module]
        process = subprocess.Popen(command, env=environment, stderr=log, stdout=log)
    try:
        yield psutil.Process(process.pid)
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """A local run of the service alone."""
    with local(tmp_path_factory.mktemp("zero"), "sleepy.yaml") as started:
        yield started


@pytest.fixture
async def it(run: Run) -> AsyncIterator[Sleeper]:
    """The service of that run."""
    async with sleeper(run) as found:
        yield found
