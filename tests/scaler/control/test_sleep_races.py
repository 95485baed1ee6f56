"""A request comes at the worst moment, or the API server goes: none is lost, before real ones."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest
from aiohttp import web

from scaler.control.actuator import Result
from shared.service import names
from shared.service.objects import annotations_of
from tests.scaler.embedded import Embedded, embedded
from tests.scaler.proxy import Proxy, proxy
from tests.scaler.zero import Gateway, awake, gateway, passed, scaling, sleeps
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    import aiohttp

    from tests.scaler.proxy import Breaker

SCALE = "/deployments/a-dlp/scale$"
STATUS = "/deployments/a-dlp/status$"


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[Embedded]:
    async with embedded(tmp_path) as made:
        made.add("a", 1, scaling={"zero_after": "1s"})
        yield made


@pytest.fixture
async def before(cluster: Embedded) -> AsyncIterator[Proxy]:
    async with proxy(f"http://127.0.0.1:{cluster.port}") as made:
        yield made


def holding(one: Gateway) -> Breaker:
    """An answer that is late, so that the scaler hears of a request before it."""

    async def answer(_: web.Request, real: aiohttp.ClientResponse | None) -> web.StreamResponse:
        assert real is not None
        await one.hold("a")
        await passed(0.2)
        return web.Response(status=real.status, body=await real.read())

    return answer


async def test_a_request_before_the_write_of_a_sleep_wins(cluster: Embedded, before: Proxy) -> None:
    async with gateway() as one:
        before.breaks("PATCH", STATUS, holding(one), after=True)
        async with scaling(cluster, one, port=before.port) as process:
            await until(lambda: process.stats.writes[Result.OVERTAKEN], "the end of the sleep")
            await awake(cluster)
            one.busy("a", open=1)
            assert not before.seen("PATCH", SCALE), "it has never been at 0"


async def test_a_request_at_its_last_pod_before_the_write_of_a_sleep_wins(
    cluster: Embedded, before: Proxy
) -> None:
    """A gateway tells nobody of it: the pod is there and takes it."""
    async with gateway() as one:
        meddle = partial(one.busy, "a", open=1)
        before.breaks("PATCH", STATUS, None, meddle=meddle)
        async with scaling(cluster, one, port=before.port) as process:
            await until(lambda: process.stats.writes[Result.OVERTAKEN], "the end of the sleep")
            await awake(cluster)
            assert not before.seen("PATCH", SCALE), "it has never been at 0"


async def test_a_request_during_the_write_of_a_sleep_wakes_it_at_once(
    cluster: Embedded, before: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scaler.control.loop.TICK", 6.0)
    async with gateway() as one:
        before.breaks("PATCH", SCALE, holding(one), after=True)
        async with scaling(cluster, one, port=before.port):
            await until(lambda: len(before.seen("PATCH", SCALE)) >= 2, "the wake")
            await awake(cluster)
            slept, *_, woken = before.seen("PATCH", SCALE)
            assert woken.status == 200
            assert woken.time - slept.time < 5.0, "no tick and no cache was waited for"


async def test_a_wake_overcomes_whoever_writes_at_the_same_time(
    cluster: Embedded, before: Proxy
) -> None:
    async with gateway() as one, scaling(cluster, one, port=before.port):
        await sleeps(cluster)
        touched = iter(range(10))

        def meddle() -> None:
            cluster.annotate("a", turn=str(next(touched)))

        before.breaks("PATCH", SCALE, None, times=2, meddle=meddle)
        await one.hold("a")
        await awake(cluster)
        assert [each.status for each in before.seen("PATCH", SCALE)][-3:] == [409, 409, 200]


async def test_what_keeps_it_from_waking_is_told_until_it_wakes(
    cluster: Embedded, before: Proxy
) -> None:
    async def refuse(_: web.Request, __: aiohttp.ClientResponse | None) -> web.StreamResponse:
        return web.Response(status=500)

    async with gateway() as one, scaling(cluster, one, port=before.port):
        await sleeps(cluster)
        before.breaks("PATCH", SCALE, refuse, times=3)
        tried = len(before.seen("PATCH", SCALE))

        def is_tried() -> bool:
            return len(before.seen("PATCH", SCALE)) > tried

        for _ in range(3):
            await one.hold("a")
            await until(is_tried, "a try")
            tried += 1
        await awake(cluster)
        words = [each["words"] for each in one.progress if each["phase"] == "waking"]
        assert [each.split(":")[0] for each in words] == ["woken by a request", "cannot be woken"]


async def test_one_that_is_stopped_while_it_is_woken_stays_stopped(
    cluster: Embedded, before: Proxy
) -> None:
    async with gateway() as one, scaling(cluster, one, port=before.port) as process:
        await sleeps(cluster)

        def meddle() -> None:
            cluster.annotate("a", **{names.ASLEEP_SINCE: None})

        before.breaks("PATCH", SCALE, None, meddle=meddle)
        await one.hold("a")
        await until(lambda: process.stats.writes[Result.CONFLICT], "the refusal")
        assert cluster.replicas("a") == 0
        assert names.ASLEEP_SINCE not in annotations_of(cluster.deployment("a"))


async def test_without_the_api_server_it_says_so_and_wakes_when_that_is_back(
    cluster: Embedded, before: Proxy
) -> None:
    async with gateway() as one, scaling(cluster, one, port=before.port):
        await sleeps(cluster)
        before.down = True
        await one.hold("a")

        def told() -> bool:
            return any("cannot be woken: " in each["words"] for each in one.progress)

        await until(told, "word of the trouble")
        assert cluster.replicas("a") == 0
        before.down = False
        await awake(cluster)
