"""Following a service while it is measured: its pods by the API server, the scaler by its port."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, Final

import aiohttp

from shared.embedded.controllers import pods
from shared.kube.client import KubeClient
from shared.kube.resources import DEPLOYMENTS, POD_METRICS, PODS
from shared.service import names

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from benchmarks.scaler_load.lives import Lives
    from shared.cli.local.layout import Layout
    from shared.service.objects import Obj

    Told = Callable[[KubeClient], Awaitable[str]]

STEP: Final = 0.5
"""Seconds between two looks, which is how exactly lives are known."""


async def follow(
    layout: Layout, name: str, began: float, lives: Lives, told: Told | None = None
) -> None:
    """Keep `lives` of service `name` up to date until cancelled; `began`, of the monotonic clock,
    is their zero. `told` is asked why it has its size; None: our scaler."""
    async with (
        KubeClient.open(field_manager="benchmark", kubeconfig=str(layout.kubeconfig)) as client,
        aiohttp.ClientSession() as session,
    ):
        while True:
            deployment = await client.get(DEPLOYMENTS, names.deployment(name), names.NAMESPACE)
            listed = await client.list(PODS, names.NAMESPACE, labels=f"app={names.app_label(name)}")
            said = await (told(client) if told else _decision(session, layout, name))
            now = time.monotonic() - began
            found = {pod["metadata"]["name"]: is_ready(pod) for pod in listed["items"]}
            lives.see(now, deployment["spec"]["replicas"], found)
            lives.hear(now, said)
            await asyncio.sleep(STEP)


async def next_sample(layout: Layout, name: str) -> None:
    """Return soon after a CPU sample of service `name` was taken."""
    labels = f"app={names.app_label(name)}"
    async with KubeClient.open(
        field_manager="benchmark", kubeconfig=str(layout.kubeconfig)
    ) as client:
        before: set[str] | None = None
        while True:
            listed = await client.list(POD_METRICS, names.NAMESPACE, labels=labels)
            times = {each["timestamp"] for each in listed["items"]}
            if before is not None and times - before:
                return
            before = times
            await asyncio.sleep(STEP / 2)


def is_ready(pod: Obj) -> bool:
    """Whether requests go to it: it is ready, and not about to end."""
    return pods.is_ready(pod) and not pods.is_terminating(pod)


async def _decision(session: aiohttp.ClientSession, layout: Layout, name: str) -> str:
    try:
        async with session.get(f"http://127.0.0.1:{layout.scaler}/decisions") as answer:
            status: dict[str, Any] = (await answer.json()).get(name) or {}
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        return f"the scaler does not answer: {type(error).__name__}"
    return words(status.get("decision") or {})


def words(decision: dict[str, Any]) -> str:
    """What a decision says, without what changes each time; demand is told by one digit."""
    if not decision:
        return "no decision"
    signal = decision.get("signal") or {}
    parts = [
        f"{decision['current']} -> {decision['replicas']}",
        f"cpu {decision['utilisation_pct']}%",
        *([f"demand {_roughly(signal['demand_m'])}m by {signal['name']}"] if signal else []),
        " ".join(decision["reasons"]),
        decision["error"],
    ]
    return ", ".join(part for part in parts if part)


def _roughly(number: int) -> int:
    return int(float(f"{number:.1g}"))
