"""Pods that start are asked by the gateway itself, where a request waits for one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from gateway.dataplane.probing import ask
from tests.gateway.h2_pod import echoing, h2_pod
from tests.gateway.harness import PREFIX, Pod, Rig, Wire, answering, echo, get, rig

if TYPE_CHECKING:
    from gateway.services.backend import Backend
    from gateway.services.spec import Endpoint

EMPTY = b"\r\nContent-Length: 0\r\n\r\n"


def loading(pod: Pod) -> Endpoint:
    return replace(pod.endpoint, ready=False, serving=False)


class Loading:
    """An application whose `path` answers `status` until it is `ready`."""

    def __init__(self, path: bytes = b"/", status: bytes = b"503 Loading") -> None:
        self.ready = False
        self.asked = 0
        self._path = path
        self._status = status

    async def __call__(self, wire: Wire) -> None:
        while True:
            request = await wire.request()
            assert request.target == self._path
            self.asked += 1
            status = b"200 OK" if self.ready else self._status
            await wire.send(b"HTTP/1.1 " + status + EMPTY)


async def answers_well(endpoint: Endpoint, path: str) -> bool:
    told: list[bool] = []
    await ask(endpoint, path, lambda: told.append(True))
    return bool(told)


async def held(r: Rig, path: bytes = b"/") -> Wire:
    wire = await r.connect()
    await wire.send(get(path))
    await r.until(lambda: r.state.waiting == 1)
    return wire


async def test_a_pod_of_http2_is_used_as_soon_as_it_listens() -> None:
    pod = await h2_pod(echoing).start()
    async with rig(protocol="h2c") as r:
        wire = await held(r)
        r.services.locate("echo", [loading(pod)])
        assert (await wire.response()).status == 200
        await r.balanced()
        await pod.stop()


@pytest.mark.parametrize("status", [b"503 Loading", b"302 Found", b"404 Not Found"])
async def test_a_pod_is_used_as_soon_as_it_answers_well(status: bytes) -> None:
    app = Loading(b"/ready?deep", status)
    pod = await Pod(app).start()
    async with rig(probe_path="/ready?deep") as r:
        wire = await held(r, b"/ready?deep")
        r.services.locate("echo", [loading(pod)])
        await r.until(lambda: app.asked >= 3)
        assert r.state.waiting == 1
        app.ready = True
        assert (await wire.response()).status == 200
        asked = app.asked
        assert (await r.ask(get(b"/ready?deep"))).status == 200  # without a question before it
        assert app.asked == asked + 1
        r.services.locate("echo", [pod.endpoint])
        assert (await r.ask(get(b"/ready?deep"))).status == 200
        await r.balanced()
        await pod.stop()


async def test_a_browser_that_looks_is_shown_the_application_as_soon() -> None:
    app = Loading()
    app.ready = True
    pod = await Pod(app).start()
    async with rig() as r:
        r.services.locate("echo", [loading(pod)])
        look = get(b"/", b"Accept: text/html", b"Sec-Fetch-Mode: navigate")
        assert (await r.ask(look)).status == 503
        await r.until(lambda: bool(r.state.balancer.candidates))
        assert (await r.ask(look)).status == 200
        await pod.stop()


async def test_nobody_is_asked_for_whom_nobody_waits() -> None:
    app = Loading()
    pod = await Pod(app).start()
    async with rig() as r:
        r.services.locate("echo", [loading(pod)])
        wire = await held(r)
        await r.until(lambda: app.asked >= 1)
        await wire.close()
        await r.until(lambda: r.state.waiting == 0)
        await r.until(lambda: not r.services.wakes.wanted())
        await r.until(lambda: not r.gateway.context.connecting)
        app.ready = True
        assert r.state.balancer.candidates == []
        await pod.stop()


@pytest.mark.parametrize("terminating", [True, False])
async def test_a_pod_that_ends_or_was_ready_before_is_left_to_the_cluster(
    terminating: bool,
) -> None:
    old, new = await Pod(echo).start(), await Pod(echo).start()
    async with rig(old) as r:
        ended = replace(loading(old), terminating=terminating)
        r.services.locate("echo", [ended])
        wire = await held(r)
        r.services.locate("echo", [ended, loading(new)])
        assert (await wire.response()).status == 200
        assert (old.connections, new.connections > 0) == (0, True)
        await old.stop()
        await new.stop()


async def test_a_pod_that_is_gone_again_is_waited_for() -> None:
    """It answered one question, and ended: the request is held until the cluster has another."""
    pod = await Pod(answering(b"HTTP/1.1 200 OK" + EMPTY)).start()
    async with rig() as r:
        [backend] = _located(r, loading(pod))
        await pod.stop()
        r.services.trust(r.state, backend)
        wire = await held(r)
        assert r.state.balancer.candidates == []
        new = await Pod(echo).start()
        r.services.locate("echo", [new.endpoint])
        assert (await wire.response()).status == 200
        await r.balanced()
        await new.stop()


def _located(r: Rig, *endpoints: Endpoint) -> list[Backend]:
    r.services.locate("echo", endpoints)
    return list(r.state.balancer.backends.values())


@pytest.mark.parametrize(
    ("said", "good"),
    [
        (b"HTTP/1.1 200 OK" + EMPTY, True),
        (b"HTTP/1.0 204 No Content\r\n\r\n", True),
        (b"HTTP/1.1 200\r\n\r\n", True),
        (b"HTTP/1.1 301 Moved" + EMPTY, False),
        (b"HTTP/1.1 500 Oops" + EMPTY, False),
        (b"SSH-2.0-OpenSSH\r\n", False),
        (b"", False),
        (b"x" * 200_000, False),
    ],
)
async def test_what_counts_as_a_good_answer(said: bytes, good: bool) -> None:
    async def script(wire: Wire) -> None:
        head = await wire.head()
        assert head.startswith(b"GET /health?a=b HTTP/1.1\r\nHost: 127.0.0.1:")
        await wire.send(said)

    pod = await Pod(script).start()
    assert await answers_well(pod.endpoint, "/health?a=b") is good
    await pod.stop()
    assert not await answers_well(pod.endpoint, "/health?a=b")
    assert pod.failure is None


async def test_an_answer_that_does_not_end_holds_nobody_up() -> None:
    async def script(wire: Wire) -> None:
        await wire.head()
        await wire.send(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 100_000)
        await wire.rest()

    pod = await Pod(script).start()
    assert await answers_well(pod.endpoint, "/")
    await pod.stop()


async def test_the_path_of_a_service_that_keeps_its_prefix() -> None:
    app = Loading(PREFIX + b"/")
    app.ready = True
    pod = await Pod(app).start()
    async with rig(probe_path=PREFIX.decode() + "/", rewrite_target=True) as r:
        wire = await held(r)
        r.services.locate("echo", [loading(pod)])
        assert (await wire.response()).status == 200
        await pod.stop()
