"""Our programs are replaced pod by pod, and nobody who uses them is the worse for it."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
import pytest_asyncio

from shared.kube.resources import LEASES
from tests.operations.callers import Callers
from tests.operations.pods import CREDENTIALS, HERE, SYSTEM, Installed, answered, installed
from tests.tasks import running
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

pytestmark = [pytest.mark.timeout(300), pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cluster(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Installed]:
    async with installed(tmp_path_factory.mktemp("roll")) as found:
        await found.exposed("apply", str(HERE / "services" / "steady.yaml"))
        await answered(found, "steady")
        yield found


async def test_no_request_is_lost_while_the_gateways_are_replaced(cluster: Installed) -> None:
    before = {pod["status"]["podIP"] for pod in await cluster.pods("gateway")}
    used = cluster.balancers["gateway"].used
    callers = Callers(cluster.exposed_url("steady"))
    async with running(callers.run()):
        await until(lambda: callers.done["socket"], "every client has been answered once")
        await cluster.rolled("gateway")
        after = {pod["status"]["podIP"] for pod in await cluster.pods("gateway")}
        await until(lambda: after <= used, "all new gateways have been asked")
        callers.stop()
        last = callers.done["socket"]
        await until(lambda: callers.done["socket"] > last, "what has begun ends")
    assert not before & after
    assert before <= used
    assert callers.lost == []
    assert min(callers.done[sort] for sort in ("kept", "fresh")) > 100
    assert min(callers.done[sort] for sort in ("stream", "upload", "socket")) > 2


async def test_no_change_is_lost_while_the_services_apis_are_replaced(cluster: Installed) -> None:
    word = base64.b64encode(CREDENTIALS.encode()).decode()
    done, lost = 0, []
    rolling = asyncio.create_task(cluster.rolled("management"))
    async with aiohttp.ClientSession(headers={"Authorization": f"Basic {word}"}) as session:
        session._retry_connection = False  # a retry hides a loss
        while not rolling.done() or done < 20:
            body = {"name": f"s{done}", "image": "local", "script": "true", "memory": "64Mi"}
            url = f"{cluster.url}/system/services"
            for method, path, data in (
                ("POST", "", body),
                ("GET", f"/s{done}", None),
                ("DELETE", f"/s{done}", None),
            ):
                async with session.request(method, url + path, json=data) as answer:
                    if answer.status >= 300:
                        lost.append(f"{method}: {answer.status} {await answer.text()}")
            done += 1
    await rolling
    assert lost == []


async def test_decisions_go_on_while_the_scalers_are_replaced(cluster: Installed) -> None:
    before = {pod["metadata"]["name"] for pod in await cluster.pods("scaler")}
    most = 0
    rolling = asyncio.create_task(cluster.rolled("scaler"))
    while not rolling.done():
        most = max(most, await _leaders(cluster))
        await asyncio.sleep(0.1)
    await rolling
    assert most == 1

    async def led() -> bool:
        lease = await cluster.kube.get(LEASES, "scaler", SYSTEM)
        holder = lease["spec"].get("holderIdentity")
        return bool(holder) and holder not in before

    await until(led, "a new scaler leads", period=0.1)
    await until(lambda: _decided(cluster), "a new scaler decides", 60, period=0.2)


async def _leaders(cluster: Installed) -> int:
    """How many scalers lead at one moment: who says so of itself before and after all were asked.

    Of two that are asked one after the other, one may have handed over to the other in between.
    """
    pods = await cluster.pods("scaler")
    before, after = [[await _asked(pod, "metrics") for pod in pods] for _ in range(2)]
    leads = "scaler_leader 1.0"
    return sum(leads in one and leads in two for one, two in zip(before, after, strict=True))


async def _decided(cluster: Installed) -> bool:
    """Whether some scaler has decided on the service."""
    for pod in await cluster.pods("scaler"):
        status: dict[str, Any] = json.loads(await _asked(pod, "decisions") or "{}")
        if (status.get("steady") or {}).get("decision"):
            return True
    return False


async def _asked(pod: dict[str, Any], path: str) -> str:
    """What the admin port of a scaler says; empty while it is not open."""
    url = f"http://{pod['status'].get('podIP')}:8083/{path}"
    try:
        async with aiohttp.ClientSession() as session, session.get(url) as answer:
            return await answer.text()
    except aiohttp.ClientError:
        return ""
