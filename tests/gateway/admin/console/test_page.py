"""The page's files: their types, their digests, and what a browser may do with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gateway.admin.app import Admin
from gateway.admin.console.calls import Console
from gateway.admin.console.page import Page
from tests.gateway.admin.console.scene import Scene
from tests.gateway.deaf import deaf

if TYPE_CHECKING:
    from pathlib import Path

    from aiohttp.test_utils import TestClient
    from pytest_aiohttp import AiohttpClient


@pytest.fixture
async def client(aiohttp_client: AiohttpClient, tmp_path: Path) -> TestClient[Any, Any]:
    (tmp_path / "index.html").write_text("<!doctype html><title>Console</title>")
    (tmp_path / "console.js").write_text("export {}")
    (tmp_path / "notes.py").write_text("secret = 1")
    (tmp_path / ".hidden.js").write_text("")
    scene = Scene()

    async def excuse() -> str:
        return ""

    console = Console(scene.board, tmp_path)
    return await aiohttp_client(
        Admin(scene.board._books.numbers, excuse, deaf(), console=console).application()
    )


async def test_the_page_and_its_files_have_types_and_a_strict_policy(
    client: TestClient[Any, Any],
) -> None:
    for path, kind in (("/", "text/html"), ("/console/console.js", "text/javascript")):
        answer = await client.get(path)
        assert (answer.status, answer.content_type) == (200, kind)
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
        assert "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-cache"
        again = await client.get(path, headers={"If-None-Match": answer.headers["ETag"]})
        assert (again.status, await again.read()) == (304, b"")
        other = await client.get(path, headers={"If-None-Match": '"other"'})
        assert other.status == 200


async def test_a_head_has_the_same_fields_and_no_body(client: TestClient[Any, Any]) -> None:
    for path in ("/", "/console/console.js", "/console/state", "/console/services/ocr"):
        head, get = await client.head(path), await client.get(path)
        assert (head.status, head.content_type) == (200, get.content_type)
        assert await head.read() == b""


@pytest.mark.parametrize(
    "path",
    [
        "/console/notes.py",
        "/console/.hidden.js",
        "/console/none.js",
        "/console/..%2fboard.py",
        "/console/",
        "/console/services/",
        "/console/services/nobody",
        "/console/services/a/b",
        "/other",
    ],
)
async def test_what_is_not_there_is_404(client: TestClient[Any, Any], path: str) -> None:
    assert (await client.get(path)).status == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("path", ["/", "/console/stream", "/console/state", "/console/console.js"])
async def test_nothing_can_be_changed(client: TestClient[Any, Any], method: str, path: str) -> None:
    answer = await client.request(method, path)
    assert answer.status == 405
    assert answer.headers["Allow"] == "GET,HEAD"


async def test_the_data_are_to_be_had_once_as_well(client: TestClient[Any, Any]) -> None:
    state = await (await client.get("/console/state")).json()
    assert state["services"].keys() >= {"ocr", "quiet"}
    told = await (await client.get("/console/services/ocr")).json()
    assert (told["name"], told["row"]) == ("ocr", state["services"]["ocr"])
    missing = await client.get("/console/services/nobody")
    assert await missing.json() == {"error": "there is no such service"}


async def test_a_gateway_without_the_page_says_where_its_data_are(tmp_path: Path) -> None:
    assert Page(tmp_path / "none").files == {}
