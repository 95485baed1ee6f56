"""The client's ways with a server that puts off, warns, refuses, or is another."""

from __future__ import annotations

import asyncio
import os
import signal
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from shared.cli.client import AGAIN_SECONDS, ServicesApi
from shared.cli.connection.target import Target
from shared.cli.exits import ApiError, UnreachableError
from shared.embedded.access import certificate
from shared.runtime.clock import SystemClock
from shared.service import fdl

Answer = Callable[[web.Request], Awaitable[web.Response]]


class Sleepless(SystemClock):
    """A clock whose sleeps end at once, and are remembered."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return sum(self.slept)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


class Server:
    """Answers in turn what the test put in; the last for ever."""

    def __init__(self, folder: Path) -> None:
        self.answers: list[web.Response] = []
        self.asked: list[web.Request] = []
        self.credentials = folder / "credentials"
        self.credentials.write_text("oscar:secret\n")
        self.clock = Sleepless()
        self.url = ""

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(request)
        made = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return web.Response(status=made.status, text=made.text, headers=made.headers)

    def api(self) -> ServicesApi:
        return ServicesApi(Target(self.url, self.credentials), self.clock)

    async def list(self) -> object:
        async with self.api() as api:
            return await api.list()


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    fake = Server(tmp_path)
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", fake.answer)
    async with TestServer(app) as running:
        fake.url = str(running.make_url("")).rstrip("/")
        yield fake


def later(status: int, seconds: str) -> web.Response:
    return web.Response(status=status, text="later", headers={"Retry-After": seconds})


async def test_what_is_put_off_is_tried_again(server: Server) -> None:
    server.answers = [later(503, "2"), later(429, "3"), web.Response(text="[]")]
    assert await server.list() == []
    assert server.clock.slept == [2.0, 3.0]


@pytest.mark.parametrize(
    ("status", "seconds", "asked"),
    [
        (429, str(int(AGAIN_SECONDS) + 1), 1),
        (503, "10", 4),
        (503, "0", 11),
        (503, "", 1),
        (503, "Fri, 31 Dec 1999 23:59:59 GMT", 1),
        (500, "1", 1),
    ],
)
async def test_within_a_bound(server: Server, status: int, seconds: str, asked: int) -> None:
    server.answers = [later(status, seconds)]
    with pytest.raises(ApiError, match=rf"later \({status}\)"):
        await server.list()
    assert len(server.asked) == asked


async def test_warnings_are_kept_once_each(server: Server) -> None:
    answer = web.Response(text="[]")
    for text in ("one", "one", r"a \"b\" \\c"):
        answer.headers.add("Warning", f'299 - "{text}"')
    server.answers = [answer]
    async with server.api() as api:
        await api.list()
        await api.list()
        assert api.warnings == ["one", 'a "b" \\c']


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (web.Response(status=401), r"credentials in .*credentials are not accepted \(401\)"),
        (web.Response(status=403, text="not yours"), r"not yours \(403\)"),
        (web.Response(status=404), "has no services API"),
        (web.Response(status=302, headers={"Location": "http://elsewhere"}), "has no services"),
        (web.Response(text="<html>"), "answers no JSON"),
        (web.Response(status=500), r"the services API refused \(500\)"),
    ],
)
async def test_refusals(server: Server, answer: web.Response, words: str) -> None:
    server.answers = [answer]
    with pytest.raises(ApiError, match=words):
        await server.list()


async def test_a_refused_write_names_the_service_and_keeps_its_kind(server: Server) -> None:
    service = fdl.parse_service({"name": "one", "image": "x", "script": "y"}).service
    server.answers = [web.Response(status=400, text="no\n\x1b[2J")]
    async with server.api() as api:
        with pytest.raises(ApiError) as caught:
            await api.write(service, new=True)
    assert caught.value.message == "service/one: no\n\\x1b[2J (400)"
    async with ServicesApi(Target("http://127.0.0.1:1", server.credentials)) as api:
        with pytest.raises(UnreachableError, match="service/one: cannot reach"):
            await api.write(service, new=True)


async def test_an_access_token(server: Server, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("abc\n")
    server.answers = [web.Response(text="[]"), web.Response(status=401)]
    target = Target(server.url, token_file=tmp_path / "token")
    async with ServicesApi(target) as api:
        await api.list()
        with pytest.raises(ApiError, match="it may have expired"):
            await api.list()
    assert server.asked[0].headers["Authorization"] == "Bearer abc"


async def test_only_a_trusted_certificate(tmp_path: Path) -> None:
    issued = certificate.obtain(tmp_path / "pki", SystemClock().now())
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(issued.certificate, issued.key)
    app = web.Application()
    app.router.add_get("/system/services", _nothing)
    (tmp_path / "credentials").write_text("oscar:secret\n")
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
    await site.start()
    url = f"https://127.0.0.1:{runner.addresses[0][1]}"
    try:
        for ca, refused in ((None, True), (issued.authority, False)):
            target = Target(url, tmp_path / "credentials", ca=ca)
            async with ServicesApi(target) as api:
                if refused:
                    with pytest.raises(ApiError, match=r"is not trusted.*--ca"):
                        await api.list()
                else:
                    assert await api.list() == []
    finally:
        await runner.cleanup()


async def test_certificates_that_are_none(server: Server, tmp_path: Path) -> None:
    for name in ("absent", "credentials"):
        target = Target(server.url, server.credentials, ca=tmp_path / name)
        with pytest.raises(ApiError, match=r"cannot use the certificates .*--ca"):
            await ServicesApi(target).__aenter__()


async def test_nobody_there(server: Server) -> None:
    with pytest.raises(UnreachableError, match="cannot reach the services API"):
        async with ServicesApi(Target("http://127.0.0.1:1", server.credentials)) as api:
            await api.list()


async def _nothing(_: web.Request) -> web.Response:
    return web.json_response([])


def test_ctrl_c_has_a_word_and_a_code(tmp_path: Path) -> None:
    """The command waits for an answer that never comes."""
    asked = asyncio.run(_interrupted(tmp_path))
    assert asked == (130, "ended by Ctrl-C; what was done until then stays")


async def _interrupted(folder: Path) -> tuple[int, str]:
    (folder / "credentials").write_text("oscar:secret\n")
    came = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        came.set()
        try:
            await asyncio.Event().wait()
        finally:
            writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "shared.cli", "list"),
        env={
            **os.environ,
            "EXPOSED_ENDPOINT": f"http://127.0.0.1:{port}",
            "EXPOSED_CREDENTIALS": str(folder / "credentials"),
        },
        stderr=subprocess.PIPE,
    )
    await came.wait()
    process.send_signal(signal.SIGINT)
    _, said = await process.communicate()
    server.close()
    assert process.returncode is not None
    return process.returncode, said.decode().strip()
