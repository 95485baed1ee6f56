"""Pods that are killed and come back, round after round, and applications that fail everywhere.

Other proxies in the first: HAProxy is away for no time, Caddy for 2.3 s and nginx for 4.0 s in each
round; none for longer with each.
"""

from __future__ import annotations

import pytest

from gateway.limits import Limits
from gateway.services.spec import Endpoint
from shared.service.model import Timeouts
from tests.gateway.harness import Pod, Rig, Wire, answering, get, post, rig

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
OOPS = b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n"
BUSY = b"HTTP/1.1 503 Busy\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n"
SWITCHED = b"HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\n\r\nhello"
STREAM = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"
OWN = "127.0.78.1"
"""An address on which nobody else takes the port of a pod that is dead for a moment."""
FOREVER = Limits(ejection_failures=3, ejection_pause=1000.0, ejection_longest=1000.0)


class Fleet:
    """Pods with fixed addresses, killed and revived; the cluster tells nothing of it."""

    def __init__(self, *pods: Pod) -> None:
        self.pods = list(pods)

    @classmethod
    async def start(cls, count: int) -> Fleet:
        return cls(*[await Pod(answering(OK)).start(OWN) for _ in range(count)])

    async def kill(self, number: int) -> None:
        await self.pods[number].stop()

    async def revive(self, number: int) -> None:
        old = self.pods[number]
        self.pods[number] = await Pod(answering(OK)).start(old.address, old.port)

    async def stop(self) -> None:
        for pod in self.pods:
            await pod.stop()


class DyingPod(Pod):
    """Can be told by its script to listen no more."""

    async def stop_listening(self) -> None:
        assert self._server is not None
        self._server.close()


async def answered(r: Rig, count: int) -> list[int]:
    return [(await r.ask(get())).status for _ in range(count)]


async def ejected(r: Rig) -> None:
    """Ask until a pod is left out, and see every request answered."""
    for _ in range(200):
        assert await answered(r, 1) == [200]
        if r.state.endpoints()["ejected"]:
            return
    raise AssertionError("no pod was left out")


@pytest.mark.parametrize("count", [2, 3])
async def test_a_service_is_away_in_no_round_of_killed_and_revived_pods(count: int) -> None:
    """Each round kills the pods that are asked while the one killed before is still left out."""
    fleet = await Fleet.start(count)
    async with rig(*fleet.pods, limits=FOREVER) as r:
        for turn in range(3 * count):
            dead = turn % count
            await fleet.kill(dead)
            await ejected(r)
            await fleet.revive(dead)
            for other in range(count):
                if other != dead:
                    await fleet.kill(other)
            assert set(await answered(r, 10)) == {200}
            assert (await r.ask(post(b"x"))).status == 200
            for other in range(count):
                if other != dead:
                    await fleet.revive(other)
        await r.balanced()
        await fleet.stop()


async def test_a_pod_that_proved_well_is_asked_again_like_the_others() -> None:
    fleet = await Fleet.start(2)
    async with rig(*fleet.pods, limits=FOREVER) as r:
        await fleet.kill(0)
        await ejected(r)
        await fleet.revive(0)
        await fleet.kill(1)
        assert set(await answered(r, 20)) == {200}
        assert [one.label for one in r.state.balancer.candidates] == [f"{OWN}:{fleet.pods[0].port}"]
        await fleet.stop()


@pytest.mark.parametrize(
    ("request_head", "answer", "back"),
    [
        (get(b"/", b"Connection: upgrade", b"Upgrade: websocket"), SWITCHED, True),
        (get(), STREAM, True),
        (get(), STREAM.replace(b"200 OK", b"500 Oops"), False),
    ],
)
async def test_a_pod_that_began_an_endless_answer_is_asked_again(
    request_head: bytes, answer: bytes, back: bool
) -> None:
    """A service of WebSockets alone has hardly any answer that ends."""

    async def script(wire: Wire) -> None:
        await wire.head()
        await wire.send(answer)
        await wire.rest()

    dead, well = await Pod(script).start(), await Pod(script).start()
    await dead.stop()
    async with rig(dead, well, limits=FOREVER) as r:
        backend = r.state.balancer.backends[well.address, well.port]
        for _ in range(3):
            r.state.balancer.failed(backend, 0.0)
        wire = await r.connect()
        await wire.send(request_head)
        await wire.reader.readuntil(b"hello")
        assert (backend in r.state.balancer.candidates) is back


async def test_a_connection_that_died_idle_costs_no_try() -> None:
    """nginx: a cached connection that fails is not counted in proxy_next_upstream_tries."""

    async def script(wire: Wire) -> None:
        await wire.request()
        await wire.send(OK)
        await wire.request()
        await dying_pod.stop_listening()
        wire.reset()

    dying_pod = DyingPod(script)
    dying = await dying_pod.start()
    dead, well = await Pod(answering(OK)).start(), await Pod(answering(OK)).start()
    await dead.stop()
    async with rig(dying, limits=FOREVER) as r:
        await answered(r, 1)
        r.services.locate("echo", [dying.endpoint, dead.endpoint, well.endpoint])
        well_known = r.state.balancer.backends[well.address, well.port]
        r.state.balancer.backends[dead.address, dead.port].in_flight = 1
        well_known.in_flight = 2
        r.state.balancer._random = lambda: 0.0  # of the first two, the one with less to do
        assert await answered(r, 1) == [200]
        assert r.log.entries[-1].retries == 3
        r.state.balancer.backends[dead.address, dead.port].in_flight = 0
        well_known.in_flight = 0
        await well.stop()


async def test_the_last_pod_to_try_may_refuse_for_a_moment() -> None:
    """Both pods are restarted at once: what nobody has taken yet waits for the first that is back,
    as it does with a single pod."""
    fleet = await Fleet.start(2)
    async with rig(*fleet.pods) as r:
        await fleet.kill(0)
        await fleet.kill(1)
        wire = await r.connect()
        await wire.send(post(b"x"))
        await r.until(lambda: bool(r.state.stats.retries))
        await fleet.revive(0)
        await fleet.revive(1)
        assert (await wire.response()).status == 200
        await fleet.stop()


async def test_two_of_three_dead_pods_are_both_left_out() -> None:
    """With one of them in the choice, every other request would need a retry."""
    fleet = await Fleet.start(3)
    async with rig(*fleet.pods, limits=FOREVER) as r:
        await fleet.kill(0)
        await fleet.kill(1)
        for _ in range(200):
            assert await answered(r, 1) == [200]
            if r.state.endpoints()["ejected"] == 2:
                break
        assert r.state.endpoints()["ejected"] == 2
        await fleet.stop()


@pytest.mark.parametrize("answer", [OOPS, BUSY])
async def test_what_all_pods_answer_ejects_nobody(answer: bytes) -> None:
    """Envoy would leave out its `max_ejection_percent`, the gateway left out all pods but one."""
    pods = [await Pod(answering(answer)).start() for _ in range(4)]
    async with rig(*pods, limits=FOREVER) as r:
        wire = await r.connect()
        for _ in range(150):
            await wire.send(get())
            assert (await wire.response()).status >= 500
        assert r.state.endpoints()["ejected"] == 0
        assert r.state.stats.ejections <= 1  # before another had answered


async def test_at_most_a_third_is_left_out_for_its_answers() -> None:
    sick = [await Pod(answering(OOPS)).start() for _ in range(4)]
    well = [await Pod(answering(OK)).start() for _ in range(3)]
    async with rig(*sick, *well, limits=FOREVER) as r:
        wire = await r.connect()
        for _ in range(400):
            await wire.send(get())
            await wire.response()
            assert r.state.endpoints()["ejected"] <= 2
        assert r.state.endpoints()["ejected"] == 2


async def test_a_dead_pod_that_everybody_tries_holds_nobody_up() -> None:
    """The pod accepts no connection in time: another one is asked, one left out if need be."""
    pod = await Pod(answering(OK)).start()
    dead = Endpoint("127.0.0.1", 9)
    timeouts = Timeouts(connect=0.3)
    async with rig(pod, limits=FOREVER, timeouts=timeouts) as r:
        r.services.locate("echo", [dead, pod.endpoint])
        backend = r.state.balancer.backends[pod.address, pod.port]
        for _ in range(3):
            r.state.balancer.failed(backend, 0.0)
        assert [one.endpoint for one in r.state.balancer.candidates] == [dead]
        assert await answered(r, 3) == [200] * 3
