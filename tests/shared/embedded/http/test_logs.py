"""Logs of pods: what is asked of the node agent, and what is refused before."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from shared.embedded.api.providers import LogRequest
from shared.embedded.kinds import NODE, POD
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
    cluster.api.bind("p", SPACE, "n1")
    status, answer = await cluster.call("GET", f"{path}?container=main")
    assert (status, answer["message"]) == (404, 'pods "n1" not found')
    cluster.api.create(NODE, {"metadata": {"name": "n1"}}, manager="test")
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


@pytest.mark.parametrize(
    ("query", "status", "message"),
    [
        ("tailLines=-1", 422, "tailLines: Invalid value: -1: must be greater than or equal to 0"),
        ("limitBytes=0", 422, "limitBytes: Invalid value: 0: must be greater than 0"),
        ("sinceSeconds=0", 422, "sinceSeconds: Invalid value: 0: must be greater than 0"),
        ("sinceSeconds=1&sinceTime=2026-01-01T00:00:00Z", 422, "at most one of `sinceTime` or"),
        ("tailLines=many", 400, 'strconv.ParseInt: parsing "many": invalid syntax'),
    ],
)
async def test_malformed_options_are_refused(
    cluster: Cluster, query: str, status: int, message: str
) -> None:
    path = f"/api/v1/namespaces/{SPACE}/pods/p/log?{query}"
    found, answer = await cluster.call("GET", path)
    assert (found, message in answer["message"]) == (status, True)
