"""Requests that find no pod: whom they wake, how long and how many wait, what they are told."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from gateway.limits import Limits
from gateway.routing.cors import Cors
from gateway.services.spec import Endpoint, ServiceSpec
from shared.service.model import Timeouts
from shared.service.progress import Phase, Progress
from shared.service.scaling.waking import WakeExcept
from tests.gateway.harness import DIGEST, TOKEN, Pod, Rig, Wire, echo, get, post, rig

if TYPE_CHECKING:
    from gateway.services.wakes import Wake

HTML = b"Accept: text/html,application/xhtml+xml"
UPGRADE = (b"Connection: Upgrade", b"Upgrade: websocket")
PREFLIGHT = (b"Origin: https://ui.test", b"Access-Control-Request-Method: PUT")


def listening(r: Rig) -> list[Wake]:
    """What a scaler hears."""
    heard: list[Wake] = []
    r.services.wakes.join(heard.append)
    return heard


async def held(r: Rig, request: bytes) -> Wire:
    """A client whose request waits."""
    before = r.state.waiting
    wire = await r.connect()
    await wire.send(request)
    await r.until(lambda: r.state.waiting == before + 1)
    return wire


@pytest.mark.parametrize(
    ("request_bytes", "cause"),
    [(get(), "request"), (post(b"x"), "request"), (get(b"/", *UPGRADE), "websocket")],
)
async def test_a_held_request_wakes_its_service_and_goes_to_the_first_pod(
    request_bytes: bytes, cause: str
) -> None:
    async with rig() as r:
        heard = listening(r)
        wire = await held(r, request_bytes)
        assert [(one.service, one.cause) for one in heard] == [("echo", cause)]
        await r.until(lambda: len(heard) >= 2)  # it is told again, as it still waits
        pod = await Pod(echo).start()
        r.services.locate("echo", [pod.endpoint])
        answer = await wire.response()
        assert answer.status == 200
        assert float(answer.fields[b"x-cold-start"]) > 0.5
        stats = r.state.stats
        assert (stats.cold_starts, sum(stats.cold_start.counts)) == (1, 1)
        assert sum(stats.cold_first_byte.counts) == 1
        assert b"x-cold-start" not in (await r.ask(get())).fields
        assert stats.cold_starts == 1
        await r.balanced()
        assert r.services.room.held == 0
        await pod.stop()


async def test_a_websocket_is_told_how_long_its_start_took() -> None:
    async def switch(wire: Wire) -> None:
        await wire.head()
        await wire.send(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\nhello")
        await wire.rest()

    async with rig() as r:
        wire = await held(r, get(b"/", *UPGRADE))
        pod = await Pod(switch).start()
        r.services.locate("echo", [pod.endpoint])
        head = await wire.head()
        assert head.startswith(b"HTTP/1.1 101 ")
        assert b"\r\nX-Cold-Start: " in head
        assert await wire.exactly(5) == b"hello"
        assert r.state.idle(r.services.monotonic()) == 0.0  # for as long as it is open
        await wire.close()
        await r.balanced()
        await pod.stop()


@pytest.mark.parametrize("kind", ["stream", "upload"])
async def test_what_goes_on_is_use_until_it_ends(kind: str) -> None:
    async def script(wire: Wire) -> None:
        await wire.head()
        if kind == "stream":
            await wire.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n")
        await wire.rest()

    async with rig(await Pod(script).start()) as r:
        wire = await r.connect()
        await wire.send(get() if kind == "stream" else post(b"0123456789")[:-3])
        await r.until(lambda: r.state.in_flight == 1)
        later = r.services.monotonic() + 3600.0
        assert r.state.idle(later) == 0.0
        await wire.close()
        await r.balanced()
        assert 3500.0 < r.state.idle(later) < 3601.0


async def test_a_browser_that_looks_wakes_and_waits_without_a_request() -> None:
    async with rig() as r:
        heard = listening(r)
        assert (await r.ask(get(b"/", HTML))).status == 503
        assert [one.cause for one in heard] == ["page"]
        assert r.state.waiting == 0
        now = r.services.monotonic()
        assert r.state.lookers(now) == 1
        assert r.state.idle(now + 15.0) == 0.0  # it looks again by then
        assert r.state.idle(now + 30.0) > 0.0


async def test_what_the_scaler_says_stands_in_the_answer() -> None:
    async with rig() as r:
        listening(r)
        r.services.progressed(Progress("echo", Phase.PULLING, "pulling the image", usual_s=600.0))
        answer = await r.ask(get(b"/", b"Prefer: wait=0"))
        assert b"pulling the image" in answer.body
        assert answer.fields[b"x-gateway-phase"] == b"pulling"
        assert 500 < int(answer.fields[b"retry-after"]) <= 600


async def test_after_the_time_to_wake_the_client_hears_why_and_when_to_come_again() -> None:
    async with rig(timeouts=Timeouts(queue=0.05, wake=0.5)) as r:
        answer = await r.ask(get())
        assert (answer.status, answer.fields[b"x-gateway-error"]) == (503, b"no_ready_pod")
        assert b"no scaler is connected" in answer.body
        assert b"expose.timeouts.wake" in answer.body
        assert r.log.entries[-1].queue_wait >= 0.25
        listening(r)
        r.services.progressed(Progress("echo", Phase.SCHEDULING, usual_s=600.0))
        answer = await r.ask(get())
        assert 500 < int(answer.fields[b"retry-after"]) <= 600
        assert b"no scaler" not in answer.body


EXCEPT = WakeExcept(("/health", "*.ico"), ("googlebot",))


@pytest.mark.parametrize(
    ("request_bytes", "spared"),
    [
        (get(b"/healthz?x"), True),
        (get(b"/favicon.ico"), True),
        (get(b"/", b"User-Agent: Mozilla/5.0 (compatible; Googlebot/2.1)"), True),
        (get(b"/app?/health"), False),
        (get(b"/", b"User-Agent: curl/8"), False),
    ],
)
async def test_who_is_excepted_wakes_nothing_and_does_not_wait(
    request_bytes: bytes, spared: bool
) -> None:
    async with rig(wake_except=EXCEPT) as r:
        heard = listening(r)
        if spared:
            answer = await r.ask(request_bytes)
            assert (answer.status, answer.fields[b"x-gateway-error"]) == (503, b"asleep")
            assert int(answer.fields[b"retry-after"]) > 0
        else:
            await held(r, request_bytes)
        assert bool(heard) is not spared


async def test_who_is_excepted_does_not_keep_its_service_awake_either() -> None:
    pod = await Pod(echo).start()
    async with rig(pod, wake_except=EXCEPT) as r:
        assert (await r.ask(get(b"/health"))).status == 200
        await r.balanced()
        assert r.state.admission.ended == 0.0
        assert (await r.ask(get(b"/"))).status == 200
        await r.balanced()
        ended = r.state.admission.ended
        assert ended > 0.0
        assert (await r.ask(get(b"/health", b"Connection: close"))).status == 200
        await r.balanced()
        assert r.state.admission.ended == ended


async def test_a_preflight_is_answered_and_wakes_nothing() -> None:
    request = get(b"/", *PREFLIGHT, method=b"OPTIONS")
    async with rig(cors=Cors(origins=("https://ui.test",))) as r:
        heard = listening(r)
        answer = await r.ask(request)
        assert answer.status == 204
        assert b"PUT" in answer.fields[b"access-control-allow-methods"]
        assert heard == []
    async with rig() as r:
        heard = listening(r)
        answer = await r.ask(request)
        assert (answer.status, answer.fields[b"x-gateway-error"]) == (503, b"preflight")
        assert heard == []
        await held(r, get(b"/", method=b"OPTIONS"))  # any other OPTIONS is a request
        assert len(heard) == 1


async def test_who_may_not_use_the_service_does_not_wake_it() -> None:
    async with rig(set_auth=True, digest=DIGEST) as r:
        heard = listening(r)
        assert (await r.ask(get())).status == 401
        assert heard == []
        assert r.state.admission.ended == 0.0
        await held(r, get(b"/", b"Authorization: Bearer " + TOKEN.encode()))
        assert len(heard) == 1


async def test_a_stopped_service_is_not_woken() -> None:
    async with rig(stopped=True) as r:
        heard = listening(r)
        assert (await r.ask(get())).fields[b"x-gateway-error"] == b"stopped"
        assert heard == []


OFF = Progress("echo", Phase.DISABLED, "scaling is paused")


async def test_who_waits_for_what_nobody_starts_hears_so_at_once() -> None:
    """The scaler hears of each all the same, for what it said may be out of date."""
    async with rig() as r:
        heard = listening(r)
        wire = await held(r, get())
        r.services.progressed(OFF)
        answer = await wire.response()
        assert (answer.status, answer.fields[b"x-gateway-error"]) == (503, b"disabled")
        assert b"scaling is paused" in answer.body
        r.services.wakes.refresh()
        heard.clear()
        assert (await r.ask(get())).fields[b"x-gateway-error"] == b"disabled"
        assert len(heard) == 1
        r.services.progressed(Progress("echo", Phase.WAKING))
        await held(r, get())
        assert r.services.room.held == 1


async def test_what_was_off_and_has_a_pod_that_starts_is_waited_for() -> None:
    async with rig() as r:
        listening(r)
        r.services.progressed(OFF)
        r.services.locate("echo", [Endpoint("127.0.0.1", 9, "new", ready=False)])
        await held(r, get())


async def test_without_a_scaler_what_it_said_before_counts_no_more() -> None:
    async with rig() as r:
        r.services.progressed(OFF)
        await held(r, get())


async def test_one_services_sleepers_leave_room_for_those_of_others() -> None:
    async with rig(limits=Limits(held=4)) as r:
        r.services.define([ServiceSpec("other", api_port=8080)])
        heard = listening(r)
        wires = [await held(r, get()) for _ in range(2)]
        answer = await r.ask(get())
        assert (answer.status, answer.fields[b"x-gateway-error"]) == (503, b"hold_full")
        other = r.services.table.find("other")
        assert other is not None
        wire = await r.connect()
        await wire.send(get().replace(b"/echo/", b"/other/"))
        await r.until(lambda: other.state.waiting == 1)
        assert [one.service for one in heard] == ["echo", "other"]
        await wires.pop().close()
        await wire.close()
        await r.until(lambda: r.services.room.held == 1)
        await held(r, get())


async def test_a_service_that_only_starts_elsewhere_does_not_occupy_room() -> None:
    """Requests that wait for a slot of a busy pod are held by their own queue's limit."""

    async def busy(wire: Wire) -> None:
        await wire.head()
        await wire.rest()

    async with rig(await Pod(busy).start(), concurrency=1, limits=Limits(held=2)) as r:
        await (await r.connect()).send(get())
        await r.until(lambda: r.state.in_flight == 1)
        for _ in range(5):
            await held(r, get())
        assert r.services.room.held == 0


async def test_who_waits_for_a_slot_waits_on_for_a_pod_when_all_have_gone() -> None:
    async def busy(wire: Wire) -> None:
        await wire.head()
        await wire.rest()

    pod = await Pod(busy).start()
    async with rig(pod, concurrency=1, timeouts=Timeouts(queue=0.2, wake=30.0)) as r:
        heard = listening(r)
        await (await r.connect()).send(get())
        await r.until(lambda: r.state.in_flight == 1)
        wire = await held(r, get())
        assert heard == []
        r.services.locate("echo", [])
        assert [one.service for one in heard] == ["echo"]
        await r.until(lambda: len(heard) >= 2)  # a second later, beyond the time in the queue
        assert r.state.waiting == 1
        new = await Pod(echo).start()
        r.services.locate("echo", [new.endpoint])
        assert (await wire.response()).status == 200
        await new.stop()
        await pod.stop()


async def test_a_burst_at_a_sleeping_service_is_served_whole() -> None:
    """By an application that has room for few connections which it has not accepted yet."""
    async with rig(limits=Limits(held=2000)) as r:
        heard = listening(r)
        wires = [await r.connect() for _ in range(500)]
        for each in wires:
            await each.send(get())
        await r.until(lambda: r.state.waiting == 500)
        assert len(heard) >= 1
        pod = await Pod(echo).start(backlog=5)
        r.services.locate("echo", [pod.endpoint])
        answers = await asyncio.gather(*(each.response() for each in wires))
        assert [one.status for one in answers] == [200] * 500
        await r.balanced()
        assert r.state.stats.cold_starts == 1
        await pod.stop()


async def test_a_client_that_leaves_gives_its_place_back() -> None:
    async with rig() as r:
        wire = await held(r, get())
        assert r.services.room.held == 1
        await wire.close()
        await r.balanced()
        assert r.services.room.held == 0
        assert r.state.idle(r.services.monotonic()) < 5.0


async def test_who_is_turned_away_has_used_the_service_all_the_same() -> None:
    async with rig(limits=Limits(held=1)) as r:
        wire = await held(r, get())
        assert (await r.ask(get())).fields[b"x-gateway-error"] == b"hold_full"
        ended = r.state.admission.ended
        assert ended > 0.0
        await wire.close()
        await r.balanced()
        assert r.state.admission.ended > ended
