"""Letting a service sleep, asking for it, and noting the moments of its wake."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, Final

import aiohttp
import yaml

from benchmarks.cold_start.wakes import Wake
from benchmarks.scaler_load.stack import stack
from shared.cli.local.deploy import deploy
from shared.kube.client import KubeClient
from shared.kube.informer import Informer
from shared.kube.resources import DEPLOYMENTS
from shared.runtime.tasks import Supervisor, first_of
from shared.service import names
from shared.service.objects import wanted_replicas
from shared.service.sleeping import asleep_since

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from random import Random

    from shared.cli.local.layout import Layout
    from shared.kube.changes import Change
    from shared.service.objects import Obj

SERVICE: Final = "sleepy"
PATIENCE: Final = 120.0
"""Seconds until something that must happen counts as never."""


class Size:
    """The Deployment of the service as a watch shows it."""

    def __init__(self) -> None:
        self._changed = asyncio.Event()
        self._now: Obj | None = None
        self.written = 0.0
        """When it was last given pods, unix seconds."""

    def see(self, change: Change) -> None:
        """Take a change of the watch."""
        if change.object["metadata"]["name"] != names.deployment(SERVICE):
            return
        before = wanted_replicas(self._now) if self._now else 0
        self._now = change.object
        if not before and wanted_replicas(self._now):
            self.written = time.time()
        self._changed.set()

    async def asleep(self) -> None:
        """Return once it sleeps and its last pod is about to end."""
        await self._until(
            lambda now: bool(asleep_since(now)) and not (now.get("status") or {}).get("replicas")
        )

    async def _until(self, holds: Callable[[Obj], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            while self._now is None or not holds(self._now):
                self._changed.clear()
                await self._changed.wait()


async def measure(number: int, load: float, file: Path, draw: Random) -> list[Wake]:
    """So many wakes of the service in `file`, whose pod loads for `load` seconds."""
    found: list[Wake] = []
    async with stack() as (layout, tasks):
        await deploy([_definition(layout, file, load)], layout.target, print)
        await first_of("wakes", _wakes(layout, number, draw, found), tasks.failed())
    return found


def _definition(layout: Layout, file: Path, load: float) -> Path:
    document: dict[str, Any] = yaml.safe_load(file.read_text())
    (entry,) = document["functions"]["oscar"][0].values()
    entry["script"] = (file.parent / entry["script"]).read_text()
    entry["environment"] = {"Variables": {"LOAD": str(load)}}
    copy = layout.home / file.name
    copy.write_text(yaml.safe_dump(document))
    return copy


async def _wakes(layout: Layout, number: int, draw: Random, found: list[Wake]) -> None:
    size = Size()
    async with (
        KubeClient.open(field_manager="benchmark", kubeconfig=str(layout.kubeconfig)) as kube,
        aiohttp.ClientSession() as session,
        Supervisor() as own,
    ):
        informer = Informer(kube, DEPLOYMENTS, names.NAMESPACE, on_change=size.see)
        own.start("deployments", informer.run())
        url = f"{layout.url}{names.base_path(SERVICE)}/"
        work = _each(session, url, size, number, draw, found)
        await first_of("requests", work, own.failed())


async def _each(
    session: aiohttp.ClientSession,
    url: str,
    size: Size,
    number: int,
    draw: Random,
    found: list[Wake],
) -> None:
    for index in range(number):
        await size.asleep()
        # At no fixed moment of the scaler's tick, and not before the gateway knows that the pod
        # is about to end: until then it takes what comes.
        await asyncio.sleep(0.1 + draw.random())
        wake = await _one(session, url, size)
        print(f"{index + 1:4} of {number}: {wake.ours * 1e3:6.1f} ms of {wake.whole * 1e3:.0f} ms")
        found.append(wake)


async def _one(session: aiohttp.ClientSession, url: str, size: Size) -> Wake:
    sent = time.time()
    async with session.get(url) as answer:
        answer.raise_for_status()
        told = await answer.json()
    answered = time.time()
    if "X-Cold-Start" not in answer.headers or size.written < sent:
        raise RuntimeError(f"the request at {sent} woke nobody: {dict(answer.headers)}")
    return Wake(sent, size.written, told["listening"], told["came"], answered)
