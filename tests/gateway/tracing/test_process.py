"""Gateway processes that send spans to a collector, from their settings to their end."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any

import aiohttp

from tests.gateway.fake_cluster import configmap, endpoint_slice, entry, kubeconfig, serving
from tests.gateway.harness import Pod, echo
from tests.gateway.processes import GatewayProcess, gateway
from tests.gateway.tracing.collector import CollectorServer
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


@asynccontextmanager
async def exporting(
    folder: Path, **settings: Any
) -> AsyncIterator[tuple[GatewayProcess, CollectorServer]]:
    """A gateway before an echoing pod, and its collector."""
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(CollectorServer.started())
        cluster = await stack.enter_async_context(serving())
        pod = await Pod(echo).start()
        stack.push_async_callback(pod.stop)
        cluster.put("configmaps", configmap("a"))
        cluster.put("endpointslices", endpoint_slice("a", entry("127.0.0.1"), port=pod.port))
        process = await stack.enter_async_context(
            gateway(kubeconfig(folder, cluster.port), GATEWAY_TRACES=server.url, **settings)
        )
        yield process, server


async def ask(url: str, count: int = 1, **headers: str) -> str:
    """Ask on so many connections; the last answer."""
    text = ""
    for _ in range(count):
        async with aiohttp.ClientSession() as client, client.get(url, headers=headers) as answer:
            assert answer.status == 200
            text = await answer.text()
    return text


async def test_from_the_client_to_the_pod_and_the_collector(tmp_path: Path) -> None:
    async with exporting(tmp_path, GATEWAY_TRACES_SERVICE="edge") as (process, server):
        url = await process.url("/x?token=secret")
        seen = await ask(url, traceparent=f"00-{TRACE}-{SPAN}-01")
        (found,) = await server.took(1)
        assert (found.request.trace, found.request.parent) == (TRACE, SPAN)
        assert f"traceparent: 00-{TRACE}-{found.request.number}-01\r\n" in seen
        assert found.course == ["auth", "connect", "first byte"]
        assert server.resources[0]["service.name"] == "edge"
        admin = await process.admin("/metrics")

        async def counted() -> bool:
            return "\ngateway_spans_sent_total 4.0\n" in await ask(admin)

        await until(counted, "the count of what was taken")
        assert "\ngateway_spans_dropped_total 0.0\n" in await ask(admin)


async def test_every_worker_exports_and_what_waits_is_sent_at_the_end(tmp_path: Path) -> None:
    settings = {"GATEWAY_WORKERS": "2", "GATEWAY_TRACES_RATIO": "1"}
    async with exporting(tmp_path, **settings) as (process, server):
        await process.said(r"listening on ", times=2)
        url = await process.url()
        await ask(url, 24)
        process.terminate()
        assert await process.process.wait() == 0
        assert len(server.traces()) == 24
        assert len({one["service.instance.id"] for one in server.resources}) == 2


async def test_a_collector_that_hangs_delays_the_end_only_for_a_while(tmp_path: Path) -> None:
    async with exporting(tmp_path, GATEWAY_TRACES_RATIO="1") as (process, server):
        server.release.clear()
        await ask(await process.url(), 3)
        process.terminate()
        assert await process.process.wait() == 0
        await process.said("spans did not reach the collector")
