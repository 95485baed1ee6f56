"""A services API that keeps services in memory, served from a thread to the real command line."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import encode_basic_auth, web
from click.testing import CliRunner, Result

from shared.cli import main
from tests.shared.cli.real import RealApi


class FakeApi:
    """Just enough of the OSCAR contract to see what the commands send."""

    def __init__(self) -> None:
        self.services: dict[str, dict[str, Any]] = {}
        self.calls: list[str] = []
        self.url = ""

    def app(self) -> web.Application:
        app = web.Application(middlewares=[self._guard])
        app.add_routes(
            [
                web.get("/system/services", self._list),
                web.post("/system/services", self._write),
                web.put("/system/services", self._write),
                web.get("/system/services/{name}", self._get),
                web.delete("/system/services/{name}", self._delete),
                web.post("/system/services/{name}/{action}", self._act),
                web.route("*", "/system/services/{name}/exposed/{rest:.*}", self._exposed),
            ]
        )
        return app

    @web.middleware
    async def _guard(self, request: web.Request, handler: Any) -> web.StreamResponse:
        exposed = "/exposed/" in request.path
        admin = encode_basic_auth("oscar", "secret")
        if not exposed and request.headers.get("Authorization") != admin:
            return web.Response(status=401)
        name = request.match_info.get("name")
        if name is not None and name not in self.services:
            return web.Response(status=404)
        self.calls.append(f"{request.method} {request.path}")
        response: web.StreamResponse = await handler(request)
        return response

    async def _list(self, request: web.Request) -> web.Response:
        return web.json_response(list(self.services.values()))

    async def _write(self, request: web.Request) -> web.Response:
        body = await request.json()
        if body["name"] == "refused":
            return web.Response(status=400, text="The service specification is not valid: image")
        self.services[body["name"]] = body | {
            "token": "t" * 64,
            "deployment": {"state": "ready", "active_instances": 2},
        }
        return web.Response(status=201 if request.method == "POST" else 204)

    async def _get(self, request: web.Request) -> web.Response:
        return web.json_response(self.services[request.match_info["name"]])

    async def _delete(self, request: web.Request) -> web.Response:
        del self.services[request.match_info["name"]]
        return web.Response(status=204)

    async def _act(self, request: web.Request) -> web.Response:
        return await self._answer(request)

    async def _answer(self, request: web.Request) -> web.Response:
        return web.json_response({"state": "pending", "reason": request.match_info["action"]})

    async def _exposed(self, request: web.Request) -> web.Response:
        body = await request.post()
        status = 500 if request.match_info["rest"] == "broken" else 200
        return web.Response(status=status, text=",".join(body))


@pytest.fixture
def api() -> Iterator[FakeApi]:
    """The fake, listening on a free port until the test ends."""
    fake, ready, loop = FakeApi(), threading.Event(), asyncio.new_event_loop()
    ended = asyncio.Event()

    async def serve() -> None:
        runner = web.AppRunner(fake.app())
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        fake.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        ready.set()
        await ended.wait()
        await runner.cleanup()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    assert ready.wait(60)
    yield fake
    loop.call_soon_threadsafe(ended.set)
    thread.join(60)
    loop.close()


class Cli:
    """`exposed …` with the fake's address and credentials."""

    def __init__(self, api: FakeApi | RealApi, folder: Path) -> None:
        (folder / "credentials").write_text("oscar:secret\n")
        (folder / "endpoint").write_text(f"{api.url}\n")
        self.environment = {
            "EXPOSED_HOME": str(folder),
            "EXPOSED_ENDPOINT": "",
            "EXPOSED_CREDENTIALS": "",
            "XDG_CONFIG_HOME": str(folder / "config"),
        }

    def __call__(self, *arguments: str, stdin: str | None = None) -> Result:
        return CliRunner().invoke(main, arguments, env=self.environment, input=stdin)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealApi]:
    """The services API itself, for the tests of one file."""
    api = RealApi(tmp_path_factory.mktemp("cluster"))
    yield api
    api.close()


@pytest.fixture
def real(served: RealApi) -> Iterator[RealApi]:
    """The services API itself, without services."""
    yield served
    served.clear()


@pytest.fixture
def exposed(real: RealApi, tmp_path: Path) -> Cli:
    """The command line against the services API itself."""
    return Cli(real, tmp_path)


@pytest.fixture
def cli(api: FakeApi, tmp_path: Path) -> Cli:
    """The command line against the fake."""
    return Cli(api, tmp_path)
