"""Connections to ports of a pod: by its address, and refusals in the kubelet's words."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.shared.embedded.node.conftest import Node

ECHO = """
import os, socket
with socket.create_server((os.environ["HOST"], int(os.environ["PORT"]))) as server:
    while True:
        with server.accept()[0] as client:
            while data := client.recv(4096):
                client.sendall(data)
            client.sendall(b"bye")
"""


async def test_a_port_answers_until_both_have_said_all(node: Node) -> None:
    probe = {"readinessProbe": {"tcpSocket": {"port": 80}, "periodSeconds": 1}}
    command = {"command": [sys.executable, "-c", ECHO], "ports": [{"containerPort": 80}]}
    await node.run("", container=command | probe)
    await node.until_ready()
    link = await node.providers.dial(node.pod(), 80)  # another one is listened on: 80 is root's
    await link.write(b"hello")
    assert await link.read() == b"hello"
    link.end()
    assert await link.read() == b"bye"
    assert await link.read() == b""
    link.abort()


async def test_a_port_that_nobody_listens_on(node: Node) -> None:
    await node.run("exec sleep 1000")
    await node.until_ready()
    with pytest.raises(OSError, match=r"error forwarding port 8080 .*connect: connection refused"):
        await node.providers.dial(node.pod(), 8080)


async def test_a_pod_that_has_gone(node: Node) -> None:
    gone = {"metadata": {"uid": "none"}}
    with pytest.raises(OSError, match="network namespace for the pod is closed"):
        await node.providers.dial(gone, 80)
