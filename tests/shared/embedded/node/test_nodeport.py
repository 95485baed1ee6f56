"""Node ports lead to ready endpoints."""

from __future__ import annotations

import asyncio
from typing import Any

from shared.embedded.controllers.events import Events
from shared.embedded.kinds import EVENT, POD, SERVICE
from shared.embedded.node.nodeport import NodePorts, backends, wanted
from shared.runtime.tasks import Supervisor
from shared.service.objects import Obj
from tests.waiting import until

SPACE = "oscar-svc"


def endpoint(address: str, ready: bool, serving: bool) -> Obj:
    return {"addresses": [address], "conditions": {"ready": ready, "serving": serving}}


def test_ready_endpoints_or_else_those_that_still_serve() -> None:
    ports = [{"name": "", "port": 80}, {"name": "b", "port": 81}]
    ready, going = endpoint("1", True, True), endpoint("2", False, True)
    dead = endpoint("3", False, False)
    both = [{"ports": ports, "endpoints": [ready, going, dead]}]
    assert backends(both, "") == [("1", 80)]
    assert backends([{"ports": ports, "endpoints": [going, dead]}], "b") == [("2", 81)]
    assert backends([{"ports": None, "endpoints": None}], "") == []


def test_only_services_of_that_type_have_node_ports() -> None:
    ports = [{"port": 80, "nodePort": 30001}, {"port": 81, "nodePort": 30002, "protocol": "UDP"}]
    metadata = {"namespace": "n", "name": "s"}
    service = {"metadata": metadata, "spec": {"type": "NodePort", "ports": ports}}
    assert wanted([service]) == {30001: ("n", "s", "")}
    assert wanted([{**service, "spec": {"type": "ClusterIP", "ports": ports}}]) == {}


async def answer(port: int) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"hello")
    writer.write_eof()
    try:
        return await reader.read()
    except ConnectionResetError:
        return b""
    finally:
        writer.close()


async def listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    await writer.wait_closed()
    return True


ECHO = """exec python -c '
import os, socket
server = socket.create_server((os.environ["HOST"], 8000))
while True:
    peer, _ = server.accept()
    peer.sendall(b"from " + os.environ["POD_IP"].encode() + b": " + peer.recv(99))
    peer.close()
'"""


async def test_it_forwards_to_the_pods_of_the_service(node: Any) -> None:
    async with Supervisor() as tasks:
        events = Events(node.api, node.clock, "node-ports")
        node_ports = NodePorts(node.controllers.cache, node.clock, events)
        node.api.subscribe(node_ports.apply)
        node_ports.start(tasks)
        body = {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "s"},
            "spec": {"type": "NodePort", "selector": {"app": "p"},
                     "ports": [{"port": 80, "targetPort": 8000}]},
        }  # fmt: skip
        service = node.api.create(SERVICE, body, SPACE, manager="test")
        port = service["spec"]["ports"][0]["nodePort"]
        await until(lambda: listens(port), "the port listens")
        assert await answer(port) == b"", "closed at once: no endpoint"
        ready = {"readinessProbe": {"tcpSocket": {"port": 8000}, "periodSeconds": 1}}
        await node.run(ECHO, container=ready)
        await node.until_ready()
        await node.until_idle()
        assert await answer(port) == f"from {node.address()}: hello".encode()
        node.api.delete(SERVICE, "s", SPACE)
        await until(lambda: not node_ports._servers, "nothing listens")
        node.api.delete(POD, "p", SPACE)


async def test_a_port_that_is_taken_is_told(node: Any) -> None:
    taken = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    number = taken.sockets[0].getsockname()[1]
    async with taken, Supervisor() as tasks:
        body = {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "s"},
            "spec": {"type": "NodePort", "selector": {"app": "p"}, "ports": [{"port": 80}]},
        }
        created = node.api.create(SERVICE, body, SPACE, manager="test")
        events = Events(node.api, node.clock, "node-ports")
        node_ports = NodePorts(node.controllers.cache, node.clock, events)
        (port,) = created["spec"]["ports"]
        moved = {**created, "spec": {**created["spec"], "ports": [{**port, "nodePort": number}]}}
        node.controllers.cache._drop(SERVICE, created)
        node.controllers.cache._put(SERVICE, moved)
        node_ports.start(tasks)
        await node.until(lambda: node.api.list(EVENT, SPACE))
        (event,) = node.api.list(EVENT, SPACE)
        assert event["reason"] == "PortAllocationFailed"
        assert f"127.0.0.1:{number}" in event["message"]
        node.controllers.cache._drop(SERVICE, moved)
        node.controllers.cache._put(SERVICE, created)
