"""Following logs over HTTP, from pods whose logs a test writes line by line."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import ClientResponse, encode_basic_auth
from aiohttp.test_utils import TestClient, TestServer

from gateway.management.access.credentials import Credentials
from gateway.management.access.oidc import Rules
from gateway.management.answers import log_follow
from gateway.management.app import application
from gateway.management.calls import followers
from gateway.management.store.lifecycle import Lifecycle
from shared.embedded import kinds
from shared.embedded.api.providers import LogRequest
from shared.embedded.errors import bad_request
from shared.runtime.clock import ManualClock, SystemClock
from shared.service.objects import unix_seconds
from tests.gateway.management.cluster import NS, Cluster
from tests.gateway.management.issuer import issuing
from tests.waiting import until

Client = TestClient[Any, Any]
Body = dict[str, Any]
FOLLOW = "/system/services/ocr/deployment/logs/follow"
DAY = "2026-01-01T00:00:"
PATIENCE = 30.0


class Node:
    """Logs of pods: followed ones go on until the container ends."""

    def __init__(self, cluster: Cluster) -> None:
        self.api = cluster.api
        self.lines: dict[str, list[str]] = defaultdict(list)
        self.ended: set[str] = set()
        self.changed = asyncio.Condition()
        self.asked: list[LogRequest] = []
        self.reading = 0
        cluster.providers.logs = self._log

    async def _log(self, pod: Body, asked: LogRequest) -> AsyncIterator[bytes]:
        name = pod["metadata"]["name"]
        self.asked.append(asked)
        if asked.previous:
            name += " before"
            if name not in self.lines:
                raise bad_request(f"previous terminated container in pod {name} not found")
        self.reading += 1
        position = 0
        try:
            while True:
                for line in self.lines[name][position:]:
                    if asked.since is None or unix_seconds(line.split()[0]) >= asked.since:
                        yield f"{line}\n".encode()
                position = len(self.lines[name])
                if name in self.ended or not asked.follow:
                    return
                yield b""
                async with self.changed:
                    while len(self.lines[name]) == position and name not in self.ended:
                        await self.changed.wait()
        finally:
            self.reading -= 1

    async def write(self, pod: str, *lines: str) -> None:
        self.lines[pod] += lines
        async with self.changed:
            self.changed.notify_all()

    async def end(self, pod: str) -> None:
        """The container ends, and the stream of its log."""
        self.ended.add(pod)
        self.run(pod, {"terminated": {"exitCode": 1}})
        await self.write(pod)

    async def restart(self, pod: str) -> None:
        self.ended.discard(pod)
        self.lines[pod] = []
        self.run(pod, {"running": {}}, 1)

    def add(self, pod: str) -> None:
        labels = {"app": "oscar-svc-exp-ocr"}
        body = {
            "metadata": {"name": pod, "labels": labels},
            "spec": {"containers": [{"name": "oscar-container", "image": "i"}]},
        }
        self.api.create(kinds.POD, body, NS, manager="test")
        self.run(pod, {"running": {}})

    def run(self, pod: str, state: Body, restarts: int = 0) -> None:
        container = {"name": "oscar-container", "image": "i", "imageID": "", "ready": True,
                     "restartCount": restarts, "state": state}  # fmt: skip
        current = self.api.get(kinds.POD, pod, NS)
        status = {**current.get("status", {}), "containerStatuses": [container]}
        self.api.update(
            kinds.POD, {**current, "status": status}, subresource="status", manager="test"
        )


@pytest.fixture
async def admin(
    cluster: Cluster, body: Body, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Client]:
    monkeypatch.setattr(log_follow, "PERIOD", 0.01)
    monkeypatch.setattr(log_follow, "GATHER", 0.005)
    monkeypatch.setattr(log_follow, "PULSE", 0.02)
    credentials = Credentials("oscar", "secret")
    app = application(cluster.kube, Lifecycle(cluster.kube), credentials, SystemClock())
    word = {"Authorization": encode_basic_auth("oscar", "secret")}
    async with TestClient(TestServer(app), headers=word) as client:
        assert (await client.post("/system/services", json=body)).status == 201
        yield client


@pytest.fixture
def node(cluster: Cluster) -> Node:
    return Node(cluster)


class Reader:
    """What a follower got."""

    def __init__(self, response: ClientResponse) -> None:
        assert response.status == 200
        self._response = response
        self.cursor = "start"
        self.notes: list[str] = []

    async def lines(self, count: int) -> list[str]:
        """The next `count` lines as `pod text`."""
        found: list[str] = []
        while len(found) < count:
            raw = await asyncio.wait_for(self._response.content.readline(), PATIENCE)
            assert raw, "the stream ended"
            page = json.loads(raw)
            found += [f"{one['pod']} {one['message']}" for one in page["entries"]]
            self.notes += [page["message"]] if "message" in page else []
            self.cursor = page["next"]
        return found

    async def rest(self) -> None:
        """Read until the server ends the stream."""
        while await asyncio.wait_for(self._response.content.readline(), PATIENCE):
            pass


async def test_lines_come_as_they_are_written_by_all_pods(admin: Client, node: Node) -> None:
    node.add("a")
    await node.write("a", f"{DAY}01Z one")
    async with admin.get(FOLLOW) as response:
        assert response.content_type == "application/x-ndjson"
        assert response.headers["Cache-Control"] == "no-store"
        reader = Reader(response)
        assert await reader.lines(1) == ["a one"]
        node.add("b")  # a new pod is followed from its first line
        await node.write("b", f"{DAY}02Z two", f"{DAY}02Z two again")
        assert await reader.lines(2) == ["b two", "b two again"]
        await node.write("a", f"{DAY}03Z three")
        assert await reader.lines(1) == ["a three"]
    await until(lambda: node.reading == 0, "the logs are let go of")


async def test_a_client_comes_again_with_its_cursor(admin: Client, node: Node) -> None:
    """Nothing twice, nothing lost: lines of one moment are counted."""
    node.add("a")
    await node.write("a", f"{DAY}01.5Z one", f"{DAY}01.5Z two")
    async with admin.get(FOLLOW) as response:
        reader = Reader(response)
        assert await reader.lines(2) == ["a one", "a two"]
    await node.write("a", f"{DAY}01.5Z three", f"{DAY}02Z four")
    async with admin.get(FOLLOW, params={"after": reader.cursor}) as response:
        assert await Reader(response).lines(2) == ["a three", "a four"]


async def test_the_cursor_of_a_page_of_logs_leads_on(admin: Client, node: Node) -> None:
    node.add("a")
    await node.write("a", f"{DAY}01Z one")
    async with admin.get(FOLLOW.removesuffix("/follow"), params={"pods": "true"}) as response:
        page = await response.json()
    await node.write("a", f"{DAY}02Z two")
    async with admin.get(FOLLOW, params={"after": page["next"]}) as response:
        assert await Reader(response).lines(1) == ["a two"]


async def test_a_container_that_is_started_again_goes_on(admin: Client, node: Node) -> None:
    node.add("a")
    await node.write("a", f"{DAY}01Z one")
    async with admin.get(FOLLOW) as response:
        reader = Reader(response)
        await reader.lines(1)
        await node.end("a")
        await until(lambda: node.reading == 0, "the end is seen")
        await node.restart("a")
        await node.write("a", f"{DAY}02Z again")
        assert await reader.lines(1) == ["a again"]


async def test_a_stream_that_ends_too_early_is_opened_again(admin: Client, node: Node) -> None:
    node.add("a")
    node.ended.add("a")  # as a kubelet does that is restarted: the container runs on
    await node.write("a", f"{DAY}01Z one")
    async with admin.get(FOLLOW) as response:
        reader = Reader(response)
        assert await reader.lines(1) == ["a one"]
        await node.write("a", f"{DAY}01Z two", f"{DAY}03Z three")
        assert await reader.lines(2) == ["a two", "a three"]


async def test_of_pods_without_a_cursor_only_the_newest_lines(admin: Client, node: Node) -> None:
    node.add("a")
    async with admin.get(FOLLOW, params={"sinceSeconds": "60"}):
        await until(lambda: bool(node.asked), "the log is asked for")
    since = node.asked[0].since
    assert since is not None
    assert abs(SystemClock().now() - 60 - since) < 30


async def test_the_stream_ends_with_the_service(admin: Client, cluster: Cluster) -> None:
    async with admin.get(FOLLOW) as response:
        assert (await admin.delete("/system/services/ocr")).status == 204
        await Reader(response).rest()
    assert (await admin.get(FOLLOW)).status == 404


async def test_a_log_that_cannot_be_read_is_told(admin: Client, cluster: Cluster) -> None:
    node = Node(cluster)
    node.add("a")
    cluster.providers.logs = None
    async with admin.get(FOLLOW) as response:
        reader = Reader(response)
        while not reader.notes:
            await reader.lines(0)
            page = json.loads(await response.content.readline())
            reader.notes += [page["message"]] if "message" in page else []
        cluster.providers.logs = node._log
        await node.write("a", f"{DAY}01Z one")
        assert await reader.lines(1) == ["a one"]
    assert "The log of pod a broke off" in reader.notes[0]


async def test_as_many_follow_as_there_is_room_for(
    admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(followers, "MOST", 1)
    async with admin.get(FOLLOW) as first:
        assert first.status == 200
        async with admin.get(FOLLOW) as second:
            assert second.status == 503
            assert "try again" in await second.text()

    async def free() -> bool:
        async with admin.get(FOLLOW) as response:
            return response.status == 200

    await until(free, "the place of who left is free")


class Then(SystemClock):
    """Goes on from the time at which the issuer's tokens hold."""

    def now(self) -> float:
        return ManualClock().now()


async def test_nobody_takes_all_places(
    cluster: Cluster, body: Body, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(followers, "MOST_EACH", 1)
    monkeypatch.setattr(log_follow, "PULSE", 0.02)
    async with issuing() as issuer:
        app = application(
            cluster.kube,
            Lifecycle(cluster.kube),
            Credentials("oscar", "secret"),
            Then(),
            tokens=Rules((issuer.url,), ("exposed",)),
        )
        alice, bob = issuer.bearer("alice"), issuer.bearer("bob")
        async with TestClient(TestServer(app)) as client:
            public = body | {"visibility": "public"}
            assert (await client.post("/system/services", json=public, headers=alice)).status == 201
            async with client.get(FOLLOW, headers=bob) as first:
                assert first.status == 200
                async with client.get(FOLLOW, headers=bob) as second:
                    assert second.status == 503
                    assert "you follow 1 logs already" in await second.text()
                async with client.get(FOLLOW, headers=alice) as other:
                    assert other.status == 200


async def test_a_server_that_ends_lets_its_followers_go(admin: Client, node: Node) -> None:
    node.add("a")
    async with admin.get(FOLLOW) as response:
        closing = asyncio.create_task(admin.server.close())  # which waits a minute for answers
        await Reader(response).rest()
    await asyncio.wait_for(closing, PATIENCE)


async def test_a_client_that_takes_nothing_is_left(
    admin: Client, node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the logs of its pods are held back meanwhile."""
    monkeypatch.setattr(followers, "STALLED", 0.05)
    monkeypatch.setattr(log_follow, "HELD", 10)
    node.add("a")
    await node.write("a", *(f"{DAY}01Z {'x' * 10_000} {n}" for n in range(3000)))
    response = await admin.get(FOLLOW)
    await until(lambda: node.reading > 0, "it is read")
    await until(lambda: node.reading == 0, "it is let go of")
    response.close()


@pytest.mark.parametrize(
    ("query", "text"),
    [({"after": "x"}, "after: is no cursor"), ({"sinceSeconds": "-1"}, "sinceSeconds: is no")],
)
async def test_what_cannot_be_understood(admin: Client, query: dict[str, str], text: str) -> None:
    async with admin.get(FOLLOW, params=query) as response:
        assert response.status == 400
        assert text in await response.text()
