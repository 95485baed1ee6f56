"""One attempt of a probe against real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from shared.embedded.node.probe import ProbeError, attempt

ANSWERS = {
    "/ok": "200 OK\r\n",
    "/moved": "302 Found\r\nLocation: /ok\r\n",
    "/moved-to-fail": "302 Found\r\nLocation: /fail\r\n",
    "/away": "302 Found\r\nLocation: http://elsewhere.invalid/\r\n",
    "/loop": "302 Found\r\nLocation: /loop\r\n",
    "/fail": "503 Unavailable\r\n",
}


@pytest.fixture
async def server() -> AsyncIterator[tuple[int, list[str]]]:
    """(port, request heads) of a server with the answers above; /slow never answers."""
    heads: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        heads.append(head)
        path = head.split(" ")[1]
        if path == "/slow":
            await reader.read()
        else:
            answer = ANSWERS.get(path, "404 Not Found\r\n")
            writer.write(f"HTTP/1.1 {answer}Content-Length: 0\r\n\r\n".encode())
        writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with listening:
        yield listening.sockets[0].getsockname()[1], heads


async def execute(words: list[str], _: float) -> tuple[int, str]:
    return (0, "") if words == ["true"] else (1, "it is false")


async def probe(port: int, ports: dict[int, int] | None = None, **probe: Any) -> str:
    """Empty when the probe passes, else why not."""
    container = {"name": "c", "ports": [{"name": "http", "containerPort": port}]}
    try:
        await attempt(probe, container, "127.0.0.1", ports or {}, execute)
    except ProbeError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("/ok", ""),
        ("/moved", ""),
        ("/away", ""),
        ("/moved-to-fail", "HTTP probe failed with statuscode: 503"),
        ("/fail", "HTTP probe failed with statuscode: 503"),
        ("/none", "HTTP probe failed with statuscode: 404"),
        ("/loop", "stopped after 10 redirects"),
    ],
)
async def test_http(server: tuple[int, list[str]], path: str, why: str) -> None:
    port, _ = server
    said = await probe(port, httpGet={"path": path, "port": port})
    assert why in said
    assert bool(why) == bool(said)


async def test_what_is_sent(server: tuple[int, list[str]]) -> None:
    port, heads = server
    action = {
        "path": "ok?a=%20b",
        "port": "http",
        "httpHeaders": [{"name": "X-Own", "value": "1"}],
    }
    await probe(port, httpGet=action)
    assert heads[0].startswith("GET /ok?a=%20b HTTP/1.1\r\n")
    assert f"Host: 127.0.0.1:{port}\r\n" in heads[0]
    assert "User-Agent: kube-probe/" in heads[0]
    assert "X-Own: 1\r\n" in heads[0]


async def test_no_answer_in_time(server: tuple[int, list[str]]) -> None:
    port, _ = server
    said = await probe(port, httpGet={"path": "/slow", "port": port}, timeoutSeconds=0.05)
    assert "no answer within 0.05 s" in said


async def test_tcp_and_mapped_ports(server: tuple[int, list[str]]) -> None:
    port, _ = server
    assert await probe(port, tcpSocket={"port": port}) == ""
    assert await probe(80, ports={80: port}, tcpSocket={"port": "http"}) == ""
    assert "no port named" in await probe(port, tcpSocket={"port": "nope"})


async def test_nobody_listens(unused_tcp_port: int) -> None:
    refused = "connect: connection refused"
    assert refused in await probe(80, tcpSocket={"port": unused_tcp_port})
    assert refused in await probe(80, httpGet={"port": unused_tcp_port})


async def test_exec_and_a_probe_without_action() -> None:
    assert await probe(80, exec={"command": ["true"]}) == ""
    assert await probe(80, exec={"command": ["false"]}) == "it is false"
    assert "has no action" in await probe(80)
