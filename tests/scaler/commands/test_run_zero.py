"""A scaler that is killed while it wakes or puts to sleep: the next one goes on."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from shared.service import names
from shared.service.objects import annotations_of
from tests.scaler.embedded import Embedded, embedded
from tests.scaler.process import scaler
from tests.scaler.proxy import Proxy, hang
from tests.scaler.zero import Gateway, awake, gateway, sleeps
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

SCALE = "/deployments/a-dlp/scale$"
STATUS = "/deployments/a-dlp/status$"
CONFIG = "defaults: {period: 1s, zero_after: 1s}\n"


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[Embedded]:
    async with embedded(tmp_path) as made:
        (tmp_path / "config.yaml").write_text(CONFIG)
        made.add("a", 1)
        yield made


def settings(one: Gateway) -> dict[str, str]:
    return {"SCALER_GATEWAYS": one.url, "SCALER_LEASE_DURATION": "5"}


@pytest.mark.parametrize("after", [False, True], ids=["before it is written", "after"])
async def test_killed_in_mid_wake(cluster: Embedded, before: Proxy, after: bool) -> None:
    async with gateway() as one:
        async with scaler(cluster, before, "one", **settings(one)) as process:
            await sleeps(cluster)
            fault = before.breaks("PATCH", SCALE, hang, after=after)
            await one.hold("a")
            await until(fault.exhausted, "the write of the wake")
            await until(lambda: cluster.replicas("a") == int(after), "its effect")
            process.send_signal(signal.SIGKILL)
            await process.wait()
        async with scaler(cluster, before, "two", **settings(one)):
            await awake(cluster)


async def test_killed_in_mid_sleep_leaves_none_that_looks_stopped(
    cluster: Embedded, before: Proxy
) -> None:
    async with gateway() as one:
        async with scaler(cluster, before, "one", **settings(one)) as process:
            fault = before.breaks("PATCH", SCALE, hang)
            await until(fault.exhausted, "the write of the sleep")
            process.send_signal(signal.SIGKILL)
            await process.wait()
        assert cluster.replicas("a") == 1
        assert names.ASLEEP_SINCE in annotations_of(cluster.deployment("a"))
        one.busy("a", open=1)
        async with scaler(cluster, before, "two", **settings(one)):
            await awake(cluster)


async def test_a_follower_takes_over_in_mid_wake(cluster: Embedded, before: Proxy) -> None:
    async with gateway() as one, scaler(cluster, before, "one", **settings(one)) as first:
        await sleeps(cluster)
        async with scaler(cluster, before, "two", **settings(one)):
            fault = before.breaks("PATCH", SCALE, hang)
            await one.hold("a")
            await until(fault.exhausted, "the write of the wake")
            first.send_signal(signal.SIGKILL)
            await awake(cluster)
            await until(lambda: len(one.sockets) == 1, "the stream of the second")
