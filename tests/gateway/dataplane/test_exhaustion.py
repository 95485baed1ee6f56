"""The gateway's own want of descriptors, ports and rights, which is no pod's fault.

nginx logs such an error as its own (`socket() failed`) and answers 500; HAProxy marks the session
with `R` (resources of the proxy) and not the server.
"""

from __future__ import annotations

import errno
import os
import resource
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from gateway.limits import Limits
from tests.gateway.harness import Pod, Rig, Wire, answering, get, post, rig

if TYPE_CHECKING:
    from collections.abc import Iterator

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@contextmanager
def no_descriptors() -> Iterator[None]:
    """This process may open no more: EMFILE."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    spare = os.dup(0)
    os.close(spare)
    resource.setrlimit(resource.RLIMIT_NOFILE, (spare, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def connected(r: Rig) -> Wire:
    wire = await r.connect()
    await r.until(lambda: len(r.gateway.connections.open) == len(r.wires))
    return wire


async def test_a_gateway_without_descriptors_says_so_and_blames_no_pod() -> None:
    pod = await Pod(answering(OK)).start()
    async with rig(pod, limits=Limits(ejection_failures=1)) as r:
        wire = await connected(r)
        with no_descriptors():
            for _ in range(3):
                await wire.send(get())
                answer = await wire.response()
                assert answer.status == 503
                assert answer.fields[b"x-gateway-error"] == b"gateway_exhausted"
                assert answer.fields[b"retry-after"] == b"2"
                assert b"RLIMIT_NOFILE" in answer.body
                assert b"GATEWAY_MAX_CONNECTIONS" in answer.body
        assert (r.state.stats.upstream_errors, r.state.stats.retries) == ({}, {})
        assert r.state.balancer.candidates[0].failures == 0
        await wire.send(get())
        assert (await wire.response()).status == 200
        await r.balanced()
        assert [one.reason for one in r.log.entries] == ["gateway_exhausted"] * 3 + [""]


async def test_idle_connections_to_pods_are_given_up_first(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = [await Pod(answering(OK)).start() for _ in range(2)]
    async with rig(first) as r:
        wire = await connected(r)
        await wire.send(get())
        await wire.response()
        r.services.locate("echo", [first.endpoint, second.endpoint])
        idle = r.state.balancer.backends[first.address, first.port]
        idle.in_flight = 50  # so that the other is asked
        loop = r.gateway.context.loop
        connect = loop.create_connection

        async def once(*args: Any) -> Any:
            if idle.idle:
                raise OSError(errno.EMFILE, "Too many open files")
            return await connect(*args)

        monkeypatch.setattr(loop, "create_connection", once)
        await wire.send(post(b"x"))
        assert (await wire.response()).status == 200
        idle.in_flight = 0
        assert idle.idle == []
        assert second.connections == 1
        await second.stop()
        assert r.log.entries[-1].retries == 0


@pytest.mark.parametrize(
    ("error", "own"),
    [
        (errno.EMFILE, True),
        (errno.ENFILE, True),
        (errno.ENOBUFS, True),
        (errno.ENOMEM, True),
        (errno.EADDRNOTAVAIL, True),
        (errno.EADDRINUSE, True),
        (errno.EAGAIN, True),
        (errno.EACCES, True),
        (errno.EPERM, True),
        (errno.EAFNOSUPPORT, True),
        (errno.ENETDOWN, True),
        (errno.ECONNRESET, False),
        (errno.EHOSTUNREACH, False),
        (errno.ENETUNREACH, False),
        (errno.ETIMEDOUT, False),
        (errno.EHOSTDOWN, False),
        (-2, False),  # getaddrinfo: the name of the services API is not known
    ],
)
async def test_whose_an_error_of_connecting_is(
    error: int, own: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts = 0

    async def failing(*_: Any) -> None:
        nonlocal attempts
        attempts += 1
        raise OSError(error, "so it is")

    pods = [await Pod(answering(OK)).start() for _ in range(2)]
    async with rig(*pods, limits=Limits(ejection_failures=1)) as r:
        wire = await connected(r)
        monkeypatch.setattr(r.gateway.context.loop, "create_connection", failing)
        await wire.send(get())
        answer = await wire.response()
        monkeypatch.undo()
        assert (answer.status, attempts) == ((503, 1) if own else (502, 2))
        reason = b"gateway_exhausted" if own else b"connect_failed"
        assert answer.fields[b"x-gateway-error"] == reason
        assert b"so it is" in answer.body
        assert bool(r.state.stats.upstream_errors) is not own
        assert r.state.endpoints()["ejected"] == (0 if own else 1)
        await r.balanced()
