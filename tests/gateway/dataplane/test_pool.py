"""Idle connections: books only."""

from __future__ import annotations

import asyncio

from gateway.dataplane import pool
from gateway.dataplane.upstream import UpstreamConnection
from gateway.limits import Limits
from gateway.routing.reply import Replies
from gateway.services.backend import Backend
from gateway.services.spec import Endpoint
from gateway.services.state import ServiceState
from gateway.stats import ServiceStats


class Open(asyncio.Transport):
    closing = False

    def is_closing(self) -> bool:
        return self.closing


class Connection(UpstreamConnection):
    def __init__(self, backend: Backend) -> None:
        super().__init__(backend, Replies(Limits(), "gw"), 1000)
        self.closed = False
        self.transport = self.state = Open()

    def close(self) -> None:
        self.closed = True


def backend() -> Backend:
    return Backend(Endpoint("10.0.0.1", 80), 0.0)


def test_the_warmest_connection_goes_first() -> None:
    pod = backend()
    first, second = Connection(pod), Connection(pod)
    pool.give_back(first, 1.0, 10)
    pool.give_back(second, 2.0, 10)
    assert pool.lease(pod, True, 3.0) is second
    assert pool.lease(pod, True, 3.0) is first
    assert pool.lease(pod, True, 3.0) is None


def test_closed_ones_are_never_leased() -> None:
    pod = backend()
    gone, closing, good = Connection(pod), Connection(pod), Connection(pod)
    for one in (good, gone, closing):
        pool.give_back(one, 1.0, 10)
    gone.transport = None
    closing.state.closing = True
    assert pool.lease(pod, True, 1.0) is good
    assert pod.idle == []


def test_requests_that_must_not_be_sent_twice_get_fresh_ones() -> None:
    pod = backend()
    one = Connection(pod)
    pool.give_back(one, 0.0, 10)
    assert pool.lease(pod, False, pool.FRESH + 0.1) is None
    assert pod.idle == [one]
    assert pool.lease(pod, False, pool.FRESH) is one


def test_what_does_not_fit_is_closed() -> None:
    pod = backend()
    kept, surplus, late, dead = (Connection(pod) for _ in range(4))
    pool.give_back(kept, 0.0, 1)
    pool.give_back(surplus, 0.0, 1)
    pod.idle.clear()
    pod.leaving = True
    pool.give_back(late, 0.0, 1)
    pod.leaving = False
    dead.transport = None
    pool.give_back(dead, 0.0, 1)
    assert [kept.closed, surplus.closed, late.closed, dead.closed] == [False, True, True, True]


def test_old_ones_expire() -> None:
    state = ServiceState("echo", ServiceStats(), Limits(), lambda: 0.0, 0.0)
    state.balancer.update([Endpoint("10.0.0.1", 80)], 0.0)
    pod = state.balancer.candidates[0]
    old, new = Connection(pod), Connection(pod)
    pool.give_back(old, 1.0, 10)
    pool.give_back(new, 2.0, 10)
    pods = {pod}
    assert pool.expired(pods, 0.5) == []
    assert pool.expired(pods, 1.0) == [old]
    assert pod.idle == [new]
    assert pods == {pod}
    assert pool.expired(pods, 2.0) == [new]
    assert pods == set()


def test_what_has_been_idle_longest_is_surplus_whichever_pod_it_leads_to() -> None:
    first, second = backend(), backend()
    kept = Connection(first)
    pool.give_back(kept, 3.0, 9)
    old = [Connection(second), Connection(first)]
    for connection, since in zip(old, (1.0, 2.0), strict=True):
        pool.give_back(connection, since, 9)
    assert pool.surplus({first, second}, 2) == old
    assert first.idle == [kept]
    assert pool.surplus({first, second}, 2) == [kept]
    assert pool.surplus({first, second}, 2) == []


class Shared:
    """A connection of HTTP/2, as the pool sees it."""

    def __init__(self, *, free: bool = True, idle: bool = True, since: float = 0.0) -> None:
        self.free, self.idle, self.since = free, idle, since

    def open(self) -> object:
        return self


def test_a_shared_connection_is_leased_while_it_has_room_and_stays() -> None:
    pod = backend()
    full, free = Shared(free=False), Shared()
    pod.shared = [full, free]
    for _ in range(2):
        leased: object = pool.lease(pod, False, 100.0)
        assert leased is free
    free.free = False
    assert pool.lease(pod, True, 100.0) is None


def test_shared_connections_expire_when_nobody_uses_them() -> None:
    pod = backend()
    old, busy, new = Shared(), Shared(idle=False), Shared(since=5.0)
    pod.shared = [old, busy, new]
    pods = {pod}
    found: list[object] = list(pool.expired(pods, 1.0))
    assert found == [old]
    assert pods == {pod}
    spared: list[object] = list(pool.surplus(pods, 1))
    assert spared == [old]
    pod.shared = []
    pool.expired(pods, 1.0)
    assert pods == set()
