"""A service without a ready pod: who is told at once, and who waits for the pod."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from gateway.services.spec import Endpoint
from shared.service.model import Timeouts
from tests.gateway.harness import DIGEST, PREFIX, TOKEN, Pod, Rig, echo, get, post, rig

if TYPE_CHECKING:
    from collections.abc import Iterable

HTML = b"Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
OPENS = (HTML, b"Sec-Fetch-Mode: navigate", b"Sec-Fetch-Dest: document")
UPGRADE = (b"Connection: Upgrade", b"Upgrade: websocket", b"Sec-WebSocket-Version: 13")


def loading(pod: Pod) -> Endpoint:
    return replace(pod.endpoint, ready=False, serving=False)


async def told(r: Rig, request: bytes) -> str:
    """The text of the page that a browser gets at once."""
    response = await r.ask(request)
    assert (response.status, response.fields[b"x-gateway-error"]) == (503, b"starting")
    assert int(response.fields[b"retry-after"]) > 0
    assert response.fields[b"content-type"] == b"text/html; charset=utf-8"
    assert response.fields[b"cache-control"] == b"no-store"
    assert b"<h1>echo is starting</h1>" in response.body
    assert r.state.waiting == 0
    return response.body.decode()


@pytest.mark.parametrize("lines", [OPENS, (HTML,), (b"Sec-Fetch-Mode: navigate",)])
async def test_a_browser_that_opens_a_page_is_told_at_once(lines: Iterable[bytes]) -> None:
    """nginx, HAProxy and Caddy say 502 or 503 at once to everybody; Knative lets all wait."""
    async with rig() as r:
        assert "there is no pod yet" in await told(r, get(b"/a?b", *lines))
        pod = await Pod(echo).start()
        r.services.locate("echo", [loading(pod)])
        assert "its pod runs" in await told(r, get(b"/", *lines))
        r.services.locate("echo", [pod.endpoint])
        assert (await r.ask(get(b"/", *lines))).status == 200
        await pod.stop()
        reasons = [entry.reason for entry in r.log.entries]
        assert reasons == ["starting", "starting", ""]
        assert [one.source for one in r.log.entries] == ["waiting", "waiting", "upstream"]
        assert r.state.stats.requests[("GET", 503, "waiting")] == 2
        await r.balanced()


@pytest.mark.parametrize(
    "request_bytes",
    [
        get(),
        get(b"/", b"Accept: */*"),
        get(b"/", b"Accept: application/json"),
        get(b"/", HTML, b"Sec-Fetch-Mode: cors", b"Sec-Fetch-Dest: empty"),
        get(b"/", HTML, b"X-Requested-With: XMLHttpRequest"),
        get(b"/", *OPENS, method=b"HEAD"),
        get(b"/", *UPGRADE, *OPENS),
        get(b"/", b"Content-Length: 1", *OPENS) + b"x",
        post(b"a=1", b"/", *OPENS),
    ],
)
async def test_programs_forms_and_websockets_wait_for_the_pod(request_bytes: bytes) -> None:
    async with rig() as r:
        wire = await r.connect()
        await wire.send(request_bytes)
        await r.until(lambda: r.state.waiting == 1)
        pod = await Pod(echo).start()
        r.services.locate("echo", [pod.endpoint])
        response = await wire.response(bodyless=request_bytes.startswith(b"HEAD"))
        assert response.status == 200
        await pod.stop()


@pytest.mark.parametrize("method", [b"HEAD", b"GET", b"DELETE"])
async def test_who_prefers_not_to_wait_does_not(method: bytes) -> None:
    """RFC 7240, section 4.3. The page asks so, for its turns must not occupy the six connections
    that a browser opens to a host."""
    async with rig() as r:
        lines = (b"Prefer: wait=0", b"Accept: */*")
        response = await r.ask(get(b"/", *lines, method=method), bodyless=method == b"HEAD")
        assert (response.status, response.fields[b"x-gateway-error"]) == (503, b"starting")
        assert response.fields[b"content-type"] == b"application/json"


async def test_a_busy_service_is_not_one_that_starts() -> None:
    pod = await Pod(lambda wire: wire.rest()).start()  # type: ignore[arg-type,return-value]
    async with rig(pod, concurrency=1) as r:
        await (await r.connect()).send(get())
        await r.until(lambda: r.state.in_flight == 1)
        await (await r.connect()).send(get(b"/", *OPENS))
        await r.until(lambda: r.state.waiting == 1)


async def test_who_may_not_use_the_service_does_not_learn_that_it_starts() -> None:
    async with rig(set_auth=True, digest=DIGEST) as r:
        assert (await r.ask(get(b"/", *OPENS))).status == 401
        await told(r, get(b"/", *OPENS, b"Authorization: Bearer " + TOKEN.encode()))


async def test_the_connection_goes_on_after_the_page() -> None:
    async with rig() as r:
        wire = await r.connect()
        for _ in range(2):
            await wire.send(get(b"/", *OPENS))
            assert (await wire.response()).status == 503


async def test_when_it_takes_too_long_the_page_tells_the_diagnosis() -> None:
    timeouts = Timeouts(wake=60.0)
    async with rig(timeouts=timeouts) as r:
        await told(r, get(b"/", *OPENS))
        r.state.vacant -= 61.0
        response = await r.ask(get(b"/", *OPENS))
        assert response.fields[b"x-gateway-error"] == b"no_ready_pod"
        assert b"expose.health_path" in response.body
        assert b"<script>" in response.body  # it may become ready yet
        pod = await Pod(echo).start()
        r.services.locate("echo", [pod.endpoint])
        r.services.locate("echo", [])
        await told(r, get(b"/", *OPENS))  # a new start, counted anew
        await pod.stop()


async def test_the_page_leads_to_no_other_service() -> None:
    async with rig() as r:
        assert PREFIX.decode() not in await told(r, get(b"/<b>?x=</script>", *OPENS))
