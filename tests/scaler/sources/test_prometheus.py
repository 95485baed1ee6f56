from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from aiohttp import web

from scaler.decision.types import Sample
from scaler.sources.prometheus import Prometheus
from scaler.sources.samples import SourceError

if TYPE_CHECKING:
    from pytest_aiohttp.plugin import AiohttpServer


def series(pod: str, container: str, value: str, time: float = 1000.5) -> dict[str, Any]:
    return {"metric": {"pod": pod, "container": container}, "value": [time, value]}


async def fetched(
    aiohttp_server: AiohttpServer, answer: web.Response, seen: list[str] | None = None
) -> Any:
    async def query(request: web.Request) -> web.Response:
        if seen is not None:
            seen.append(request.query["query"])
        return answer

    app = web.Application()
    app.router.add_get("/prefix/api/v1/query", query)
    server = await aiohttp_server(app)
    async with aiohttp.ClientSession() as session:
        return await Prometheus(session, str(server.make_url("/prefix/")), "up", 60).fetch()


def vector(*result: Any) -> web.Response:
    return web.json_response(
        {"status": "success", "data": {"resultType": "vector", "result": list(result)}}
    )


async def test_a_vector_becomes_samples_with_its_time_and_the_query_is_sent(
    aiohttp_server: AiohttpServer,
) -> None:
    seen: list[str] = []
    answer = vector(series("a", "main", "0.25"), series("a", "proxy", "0.0101", 999.0))
    samples = await fetched(aiohttp_server, answer, seen)
    assert samples.pods == {"a": Sample(999.0, 60, {"main": 250, "proxy": 11})}
    assert seen == ["up"]


async def test_series_that_make_no_sense_are_counted(aiohttp_server: AiohttpServer) -> None:
    answer = vector(
        series("a", "main", "NaN"), series("b", "main", "+Inf"), {"metric": {}, "value": [1, "1"]}
    )
    samples = await fetched(aiohttp_server, answer)
    assert samples.malformed == 3
    assert not samples.pods


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda: web.Response(status=503, text="starting"), "answered 503: starting"),
        (lambda: web.Response(text="<html>"), "did not answer JSON"),
        (lambda: web.json_response({"status": "error"}), "did not answer a vector"),
        (lambda: web.json_response({"data": {"result": None}}), "did not answer a vector"),
    ],
)
async def test_a_failure_says_what_to_do(
    aiohttp_server: AiohttpServer, answer: Any, message: str
) -> None:
    with pytest.raises(SourceError, match=message):
        await fetched(aiohttp_server, answer())


async def test_nobody_there_is_a_source_error(unused_tcp_port: int) -> None:
    async with aiohttp.ClientSession() as session:
        with pytest.raises(SourceError, match="Cannot connect"):
            await Prometheus(session, f"http://127.0.0.1:{unused_tcp_port}", "up", 60).fetch()
