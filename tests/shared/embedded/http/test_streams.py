"""exec, attach and port-forward over real HTTP, with a node agent that the test plays."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import orjson
import pytest

from shared.embedded.access import rbac
from shared.embedded.api.providers import Providers
from shared.embedded.api.sessions import ExecRequest, Output
from shared.embedded.errors import internal
from shared.embedded.http import streams
from shared.embedded.kinds import POD, ROLE, ROLE_BINDING
from shared.embedded.streaming import spdy_frames
from shared.embedded.streaming.channels import V4, V5
from shared.embedded.streaming.spdy_frames import Data
from shared.service.objects import Obj
from tests.shared.embedded.http.conftest import ADMIN, SPACE, Cluster

POD_PATH = f"/api/v1/namespaces/{SPACE}/pods/p"
READER = "the-token-of-a-reader"


class Echo:
    """A session that says its input again; `exit` ends it with code 3."""

    def __init__(self, request: ExecRequest) -> None:
        self.request = request
        self.size = (0, 0)
        self.closed = asyncio.Event()
        self._said: asyncio.Queue[bytes] = asyncio.Queue()
        if not request.stdin:
            self._said.put_nowait(" ".join(request.command).encode())
            self._said.put_nowait(b"")

    async def write(self, data: bytes) -> None:
        self._said.put_nowait(b"" if data == b"exit" else data)

    def end_input(self) -> None:
        self._said.put_nowait(b"")

    def resize(self, columns: int, rows: int) -> None:
        self._said.put_nowait(f"{columns}x{rows}".encode())

    async def read(self, output: Output) -> bytes:
        return await self._said.get() if output == "stdout" else b""

    async def wait(self) -> int:
        return 3 if self.request.stdin else 0

    async def close(self) -> None:
        self.closed.set()
        self._said.put_nowait(b"")


class EchoLink:
    """A port that says again what it hears."""

    def __init__(self) -> None:
        self._said: asyncio.Queue[bytes] = asyncio.Queue()

    async def read(self) -> bytes:
        return await self._said.get()

    async def write(self, data: bytes) -> None:
        self._said.put_nowait(data)

    def end(self) -> None:
        self._said.put_nowait(b"")

    def abort(self) -> None:
        self._said.put_nowait(b"")


class Agent:
    """What the node agent gives; remembers the sessions."""

    def __init__(self) -> None:
        self.sessions: list[Echo] = []

    def providers(self) -> Providers:
        return Providers(execute=self.execute, attach=self.execute, dial=self.dial)

    async def execute(self, pod: Obj, request: ExecRequest) -> Echo:
        if request.container == "broken":
            raise internal('unable to upgrade connection: container not found ("broken")')
        self.sessions.append(Echo(request))
        return self.sessions[-1]

    async def dial(self, pod: Obj, port: int) -> EchoLink:
        return EchoLink()


@pytest.fixture
def agent() -> Agent:
    return Agent()


@pytest.fixture
async def cluster(agent: Agent) -> AsyncIterator[Cluster]:
    async with Cluster(providers=agent.providers()).running() as cluster:
        containers = [{"name": "c", "image": "i"}]
        spec = {"nodeName": "local", "containers": containers}
        cluster.api.create(POD, {"metadata": {"name": "p"}, "spec": spec}, SPACE, manager="test")
        yield cluster


@asynccontextmanager
async def websocket(
    cluster: Cluster, path: str, protocol: str = V5, token: str = ADMIN
) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    async with cluster.client.ws_connect(
        POD_PATH + path, protocols=(protocol,), headers={"Authorization": f"Bearer {token}"}
    ) as socket:
        assert socket.protocol == protocol
        yield socket


async def heard(socket: aiohttp.ClientWebSocketResponse) -> dict[int, bytes]:
    """All that the server says until it closes, by channel."""
    found: dict[int, bytes] = {}
    async for message in socket:
        found[message.data[0]] = found.get(message.data[0], b"") + message.data[1:]
    return found


@pytest.mark.parametrize("protocol", [V4, V5])
async def test_a_command_over_a_websocket(cluster: Cluster, protocol: str) -> None:
    path = "/exec?command=echo&command=hi&stdout=true&stderr=true"
    async with websocket(cluster, path, protocol) as socket:
        said = await heard(socket)
    assert said == {1: b"echo hi", 3: b'{"metadata":{},"status":"Success"}'}
    assert socket.close_code == 1000


async def test_input_sizes_and_exit_code(cluster: Cluster, agent: Agent) -> None:
    async with websocket(cluster, "/exec?command=sh&stdin=1&stdout=1&tty=1") as socket:
        await socket.send_bytes(b"\0hello ")
        await socket.send_bytes(b'\x04{"Width":80,"Height":24}')
        await socket.send_bytes(b"\0exit")
        said = await heard(socket)
    assert said[1] == b"hello 80x24"
    status = orjson.loads(said[3])
    assert status["details"]["causes"] == [{"reason": "ExitCode", "message": "3"}]
    assert agent.sessions[0].request == ExecRequest("c", ("sh",), stdin=True, stdout=True, tty=True)


async def test_the_end_of_the_input_is_told_since_version_5(cluster: Cluster) -> None:
    async with websocket(cluster, "/attach?stdin=1&stdout=1") as socket:
        await socket.send_bytes(b"\0x")
        await socket.send_bytes(b"\xff\0")
        assert (await heard(socket))[1] == b"x"


async def test_a_client_that_leaves_ends_its_command(cluster: Cluster, agent: Agent) -> None:
    async with websocket(cluster, "/exec?command=sh&stdin=1&stdout=1"):
        pass
    await agent.sessions[0].closed.wait()


async def test_the_server_ends_commands_when_it_stops(agent: Agent) -> None:
    async with Cluster(providers=agent.providers()).running() as cluster:
        spec = {"nodeName": "local", "containers": [{"name": "c", "image": "i"}]}
        cluster.api.create(POD, {"metadata": {"name": "p"}, "spec": spec}, SPACE, manager="test")
        async with websocket(cluster, "/exec?command=sh&stdin=1&stdout=1") as socket:
            await socket.send_bytes(b"\0x")
            await socket.receive()
            await cluster.server.stop()
            assert agent.sessions[0].closed.is_set()


async def test_a_container_that_does_not_run_is_told_once_the_stream_is_open(
    cluster: Cluster,
) -> None:
    spec = {"nodeName": "local", "containers": [{"name": "broken", "image": "i"}]}
    cluster.api.create(POD, {"metadata": {"name": "q"}, "spec": spec}, SPACE, manager="test")
    async with websocket(cluster, "/../q/exec?command=ls&stdout=1") as socket:
        status = orjson.loads((await heard(socket))[3])
    assert status["reason"] == "InternalError"
    assert "container not found" in status["message"]


@pytest.mark.parametrize(
    ("path", "status", "message"),
    [
        ("/exec?command=ls", 400, "you must specify at least 1 of stdin, stdout, stderr"),
        ("/exec?stdout=1", 400, "command: Required value"),
        ("/exec?command=ls&stdout=1&container=x", 400, "container x is not valid for pod p"),
        ("/../gone/exec?command=ls&stdout=1", 404, 'pods "gone" not found'),
        ("/../gone/portforward", 404, 'pods "gone" not found'),
        ("/../unplaced/exec?command=ls&stdout=1", 400, "does not have a host assigned"),
        ("/../unplaced/portforward", 400, "does not have a host assigned"),
    ],
)
async def test_a_refusal_before_anything_is_opened(
    cluster: Cluster, path: str, status: int, message: str
) -> None:
    spec = {"containers": [{"name": "c", "image": "i"}]}
    cluster.api.create(POD, {"metadata": {"name": "unplaced"}, "spec": spec}, SPACE, manager="test")
    headers = {"Authorization": f"Bearer {ADMIN}", "Upgrade": "SPDY/3.1", "Connection": "Upgrade"}
    async with cluster.client.post(POD_PATH + path, headers=headers) as response:
        assert response.status == status
        assert message in (await response.json())["message"]


async def test_without_an_upgrade_there_is_no_stream(cluster: Cluster) -> None:
    status, body = await cluster.call("GET", f"{POD_PATH}/exec?command=ls&stdout=1")
    assert (status, body["message"]) == (400, "Upgrade request required")


@pytest.mark.parametrize(
    "headers",
    [
        {"Upgrade": "websocket", "Sec-WebSocket-Protocol": "v9.channel.k8s.io"},
        {"Upgrade": "websocket"},
        {"Upgrade": "websocket", "Sec-WebSocket-Protocol": V5, "Sec-WebSocket-Version": "1"},
        {"Upgrade": "SPDY/3.1"},
        {"Upgrade": "SPDY/3.1", "X-Stream-Protocol-Version": "v2.channel.k8s.io"},
        {"Upgrade": "h2c"},
    ],
)
async def test_a_protocol_that_is_not_spoken_is_refused(
    cluster: Cluster, headers: dict[str, str]
) -> None:
    whole = {"Authorization": f"Bearer {ADMIN}", "Connection": "Upgrade", **headers}
    path = f"{POD_PATH}/exec?command=ls&stdout=1"
    async with cluster.client.get(path, headers=whole) as response:
        assert response.status == 400
        assert "unable to upgrade" in (await response.json())["message"]


def _grant(cluster: Cluster, *verbs: str) -> None:
    cluster.tokens.add(READER, rbac.User("reader", ("system:authenticated",)), expires=math.inf)
    rule = {"apiGroups": [""], "resources": ["pods/exec"], "verbs": list(verbs)}
    role = {"metadata": {"name": "r"}, "rules": [rule]}
    binding = {
        "metadata": {"name": "r"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "r"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "reader"}],
    }
    cluster.api.create(ROLE, role, SPACE, manager="test")
    cluster.api.create(ROLE_BINDING, binding, SPACE, manager="test")


@pytest.mark.parametrize(
    ("verbs", "refused"), [(("get",), "create"), (("create",), "get"), (("get", "create"), "")]
)
async def test_a_websocket_needs_the_right_to_create(
    cluster: Cluster, verbs: tuple[str, ...], refused: str
) -> None:
    _grant(cluster, *verbs)
    path = "/exec?command=ls&stdout=1"
    if not refused:
        async with websocket(cluster, path, token=READER) as socket:
            assert 3 in await heard(socket)
        return
    status, body = await cluster.call("GET", POD_PATH + path, token=READER)
    assert status == 403
    assert f'cannot {refused} resource "pods/exec"' in body["message"]


async def test_streams_are_bounded(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "MOST", 1)
    path = "/exec?command=sh&stdin=1&stdout=1"
    async with websocket(cluster, path) as socket:
        await socket.send_bytes(b"\0x")
        await socket.receive()
        with pytest.raises(aiohttp.WSServerHandshakeError, match="429"):
            async with websocket(cluster, path):
                pass


class Spdy:
    """A client of SPDY, over a socket of its own or in a tunnel."""

    def __init__(self, read: Any, write: Any) -> None:
        self.headers = spdy_frames.Headers()
        self.write = write
        self._read = read
        self._reader = spdy_frames.Reader()

    async def heard(self, count: int) -> dict[int, bytes]:
        """What the next `count` data frames or more say, by stream."""
        found: dict[int, bytes] = {}
        while count > 0:
            data = await self._read()
            assert data, f"the server said no more than {found}"
            for frame in self._reader.feed(data):
                if isinstance(frame, Data):
                    found[frame.stream] = found.get(frame.stream, b"") + frame.data
                    count -= 1
        return found


@asynccontextmanager
async def upgraded(cluster: Cluster, path: str, protocol: str) -> AsyncIterator[Spdy]:
    """A connection that goes on as SPDY."""
    reader, writer = await asyncio.open_connection("127.0.0.1", cluster.port)
    writer.write(
        f"POST {POD_PATH}{path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {ADMIN}\r\n"
        "Connection: Upgrade\r\nUpgrade: SPDY/3.1\r\nContent-Length: 0\r\n"
        f"X-Stream-Protocol-Version: {protocol}\r\n\r\n".encode()
    )
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    assert head.startswith("HTTP/1.1 101 ")
    assert f"X-Stream-Protocol-Version: {protocol}" in head
    try:
        yield Spdy(lambda: reader.read(65536), writer.write)
    finally:
        writer.close()


async def test_a_command_over_spdy(cluster: Cluster, agent: Agent) -> None:
    path = "/exec?command=echo&command=hi&stdout=true"
    async with upgraded(cluster, path, "v4.channel.k8s.io") as client:
        client.write(client.headers.syn_stream(1, {"streamType": "error"}))
        client.write(client.headers.syn_stream(3, {"streamType": "stdout"}))
        said = await client.heard(2)
    assert said == {1: b'{"metadata":{},"status":"Success"}', 3: b"echo hi"}
    await agent.sessions[0].closed.wait()


def _forwarded(client: Spdy) -> list[bytes]:
    """Frames that open a port and say something there, twice."""
    about = {"port": "80", "requestID": "0"}
    return [
        client.headers.syn_stream(1, {"streamType": "error", **about}),
        client.headers.syn_stream(3, {"streamType": "data", **about}),
        spdy_frames.data(3, b"hello"),
    ]


async def test_a_port_over_spdy(cluster: Cluster) -> None:
    async with upgraded(cluster, "/portforward", "portforward.k8s.io") as client:
        for frame in _forwarded(client):
            client.write(frame)
        assert await client.heard(1) == {3: b"hello"}


async def test_what_is_no_spdy_ends_the_connection_alone(
    cluster: Cluster, caplog: pytest.LogCaptureFixture
) -> None:
    async with upgraded(cluster, "/portforward", "portforward.k8s.io") as client:
        client.write(b"\x80GET / HTTP/1.1\r\n\r\n")
        with pytest.raises(AssertionError, match="said no more"):
            await client.heard(1)
    assert not caplog.records


async def test_a_port_over_spdy_in_a_websocket(cluster: Cluster) -> None:
    protocol = "SPDY/3.1+portforward.k8s.io"
    async with websocket(cluster, "/portforward", protocol) as socket:

        async def read() -> bytes:
            data: bytes = await socket.receive_bytes()
            return data

        client = Spdy(read, None)
        for frame in _forwarded(client):
            await socket.send_bytes(frame)
        assert await client.heard(1) == {3: b"hello"}


async def test_a_port_by_channels_as_clients_without_spdy_ask_for_it(cluster: Cluster) -> None:
    async with websocket(cluster, "/portforward?ports=80", V4) as socket:
        names = [await socket.receive_bytes(), await socket.receive_bytes()]
        assert names == [b"\x00P\x00", b"\x01P\x00"]
        await socket.send_bytes(b"\x00hello")
        assert await socket.receive_bytes() == b"\x00hello"


@pytest.mark.parametrize("query", ["", "?ports=0", "?ports=http", "?ports=65536"])
async def test_a_port_by_channels_is_named_beforehand(cluster: Cluster, query: str) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError, match="400"):
        async with websocket(cluster, f"/portforward{query}", V4):
            pass
