from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aiohttp
from aiohttp import web

from scaler.sources.gateway_load import GatewayLoad, Load, Loads

if TYPE_CHECKING:
    from pytest_aiohttp.plugin import AiohttpServer


async def gateway(aiohttp_server: AiohttpServer, answer: Any) -> str:
    async def load(_: web.Request) -> web.Response:
        return web.json_response(answer)

    app = web.Application()
    app.router.add_get("/load", load)
    return str((await aiohttp_server(app)).make_url("/"))


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
    ]
    for answer in answers:
        loads = await ask(await gateway(aiohttp_server, answer))
        assert not loads.services
        assert "did not answer loads" in loads.failures[0]


async def test_a_host_name_that_is_unknown_is_a_failure() -> None:
    loads = await ask("http://gateway.invalid:8081")
    assert "gateway.invalid" in loads.failures[0]
