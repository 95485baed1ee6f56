from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, NamedTuple

import aiohttp
import orjson
import pytest
from aiohttp import web
from yarl import URL

from gateway.admin.snapshot import load
from scaler.sources import gateway_load
from scaler.sources.gateway_books import LOST_S, Answer
from scaler.sources.gateway_load import GONE_S, NEW_S, GatewayLoad, read
from scaler.sources.idleness import Idle
from scaler.sources.in_flight import Count
from scaler.sources.loads import Load, Loads

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from pytest_aiohttp.plugin import AiohttpServer


class Answers:
    """A gateway whose answers a test changes."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

        self.trouble = ""
        self.asked = 0

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        self.asked += 1
        match self.trouble:
            case "500":
                return web.Response(status=500)
            case "malformed":
                return web.Response(text='{"a": {"in_fli')
            case "half":
                return web.json_response({"a": {"in_flight": 1}})
            case "refuses" if request.transport:
                request.transport.abort()
            case "cut" | "hangs":
                begun = web.StreamResponse(headers={"Content-Length": "100"})
                await begun.prepare(request)
                if self.trouble == "hangs":
                    await asyncio.Event().wait()
                await begun.write(b"{")
                assert request.transport
                request.transport.close()
                return begun
        return web.json_response(self.answer)


def told(snapshot: dict[str, Any]) -> Answer:
    return read(orjson.dumps(load(snapshot)))


async def serving(aiohttp_server: AiohttpServer, answers: Answers) -> str:
    app = web.Application()
    app.router.add_get("/load", answers.__call__)
    return str((await aiohttp_server(app)).make_url("/"))


async def gateway(aiohttp_server: AiohttpServer, answer: Any) -> str:
    return await serving(aiohttp_server, Answers(answer))


def brief(loads: Loads) -> dict[str, tuple[float, int]]:
    return {name: (load.in_flight, load.waiting) for name, load in loads.services.items()}


async def ask(*endpoints: str) -> Loads:
    async with aiohttp.ClientSession() as session:
        return await GatewayLoad(session, endpoints).fetch()


async def test_loads_of_all_gateways_add_up(aiohttp_server: AiohttpServer) -> None:
    one = await gateway(aiohttp_server, {"a": {"in_flight": 2, "waiting": 1}})
    two = await gateway(
        aiohttp_server, {"a": {"in_flight": 3, "waiting": 0}, "b": {"in_flight": 1, "waiting": 4}}
    )
    assert await ask(one, two) == Loads({"a": Load(5, 1), "b": Load(1, 4)}, heard=2)


async def test_a_gateway_that_fails_is_named_and_the_rest_counts(
    aiohttp_server: AiohttpServer, unused_tcp_port: int
) -> None:
    one = await gateway(aiohttp_server, {"a": {"in_flight": 2, "waiting": 0}})
    loads = await ask(one, f"http://127.0.0.1:{unused_tcp_port}")
    assert loads.services == {"a": Load(2, 0)}
    assert not loads.whole
    assert (loads.heard, loads.silent) == (1, 1)
    assert str(unused_tcp_port) in loads.failures[0]


async def test_an_answer_of_another_form_is_a_failure(aiohttp_server: AiohttpServer) -> None:
    answers: list[Any] = [
        [],
        {"a": 3},
        {"a": {"in_flight": -1, "waiting": 0}},
        {"a": {"in_flight": 1}},
        {"a": {"in_flight": 1, "waiting": 0, "request_seconds": "many", "seconds": 1}},
        {"a": {"in_flight": 1, "waiting": 0, "request_seconds": 1, "seconds": -1}},
        {"a": {"in_flight": True, "waiting": 0}},
        {"a": {"in_flight": 1, "waiting": 0, "pods": {"a-1": -1}}},
        {"a": {"in_flight": 1, "waiting": 0, "pods": ["a-1"]}},
    ]
    for answer in answers:
        loads = await ask(await gateway(aiohttp_server, answer))
        assert not loads.services
        assert "did not answer loads" in loads.failures[0]


async def test_a_host_name_that_is_unknown_is_a_failure() -> None:
    loads = await ask("http://gateway.invalid:8081")
    assert "gateway.invalid" in loads.failures[0]


def says(in_flight: int, request_seconds: float, seconds: float) -> dict[str, float]:
    return {
        "in_flight": in_flight,
        "waiting": 1,
        "request_seconds": request_seconds,
        "seconds": seconds,
    }


async def test_means_of_several_gateways_add_up(aiohttp_server: AiohttpServer) -> None:
    gateways = [Answers({"a": says(9, 10.0, 50.0)}), Answers({"a": says(1, 70.0, 20.0)})]
    endpoints = [await serving(aiohttp_server, one) for one in gateways]
    now = 100.0
    async with aiohttp.ClientSession() as session:
        source = GatewayLoad(session, endpoints, lambda: now)
        assert brief(await source.fetch()) == {"a": (10, 2)}
        now += 2.0
        gateways[0].answer = {"a": says(0, 15.0, 52.0)}
        gateways[1].answer = {"a": says(8, 76.0, 22.0), "b": says(3, 1.0, 1.0)}
        assert brief(await source.fetch()) == {"a": (2.5 + 3, 2), "b": (3, 1)}


async def test_services_and_gateways_that_go_are_forgotten(aiohttp_server: AiohttpServer) -> None:
    one, two = Answers({"a": says(0, 0.0, 1.0), "b": says(5, 5.0, 1.0)}), Answers({})
    endpoints = [await serving(aiohttp_server, each) for each in (one, two)]
    now = 100.0
    async with aiohttp.ClientSession() as session:
        source = GatewayLoad(session, endpoints, lambda: now)
        await source.fetch()
        one.answer = {"a": says(0, 0.0, 1.0)}
        await source.fetch()
        now += 1.0
        one.answer = {"a": says(5, 1.0, 2.0), "b": says(5, 6.0, 2.0)}
        assert brief(await source.fetch()) == {"a": (1, 1), "b": (5, 1)}


class Gateways:
    """Several gateways behind one name, a source that asks them, and our time."""

    def __init__(self, session: aiohttp.ClientSession, *urls: str, patience: float = 4.5) -> None:
        self.now = 100.0
        self.addresses = [str(URL(each) / "load") for each in urls]
        self.source = GatewayLoad(
            session, ["http://gateways:8081"], lambda: self.now, self._found, patience
        )

    async def _found(self, _: URL) -> list[str]:
        if not self.addresses:
            raise OSError("no such name")
        return self.addresses

    async def after(self, seconds: float) -> Loads:
        self.now += seconds
        return await self.source.fetch()


def counted(in_flight: int, arrivals: int, seconds: float, pods: dict[str, int]) -> Any:
    more = {"arrivals": arrivals, "longest": 5.0 * in_flight, "pods": pods}
    return {"a": says(in_flight, float(arrivals), seconds) | more}


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as made:
        yield made


@pytest.fixture
async def two(aiohttp_server: AiohttpServer, session: aiohttp.ClientSession) -> Two:
    answers = [Answers(counted(4, 100, 50.0, {"a-1": 4})), Answers(counted(3, 7, 9.0, {"a-1": 3}))]
    urls = [await serving(aiohttp_server, each) for each in answers]
    return Two(Gateways(session, *urls), *answers)


class Two(NamedTuple):
    """Two gateways of the same service, and what they answer."""

    all: Gateways
    one: Answers
    other: Answers


async def test_counters_grow_by_what_came_since_and_pods_add_up(two: Two) -> None:
    first = (await two.all.after(0)).services["a"]
    assert (first.arrivals, first.request_seconds, first.longest) == (0.0, 0.0, 20.0)
    assert first.pods == {"a-1": 7}
    two.one.answer = counted(4, 110, 52.0, {"a-1": 4, "a-2": 0})
    two.other.answer = counted(3, 12, 11.0, {"a-1": 3, "a-2": 1})
    second = (await two.all.after(2)).services["a"]
    assert (second.arrivals, second.request_seconds) == (15.0, 15.0)
    assert second.pods == {"a-1": 7, "a-2": 1}


async def test_a_restart_shrinks_nothing_and_its_new_counts_are_growth(two: Two) -> None:
    await two.all.after(0)
    two.one.answer = counted(1, 6, 1.0, {})
    load = (await two.all.after(2)).services["a"]
    assert (load.arrivals, load.in_flight) == (6.0, 4)


@pytest.mark.parametrize("trouble", ["500", "malformed", "half", "refuses", "cut"])
async def test_a_silent_gateways_last_count_is_kept_as_a_lower_bound(
    two: Two, trouble: str
) -> None:
    assert (await two.all.after(0)).whole
    two.other.trouble = trouble
    loads = await two.all.after(1)
    assert brief(loads)["a"] == (7, 2)
    assert not loads.whole
    assert not loads.services["a"].whole
    assert loads.failures[0].endswith("its last counts are kept, and nothing shrinks meanwhile")
    two.other.trouble = ""
    assert (await two.all.after(1)).whole


async def test_a_gateway_that_is_silent_for_long_is_given_up_and_nothing_shrinks(two: Two) -> None:
    await two.all.after(0)
    two.other.answer = counted(3, 17, 10.0, {"a-1": 3})
    assert (await two.all.after(1)).services["a"].arrivals == 10.0
    two.other.trouble = "500"
    loads = await two.all.after(LOST_S + 1)
    assert brief(loads)["a"] == (4, 1)
    assert loads.services["a"].arrivals == 10.0
    assert not loads.whole
    assert "its counts are given up" in loads.failures[0]
    two.one.trouble = "500"
    assert not (await two.all.after(LOST_S + 1)).known


async def test_a_gateway_is_gone_when_its_address_is_and_its_counters_stay(two: Two) -> None:
    await two.all.after(0)
    two.other.answer = counted(3, 17, 10.0, {"a-1": 3})
    await two.all.after(1)
    del two.all.addresses[1:]
    assert brief(await two.all.after(GONE_S + 1))["a"] == (7, 2)  # it still serves
    two.other.trouble = "500"
    loads = await two.all.after(1)
    assert loads.whole
    assert brief(loads)["a"] == (4, 1)
    assert loads.services["a"].arrivals == 10.0


async def test_fewer_addresses_for_a_moment_are_not_believed(two: Two) -> None:
    await two.all.after(0)
    addresses, two.other.trouble = two.all.addresses, "500"
    two.all.addresses = addresses[:1]
    assert not (await two.all.after(GONE_S - 1)).whole
    two.all.addresses = []
    loads = await two.all.after(1)
    assert not loads.whole
    assert "no such name" in loads.failures[0]
    assert brief(loads)["a"] == (7, 2)


async def test_one_that_hangs_holds_up_nobody(
    aiohttp_server: AiohttpServer, session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway_load, "FIRST_PATIENCE", 30.0)  # the first answers come
    one, other = Answers(counted(4, 1, 50.0, {})), Answers(counted(3, 1, 50.0, {}))
    urls = [await serving(aiohttp_server, each) for each in (one, other)]
    gateways = Gateways(session, *urls, patience=1.0)
    assert (await gateways.after(0)).whole
    other.trouble = "hangs"
    began = time.monotonic()
    loads = [await gateways.after(1) for _ in range(5)]
    assert time.monotonic() - began < 4.0, "it is waited for once, not in each of five rounds"
    assert other.asked == 2  # one question open, whatever the rounds
    assert one.asked == 6
    assert [each.whole for each in loads] == [True, True, True, False, False]
    assert brief(loads[-1])["a"] == (7, 2)
    assert "has not answered for 5 s" in loads[-1].failures[0]
    await gateways.source.close()
    assert not [each for each in asyncio.all_tasks() if each.get_name().startswith("gateway ")]


def test_what_a_gateway_says_is_understood() -> None:
    numbers = {"in_flight": 2, "waiting": 1, "request_seconds": 7.5, "seconds": 3.0, "tunnels": 1}
    assert told({"services": {"a": numbers}}).counts == {
        "a": Count(2, 1, 7.5, 3.0, arrivals=0, longest=0, pods={}, open=0, idle_s=0)
    }
    more: dict[str, Any] = numbers | {
        "arrivals": 9,
        "longest": 4.5,
        "pods": {":": {"pod": "a-1", "in_flight": 2}},
    }
    assert told({"services": {"a": more}, "silent": 1}).counts == {
        "a": Count(2, 1, 7.5, 3.0, 9, 4.5, {"a-1": 2}, whole=False, open=0, idle_s=0)
    }


async def test_an_answer_says_only_for_a_moment_that_nothing_is_open(
    aiohttp_server: AiohttpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway_load, "FIRST_PATIENCE", 30.0)  # the first answer comes
    own = {"in_flight": 0, "waiting": 0, "up_s": 100.0}
    answers, now = Answers({"_gateway": own}), 0.0
    url = await serving(aiohttp_server, answers)
    async with aiohttp.ClientSession() as session:
        source = GatewayLoad(session, (url,), lambda: now, patience=0.05)
        assert (await source.fetch()).idleness.of("a") == Idle(0, 100.0)
        answers.trouble = "hangs"
        now = NEW_S
        assert (await source.fetch()).idleness.of("a") == Idle(0, 100.0)
        now = NEW_S + 0.1
        loads = await source.fetch()
        assert loads.whole, "for the size of a service it is new enough"
        assert "has not answered for 1.6 s" in loads.idleness.of("a").unheard
        await source.close()
