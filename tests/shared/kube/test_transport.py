"""How calls end: time-outs, resets, bounds, foreign answers. Real sockets on both sides."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from email.utils import formatdate
from typing import Any

import pytest
from aiohttp import web

from shared.kube import errors
from shared.kube.client import KubeClient
from shared.kube.resources import CONFIGMAPS, LEASES
from shared.kube.transport import retry_after
from tests.shared.kube.scripted import (
    Script,
    event,
    hangs,
    item,
    listing,
    refuses,
    resets,
    says,
    streams,
)


@pytest.fixture
def opened(api: Script, config_file: Callable[..., str]) -> Callable[..., Any]:
    @asynccontextmanager
    async def connect(**bounds: Any) -> AsyncIterator[KubeClient]:
        path = config_file(api.url)
        async with KubeClient.open(field_manager="t", kubeconfig=path, **bounds) as kube:
            yield kube

    return connect


async def names(kube: KubeClient, into: list[str], timeout: float = 60) -> None:
    """Watch until the end; the names of the objects go `into` as they come."""
    stream = kube.watch(CONFIGMAPS, "ns", resource_version="1", timeout=timeout)
    async with aclosing(stream) as watch:
        async for one in watch:
            into.append(one["object"]["metadata"]["name"])


async def test_a_refused_connection_is_unreachable(config_file: Callable[..., str]) -> None:
    path = config_file("http://127.0.0.1:1")
    async with KubeClient.open(field_manager="t", kubeconfig=path) as kube:
        with pytest.raises(errors.Unreachable, match=r"GET http://127\.0\.0\.1:1/api/v1/.*connect"):
            await kube.get(CONFIGMAPS, "a", "ns")


async def test_a_reset_is_unreachable(api: Script, kube: KubeClient) -> None:
    api.otherwise = resets()
    with pytest.raises(errors.Unreachable):
        await kube.create(CONFIGMAPS, item("a"), "ns")


async def test_a_server_that_never_answers_times_out(
    api: Script, opened: Callable[..., Any]
) -> None:
    api.otherwise = hangs()
    async with opened(total=0.05) as kube:
        with pytest.raises(errors.Unreachable, match="timed out"):
            await kube.get(CONFIGMAPS, "a", "ns")


async def test_the_time_out_of_the_caller_stays_the_callers(api: Script, kube: KubeClient) -> None:
    api.otherwise = hangs()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await kube.get(CONFIGMAPS, "a", "ns")


async def test_a_silent_watch_ends_after_its_time_and_slack(
    api: Script, opened: Callable[..., Any]
) -> None:
    api.otherwise = streams(then=asyncio.Event())
    async with opened(silence=0.05) as kube:
        with pytest.raises(errors.Unreachable, match="timed out"):
            await names(kube, [], timeout=0.05)


@pytest.mark.parametrize("tail", [b'{"type":"ADDED","obj', b"{"])
@pytest.mark.parametrize("cut", [False, True])
async def test_a_half_written_event_is_unreachable_after_the_whole_ones(
    api: Script, kube: KubeClient, tail: bytes, cut: bool
) -> None:
    api.otherwise = streams(event("ADDED", item("a")), tail, cut=cut)
    seen: list[str] = []
    with pytest.raises(errors.Unreachable):
        await names(kube, seen)
    assert seen == ["a"]


@pytest.mark.parametrize("line", [b"nonsense\n", b"[]\n", b'{"type":"ADDED"}\n', b"7\n"])
async def test_a_line_that_is_no_event_is_unreachable(
    api: Script, kube: KubeClient, line: bytes
) -> None:
    api.otherwise = streams(line)
    with pytest.raises(errors.Unreachable, match="no event"):
        async with aclosing(kube.watch(CONFIGMAPS, "ns", resource_version="1")) as watch:
            await anext(watch)


async def test_leaving_a_watch_closes_its_connection(api: Script, kube: KubeClient) -> None:
    closed = asyncio.Event()

    async def answer(request: web.Request) -> web.StreamResponse:
        try:
            return await streams(event("ADDED", item("a")), then=asyncio.Event())(request)
        finally:
            closed.set()

    api.otherwise = answer
    async with aclosing(kube.watch(CONFIGMAPS, "ns", resource_version="1")) as watch:
        await anext(watch)
    await closed.wait()


LOG = "/api/v1/namespaces/ns/pods/a/log"


async def log(kube: KubeClient, into: list[bytes]) -> None:
    stream = kube.stream(LOG, {"follow": "true", "sinceTime": "2026-01-01T00:00:00Z"}, 60)
    async with aclosing(stream) as chunks:
        async for chunk in chunks:
            into.append(chunk)


async def test_a_stream_comes_as_it_is(api: Script, kube: KubeClient) -> None:
    api.otherwise = streams(b"one\n", b"\n", b"\xff half a line")
    found: list[bytes] = []
    await log(kube, found)
    assert b"".join(found) == b"one\n\n\xff half a line"
    assert (api.calls[0].path, api.calls[0].query) == (
        LOG,
        {"follow": "true", "sinceTime": "2026-01-01T00:00:00Z"},
    )


async def test_a_stream_that_breaks_off_is_unreachable(api: Script, kube: KubeClient) -> None:
    api.then(streams(b"one\n", cut=True), refuses(404, "NotFound"))
    found: list[bytes] = []
    with pytest.raises(errors.Unreachable):
        await log(kube, found)
    assert found == [b"one\n"]
    with pytest.raises(errors.NotFound):
        await log(kube, found)


async def test_an_answer_beyond_the_bound_is_refused(
    api: Script, opened: Callable[..., Any]
) -> None:
    api.otherwise = says(listing(*(item(f"n{i}") for i in range(100))))
    async with opened(max_body=1000) as kube:
        with pytest.raises(errors.Unreachable, match="longer than 1000 bytes"):
            await kube.list(CONFIGMAPS)


@pytest.mark.parametrize("body", [b"<html>", b"[]", b""])
async def test_what_is_not_the_kubernetes_api_is_unreachable(
    api: Script, kube: KubeClient, body: bytes
) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=body)

    api.otherwise = answer
    with pytest.raises(errors.Unreachable, match="JSON"):
        await kube.get(CONFIGMAPS, "a", "ns")


async def test_a_proxys_error_page_keeps_its_code(api: Script, kube: KubeClient) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=503, text="<html>busy", headers={"Retry-After": "4"})

    api.otherwise = answer
    with pytest.raises(errors.ServerError) as caught:
        await kube.get(CONFIGMAPS, "a", "ns")
    assert (caught.value.status, caught.value.retry_after) == (503, 4.0)


async def test_a_redirect_is_not_followed(api: Script, kube: KubeClient) -> None:
    api.then(says({}, 302, Location="http://127.0.0.1:1/"))
    with pytest.raises(errors.KubeError) as caught:
        await kube.get(CONFIGMAPS, "a", "ns")
    assert caught.value.status == 302


async def test_calls_share_connections(api: Script, kube: KubeClient) -> None:
    peers = set()

    async def answer(request: web.Request) -> web.Response:
        peers.add(request.transport.get_extra_info("peername"))  # type: ignore[union-attr]
        return web.json_response({})

    api.otherwise = answer
    for _ in range(5):
        await kube.get(LEASES, "a", "ns")
    assert len(peers) == 1


async def test_a_large_body_goes_out_whole(api: Script, kube: KubeClient) -> None:
    api.otherwise = says({})
    body = item("a", data={"x": "y" * 1_500_000})
    await kube.create(CONFIGMAPS, body, "ns")
    assert api.calls[0].body == body


async def test_429_carries_the_time_to_wait(api: Script, kube: KubeClient) -> None:
    api.then(refuses(429, "TooManyRequests", Retry_After="2"))
    with pytest.raises(errors.TooManyRequests) as caught:
        await kube.get(CONFIGMAPS, "a", "ns")
    assert caught.value.retry_after == 2.0


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("5", 5.0),
        ("0", 0.0),
        (formatdate(1_000_060, usegmt=True), 60.0),
        (formatdate(999_000, usegmt=True), 0.0),
        ("-3", None),
        ("soon", None),
        ("", None),
        (None, None),
        ("9" * 400, 999_999_999.0),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str | None, seconds: float | None) -> None:
    assert retry_after(value, 1_000_000.0) == seconds
