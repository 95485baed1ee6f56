"""Streams to gateways over real sockets: what is heard, what is told, and after a break again."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import aiohttp
import pytest

from scaler.sources.wakes import WakeStreams
from shared.runtime.clock import SystemClock
from shared.runtime.tasks import Supervisor
from shared.service.progress import Phase, Progress
from shared.service.sizing import Leader, Sizing
from tests.scaler.zero import gateway
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from scaler.sources.wake import Wake
    from tests.scaler.zero import Gateway

ASLEEP = Progress("a", Phase.ASLEEP, "sleeps", 5.0, 30.0)
WAKING = Progress("a", Phase.WAKING, "", 6.0)
READY = Progress("a", Phase.READY)


class Ear:
    """What the streams have told."""

    def __init__(self) -> None:
        self.wakes: list[Wake] = []
        self.troubles: list[str] = []


@asynccontextmanager
async def streaming(ear: Ear, total: float = 5.0) -> AsyncIterator[WakeStreams]:
    async with (
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=total)) as session,
        Supervisor() as tasks,
    ):
        made = WakeStreams(session, tasks, SystemClock(), ear.troubles.append, lambda: 0.0)
        made.listen(ear.wakes.append)
        yield made
        made.keep(())


async def test_a_wake_is_heard_as_it_comes_from_each_gateway() -> None:
    ear = Ear()
    async with gateway() as one, gateway() as two, streaming(ear) as streams:
        streams.keep((one.url, two.url))
        await until(lambda: streams.connected == 2, "both streams")
        await one.hold("a")
        await two.hold("b")
        await until(lambda: len(ear.wakes) == 2, "both wakes")
        assert {(wake.service, wake.cause) for wake in ear.wakes} == {
            ("a", "a request"),
            ("b", "a request"),
        }
        streams.keep((two.url,))
        await until(lambda: not one.sockets, "the end of one")
        assert streams.connected == 1


async def test_progress_is_told_once_and_the_last_of_it_to_who_comes_later() -> None:
    async with gateway() as one, gateway() as two, streaming(Ear()) as streams:
        streams.keep((one.url,))
        await until(lambda: streams.connected, "the stream")
        for progress in (ASLEEP, ASLEEP, WAKING):
            streams.tell(progress)
        streams.tell(Progress("b", Phase.STOPPED))
        await until(lambda: "b" in {each["service"] for each in one.progress}, "word of b")
        assert one.phases("a")[-1] == "waking"
        streams.keep((one.url, two.url))
        await until(lambda: len(two.progress) == 2, "word of all that holds")
        assert two.phases("a") == ["waking"]
        streams.tell(READY)
        streams.tell(READY)
        await until(lambda: two.phases("a")[-1] == "ready", "word of the pod")
        assert [each["phase"] for each in two.progress].count("ready") == 1
        streams.retain({"a"})
        await one.hang_up()
        told = len(one.progress)
        await until(lambda: streams.connected == 2, "the stream again")
        streams.tell(ASLEEP)
        await until(lambda: len(one.progress) > told, "word of a")
        assert [each["phase"] for each in one.progress[told:]] == ["asleep"], "b is forgotten"


async def test_a_stream_that_breaks_is_begun_anew_and_held_requests_are_heard_again() -> None:
    ear = Ear()
    async with gateway() as one, streaming(ear) as streams:
        streams.keep((one.url,))
        await until(lambda: streams.connected, "the stream")
        await one.hold("a")
        await until(lambda: ear.wakes, "the wake")
        await one.hang_up()
        await until(lambda: len(ear.wakes) == 2, "the same wake")
        assert "woken by the next tick" in ear.troubles[0]


async def test_a_stream_outlasts_the_time_limit_of_the_session() -> None:
    ear = Ear()
    async with gateway() as one, streaming(ear, total=1.5) as streams:
        streams.keep((one.url,))
        await until(lambda: streams.connected, "the stream")
        await asyncio.sleep(1.7)  # the limit passes
        await one.hold("a")
        await until(lambda: ear.wakes, "the wake")
        assert not ear.troubles


@pytest.mark.parametrize("how", ["nobody listens", "older"])
async def test_a_gateway_without_a_stream_is_tried_again(how: str) -> None:
    ear = Ear()
    async with gateway(streams=False) as one, streaming(ear) as streams:
        url = "http://127.0.0.1:9" if how == "nobody listens" else one.url
        streams.keep((url,))
        await until(lambda: len(ear.troubles) > 1, "two attempts")
        assert url in ear.troubles[0]
        assert not streams.connected
        if how == "older":
            one.streams = True
            await until(lambda: streams.connected, "the stream")


async def test_sizes_are_told_as_they_come_and_all_of_them_to_who_comes_later() -> None:
    async with gateway() as one, gateway() as two, streaming(Ear()) as streams:
        streams.introduce(Leader("scaler-1", "kubelet"))
        streams.keep((one.url,))
        await until(lambda: streams.connected, "the stream")
        streams.size(Sizing("a", current=1))
        streams.size(Sizing("b", current=1))
        streams.size(Sizing("a", current=2))
        await until(lambda: _sizes(one).get("a") == 2, "word of a")
        streams.keep((one.url, two.url))
        await until(lambda: len(_sizes(two)) == 2, "word of all that holds")
        assert _sizes(two) == {"a": 2, "b": 1}
        assert two.told["leader"][0]["source"] == "kubelet"
        streams.retain({"b"})
        one.told.clear()
        await one.hang_up()
        await until(lambda: _sizes(one), "word of b again")
        assert _sizes(one) == {"b": 1}


def _sizes(gateway: Gateway) -> dict[str, int]:
    return {each["service"]: each["current"] for each in gateway.told.get("sizing", [])}
