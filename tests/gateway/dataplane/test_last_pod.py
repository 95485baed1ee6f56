"""The last pod of a service ends as a request comes: it is held again, where that is safe."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.services.retry import TRIES
from tests.gateway.harness import Pod, Rig, Wire, echo, get, post, rig

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


async def started(r: Rig) -> Pod:
    pod = await Pod(echo).start()
    r.services.locate("echo", [pod.endpoint])
    return pod


def ends(r: Rig, pod: Pod) -> None:
    """The cluster says that the pod ends."""
    r.services.locate("echo", [replace(pod.endpoint, ready=False, terminating=True)])


@pytest.mark.parametrize("request_bytes", [get(), post(b"abc")])
async def test_a_port_that_is_closed_before_the_cluster_says_so(request_bytes: bytes) -> None:
    pod = await Pod(echo).start()
    await pod.stop()
    async with rig(pod) as r:
        wire = await r.connect()
        await wire.send(request_bytes)
        await r.until(lambda: r.state.in_flight == 1)
        ends(r, pod)
        await r.until(lambda: r.state.waiting == 1)
        assert [one.name for one in r.services.wakes.wanted()] == ["echo"]
        new = await started(r)
        answer = await wire.response()
        assert answer.status == 200
        assert b"x-cold-start" in answer.fields
        assert answer.body.endswith(b"abc" if request_bytes != get() else b"\r\n\r\n")
        await r.balanced()
        assert r.state.admission.arrivals == 1
        await new.stop()


@pytest.mark.parametrize("way", ["close", "reset"])
@pytest.mark.parametrize("used", [False, True])
async def test_a_pod_that_ends_without_a_byte_of_its_answer(way: str, used: bool) -> None:
    async def script(wire: Wire) -> None:
        if used:
            await wire.request()
            await wire.send(OK)
        await wire.request()
        ends(r, pod)
        if way == "reset":
            wire.reset()

    pod = await Pod(script).start()
    async with rig(pod) as r:
        if used:
            assert (await r.ask(get())).status == 200
        wire = await r.connect()
        await wire.send(get())
        await r.until(lambda: r.state.waiting == 1)
        await pod.stop()
        new = await started(r)
        assert (await wire.response()).status == 200
        await r.balanced()
        await new.stop()


async def test_what_may_have_been_done_is_not_done_twice() -> None:
    async def script(wire: Wire) -> None:
        await wire.request()
        ends(r, pod)

    pod = await Pod(script).start()
    async with rig(pod) as r:
        answer = await r.ask(post(b"x"))
        assert (answer.status, answer.fields[b"x-gateway-error"]) == (502, b"upstream_closed")
        assert r.services.wakes.wanted() == []


async def test_an_answer_that_has_begun_is_not_asked_for_again() -> None:
    async def script(wire: Wire) -> None:
        await wire.request()
        ends(r, pod)
        await wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc")

    pod = await Pod(script).start()
    async with rig(pod) as r:
        wire = await r.connect()
        await wire.send(get())
        assert (await wire.head()).startswith(b"HTTP/1.1 200 ")
        assert await wire.ended()
        await r.balanced()
        assert r.services.wakes.wanted() == []


async def test_a_request_that_pods_end_by_does_not_end_them_for_ever() -> None:
    async def script(wire: Wire) -> None:
        await wire.request()
        ends(r, pods[-1])

    pods = [await Pod(script).start()]
    async with rig(pods[0]) as r:
        wire = await r.connect()
        await wire.send(get())
        for _ in range(TRIES - 1):
            await r.until(lambda: r.state.waiting == 1)
            pods.append(await Pod(script).start())
            r.services.locate("echo", [pods[-1].endpoint])
        assert (await wire.response()).status == 502
        for each in pods:
            await each.stop()


async def test_a_body_that_is_still_coming_is_kept_for_the_next_pod() -> None:
    pod = await Pod(echo).start()
    await pod.stop()
    async with rig(pod) as r:
        wire = await r.connect()
        await wire.send(get(b"/", b"Content-Length: 6", method=b"POST") + b"abc")
        await r.until(lambda: r.state.in_flight == 1)
        ends(r, pod)
        await r.until(lambda: r.state.waiting == 1)
        await wire.send(b"def")
        new = await started(r)
        answer = await wire.response()
        assert answer.status == 200
        assert answer.body.endswith(b"abcdef")
        await new.stop()
