"""`/wakes` as scalers use it: over a real socket, by the client library that they have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from aiohttp import WSMsgType

from gateway.admin.app import Admin
from gateway.admin.heard import Heard
from gateway.admin.wakes import MOST, WakesCall
from gateway.limits import Limits
from gateway.services.registry import Services
from gateway.services.spec import ServiceSpec
from gateway.stats import Stats
from shared.service.progress import Phase, Progress
from shared.service.sizing import Leader, Sizing
from tests.waiting import until

if TYPE_CHECKING:
    from aiohttp.test_utils import TestClient
    from pytest_aiohttp import AiohttpClient

PROGRESS = {"service": "a", "phase": "pulling", "words": "pulling the image", "usual_s": 12.5}


@pytest.fixture
def services() -> Services:
    made = Services(Limits(), Stats(), unix=lambda: 7.5)
    made.define([ServiceSpec("a"), ServiceSpec("b")])
    return made


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
async def client(
    aiohttp_client: AiohttpClient, services: Services, heard: Heard
) -> TestClient[Any, Any]:
    async def source() -> dict[str, Any]:
        return {"services": {}, "scalers": services.wakes.scalers}

    async def excuse() -> str:
        return ""

    call = WakesCall(services.wakes, services.progressed, heard)
    return await aiohttp_client(Admin(source, excuse, call).application())


def want(services: Services, name: str) -> None:
    route = services.table.find(name)
    assert route is not None
    services.wakes.want(route.state, "request")


def progress(services: Services, name: str) -> Progress | None:
    route = services.table.find(name)
    assert route is not None
    return route.state.progress


async def test_scalers_hear_and_are_counted(
    client: TestClient[Any, Any], services: Services
) -> None:
    want(services, "a")
    async with client.ws_connect("/wakes") as one, client.ws_connect("/wakes") as other:
        for each in (one, other):
            heard = await each.receive_json()
            assert heard == {"wake": {"service": "a", "at": 7.5, "cause": "request"}}
        want(services, "b")
        for each in (one, other):
            assert (await each.receive_json())["wake"]["service"] == "b"
        metrics = await (await client.get("/metrics")).text()
        assert "gateway_scalers_connected 2.0" in metrics
    await until(lambda: services.wakes.scalers == 0)


async def test_progress_comes_to_the_service(
    client: TestClient[Any, Any], services: Services
) -> None:
    async with client.ws_connect("/wakes") as socket:
        await socket.send_json({"progress": PROGRESS})
        await socket.send_json({"progress": PROGRESS | {"service": "nobody"}})
        await socket.send_json({"progress": PROGRESS | {"service": "b", "phase": "ready"}})
        await until(lambda: progress(services, "b") is not None)
    assert progress(services, "a") == Progress("a", Phase.PULLING, "pulling the image", 0.0, 12.5)


async def test_what_is_for_people_is_kept_and_kinds_of_newer_scalers_are_left_out(
    client: TestClient[Any, Any], services: Services, heard: Heard
) -> None:
    async with client.ws_connect("/wakes") as socket:
        await socket.send_json({"forecast": {"service": "a"}})
        await socket.send_json({"leader": {"name": "one", "source": "kubelet", "later": 1}})
        await socket.send_json({"sizing": {"service": "a", "current": 2}})
        await socket.send_json({"progress": PROGRESS})
        await until(lambda: heard.progress, "the last message")
        assert services.wakes.scalers == 1
    assert heard.leader == Leader("one", "kubelet")
    assert heard.sizes == {"a": Sizing("a", current=2)}


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('{"sizing": {"service": "a", "current": "two"}}', "current"),
        ('{"leader": {}}', "name"),
        ('{"progress": {"service": "a", "phase": "flying"}}', "phase"),
        ("[]", "no object"),
        ("{", ""),
    ],
)
async def test_a_message_that_is_none_ends_the_connection_and_says_why(
    client: TestClient[Any, Any], services: Services, text: str, named: str
) -> None:
    async with client.ws_connect("/wakes") as socket:
        await socket.send_str(text)
        closed = await socket.receive()
        assert (closed.type, closed.data) == (WSMsgType.CLOSE, 1007)
        assert named in (closed.extra or "")
    await until(lambda: services.wakes.scalers == 0)


async def test_too_many_scalers_are_refused(client: TestClient[Any, Any]) -> None:
    sockets = [await client.ws_connect("/wakes") for _ in range(MOST)]
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await client.ws_connect("/wakes")
    assert refused.value.status == 503
    for each in sockets:
        await each.close()
