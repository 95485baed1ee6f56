"""Logs of pods: what is asked of the node agent, and what is refused before."""

from __future__ import annotations

from collections.abc import AsyncIterator

from shared.embedded.api.providers import LogRequest
from shared.embedded.kinds import POD
from shared.service.objects import Obj
from tests.shared.embedded.http.conftest import SPACE, Cluster


async def test_logs_come_from_the_node_agent(cluster: Cluster) -> None:
    asked: list[LogRequest] = []

    async def logs(pod: Obj, request: LogRequest) -> AsyncIterator[bytes]:
        asked.append(request)
        yield f"log of {pod['metadata']['name']}\n".encode()
        yield b"more\n"

    containers = [{"name": "main", "image": "i"}, {"name": "side", "image": "i"}]
    body = {"metadata": {"name": "p"}, "spec": {"containers": containers}}
    cluster.api.create(POD, body, SPACE, manager="test")
    path = f"/api/v1/namespaces/{SPACE}/pods/p/log"
    status, answer = await cluster.call("GET", f"{path}?container=main")
    assert (status, answer["reason"]) == (503, "ServiceUnavailable")
    cluster.server.providers.logs = logs
    query = "container=side&follow=true&tailLines=5&timestamps=1&previous=true&limitBytes=9"
    assert await cluster.call("GET", f"{path}?{query}") == (200, "log of p\nmore\n")
    assert asked == [LogRequest("side", True, True, True, 5, 9, None)]
    status, answer = await cluster.call("GET", path)
    assert "choose one of: [main side]" in answer["message"]
    status, answer = await cluster.call("GET", f"{path}?container=no")
    assert (status, answer["message"]) == (400, "container no is not valid for pod p")
    status, _ = await cluster.call("GET", f"/api/v1/namespaces/{SPACE}/pods/q/log")
    assert status == 404
