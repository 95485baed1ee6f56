from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aiohttp
from aiohttp import web
from yarl import URL

from gateway.admin.snapshot import load
from scaler.sources.gateway_load import GatewayLoad, read
from scaler.sources.in_flight import Count
from scaler.sources.loads import Load, Loads

if TYPE_CHECKING:
    from pytest_aiohttp.plugin import AiohttpServer


class Answers:
    """A gateway whose answers a test changes."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    async def __call__(self, _: web.Request) -> web.Response:
        return web.json_response(self.answer)


async def serving(aiohttp_server: AiohttpServer, answers: Answers) -> str:
    app = web.Application()
    app.router.add_get("/load", answers.__call__)
    return str((await aiohttp_server(app)).make_url("/"))


async def gateway(aiohttp_server: AiohttpServer, answer: Any) -> str:
    return await serving(aiohttp_server, Answers(answer))


async def ask(*endpoints: str) -> Loads:
    async with aiohttp.ClientSession() as session:
        return await GatewayLoad(session, endpoints).fetch()


async def test_loads_of_all_gateways_add_up(aiohttp_server: AiohttpServer) -> None:
    one = await gateway(aiohttp_server, {"a": {"in_flight": 2, "waiting": 1}})
    two = await gateway(
        aiohttp_server, {"a": {"in_flight": 3, "waiting": 0}, "b": {"in_flight": 1, "waiting": 4}}
    )
    assert await ask(one, two) == Loads({"a": Load(5, 1), "b": Load(1, 4)})


async def test_a_gateway_that_fails_is_named_and_the_rest_counts(
    aiohttp_server: AiohttpServer, unused_tcp_port: int
) -> None:
    one = await gateway(aiohttp_server, {"a": {"in_flight": 2, "waiting": 0}})
    loads = await ask(one, f"http://127.0.0.1:{unused_tcp_port}")
    assert loads.services == {"a": Load(2, 0)}
    assert str(unused_tcp_port) in loads.failures[0]


async def test_an_answer_of_another_form_is_a_failure(aiohttp_server: AiohttpServer) -> None:
    answers: list[Any] = [
        [],
        {"a": 3},
        {"a": {"in_flight": -1, "waiting": 0}},
        {"a": {"in_flight": 1}},
        {"a": {"in_flight": 1, "waiting": 0, "request_seconds": "many", "seconds": 1}},
        {"a": {"in_flight": 1, "waiting": 0, "request_seconds": 1, "seconds": -1}},
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
        assert (await source.fetch()).services == {"a": Load(10, 2)}
        now += 2.0
        gateways[0].answer = {"a": says(0, 15.0, 52.0)}
        gateways[1].answer = {"a": says(8, 76.0, 22.0), "b": says(3, 1.0, 1.0)}
        assert (await source.fetch()).services == {"a": Load(2.5 + 3, 2), "b": Load(3, 1)}


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
        assert (await source.fetch()).services == {"a": Load(1, 1), "b": Load(5, 1)}


async def test_a_gateway_that_was_away_begins_anew(aiohttp_server: AiohttpServer) -> None:
    one = Answers({"a": says(0, 0.0, 1.0)})
    addresses = [str(URL(await serving(aiohttp_server, one)) / "load")]

    async def found(_: URL) -> list[str]:
        return addresses

    now = 100.0
    async with aiohttp.ClientSession() as session:
        source = GatewayLoad(session, ["http://gateways:8081"], lambda: now, found)
        await source.fetch()
        now += 1.0
        one.answer = {"a": says(5, 1.0, 2.0)}
        assert (await source.fetch()).services == {"a": Load(1, 1)}
        addresses, kept = [], addresses
        assert (await source.fetch()).services == {}
        now += 1.0
        addresses, one.answer = kept, {"a": says(5, 2.0, 3.0)}
        assert (await source.fetch()).services == {"a": Load(5, 1)}


def test_what_a_gateway_says_is_understood() -> None:
    numbers = {"in_flight": 2, "waiting": 1, "request_seconds": 7.5, "seconds": 3.0, "tunnels": 1}
    assert read(load({"services": {"a": numbers}})) == {"a": Count(2, 1, 7.5, 3.0)}
