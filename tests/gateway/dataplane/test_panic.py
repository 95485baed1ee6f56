"""A node that its cluster does not hear of, and pods that are really gone, over real sockets."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gateway.admin.metrics import render
from tests.gateway.harness import Pod, Rig, answering, get, rig

if TYPE_CHECKING:
    import pytest

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


async def fleet() -> list[Pod]:
    return [await Pod(answering(OK)).start() for _ in range(2)]


def silence(r: Rig, pods: list[Pod]) -> None:
    """The cluster hears nothing of the node of these pods."""
    r.services.locate("echo", [replace(one.endpoint, ready=False) for one in pods])


async def answered(r: Rig, count: int) -> list[int]:
    return [(await r.ask(get())).status for _ in range(count)]


async def test_no_request_fails_while_a_node_is_not_ready(caplog: pytest.LogCaptureFixture) -> None:
    pods = await fleet()
    async with rig(*pods) as r:
        assert set(await answered(r, 10)) == {200}
        silence(r, pods)
        silence(r, pods)
        assert set(await answered(r, 10)) == {200}
        assert [pod.connections for pod in pods] == [1, 1]
        assert (r.state.endpoints()["held"], r.state.stats.panics) == (2, 1)
        assert caplog.text.count("all pods of service echo stopped being ready at once") == 1
        r.services.locate("echo", [pod.endpoint for pod in pods])
        assert "held" not in r.state.endpoints()
        assert set(await answered(r, 10)) == {200}
        assert caplog.text.count("service echo uses no pods that are not ready any more") == 1


async def test_a_real_outage_ends_with_the_first_refusal_of_each_pod(
    caplog: pytest.LogCaptureFixture,
) -> None:
    pods = await fleet()
    async with rig(*pods) as r:
        await answered(r, 10)
        silence(r, pods)
        await pods[0].stop()
        assert set(await answered(r, 10)) == {200}  # tried again at the other
        await pods[1].stop()
        wire = await r.connect()
        await wire.send(get())
        await r.until(lambda: r.state.waiting == 1)  # nothing was sent: it waits for a ready pod
        assert r.state.balancer.candidates == []
        r.services.refresh(r.services.monotonic())
        assert "uses no pods that are not ready any more: they failed" in caplog.text
        pods.append(await Pod(answering(OK)).start())
        r.services.locate("echo", [pods[2].endpoint])
        assert (await wire.response()).status == 200
        await r.balanced()
        await pods[2].stop()


async def test_pods_that_terminate_get_nothing_new() -> None:
    pods = await fleet()
    async with rig(*pods) as r:
        await answered(r, 10)
        going = [replace(one.endpoint, ready=False, terminating=True) for one in pods]
        r.services.locate("echo", going)
        assert r.state.balancer.candidates == []


def test_it_is_counted() -> None:
    numbers = {"services": {"echo": {"panics": 2, "endpoints": {"held": 1, "ready": 0}}}}
    text = render(numbers).decode()
    assert 'gateway_panics_total{service="echo"} 2.0' in text
    assert 'gateway_endpoints{service="echo",state="held"} 1.0' in text
