"""Elections over HTTP against a small server of one Lease, in virtual time."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

import pytest
from aiohttp import web

from shared.kube.client import KubeClient
from shared.kube.lease import MARGIN, Election
from shared.runtime.clock import ManualClock
from tests.shared.kube.scripted import Script, hangs, refuses, says
from tests.tasks import running
from tests.waiting import until


class LeaseServer:
    """One Lease with optimistic concurrency."""

    def __init__(self) -> None:
        self.lease: dict[str, Any] | None = None
        self._versions = itertools.count(1)

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        if request.method == "GET":
            absent = refuses(404, "NotFound")
            return await (says(self.lease) if self.lease else absent)(request)
        body = await request.json()
        if request.method == "POST" and self.lease is not None:
            return await refuses(409, "AlreadyExists")(request)
        if request.method == "PUT":
            assert self.lease is not None
            read = body["metadata"]["resourceVersion"]
            if read != self.lease["metadata"]["resourceVersion"]:
                return await refuses(409, "Conflict")(request)
        body["metadata"]["resourceVersion"] = str(next(self._versions))
        self.lease = body
        return await says(body)(request)

    @property
    def spec(self) -> dict[str, Any]:
        assert self.lease is not None
        spec: dict[str, Any] = self.lease["spec"]
        return spec


@pytest.fixture
def server(api: Script) -> LeaseServer:
    api.otherwise = LeaseServer()
    return api.otherwise


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


async def at_rest(clock: ManualClock, sleepers: int = 1) -> None:
    """Real sockets are between the election and its next wait."""
    await until(lambda: clock.sleeping >= sleepers, "all elections wait")


async def walk(clock: ManualClock, seconds: int, sleepers: int) -> None:
    for _ in range(seconds):
        await clock.advance(1.0)
        await at_rest(clock, sleepers)


def candidate(kube: KubeClient, name: str, clock: ManualClock, **more: Any) -> Election:
    return Election(kube, "scaler", "oscar", name, clock, **more)


async def test_the_first_candidate_creates_the_lease_and_leads(
    kube: KubeClient, server: LeaseServer, clock: ManualClock
) -> None:
    told: list[bool] = []
    election = candidate(kube, "a", clock, on_change=told.append)
    assert not election.may_write(clock.monotonic())
    async with running(election.run()):
        await at_rest(clock)
        assert election.leading
        assert told == [True]
        assert server.spec == {
            "holderIdentity": "a",
            "leaseDurationSeconds": 12,
            "acquireTime": "1970-01-12T13:46:40.000000Z",
            "renewTime": "1970-01-12T13:46:40.000000Z",
            "leaseTransitions": 0,
        }


async def test_a_leader_renews_and_a_second_candidate_waits(
    kube: KubeClient, server: LeaseServer, clock: ManualClock
) -> None:
    first, second = candidate(kube, "a", clock), candidate(kube, "b", clock)
    async with running(first.run()):
        await at_rest(clock)
        async with running(second.run()):
            await at_rest(clock, 2)
            await walk(clock, 60, sleepers=2)
            assert first.may_write(clock.monotonic())
            assert not second.leading
    assert server.spec["leaseTransitions"] == 0


async def test_a_dead_leader_is_replaced_within_15_seconds(
    kube: KubeClient, server: LeaseServer, clock: ManualClock
) -> None:
    dead = candidate(kube, "dead", clock)
    await dead.attempt()  # it renews once and is never heard of again
    heir = candidate(kube, "heir", clock)
    async with running(heir.run()):
        await at_rest(clock)
        for _ in range(15):
            both = dead.may_write(clock.monotonic()) and heir.may_write(clock.monotonic())
            assert not both
            await walk(clock, 1, sleepers=1)
        assert heir.leading
        assert server.spec["holderIdentity"] == "heir"
        assert server.spec["leaseTransitions"] == 1


async def test_the_deadline_counts_from_before_the_renewal_was_sent(
    kube: KubeClient, server: LeaseServer, api: Script, clock: ManualClock
) -> None:
    async def slowly(request: web.Request) -> web.StreamResponse:
        await clock.advance(4.0)
        return await server(request)

    election = candidate(kube, "a", clock)
    began = clock.monotonic()
    api.then(slowly)
    await election.attempt()
    assert clock.monotonic() == began + 4.0
    assert election.may_write(began + 12 - MARGIN - 0.01)
    assert not election.may_write(began + 12 - MARGIN)


async def test_a_process_that_was_stopped_may_not_write_when_it_goes_on(
    kube: KubeClient, server: LeaseServer, clock: ManualClock
) -> None:
    election = candidate(kube, "a", clock)
    await election.attempt()
    assert election.may_write(clock.monotonic())
    await clock.advance(60.0)  # SIGSTOP: the clock goes on, our code does not
    assert election.leading  # nobody has told it yet,
    assert not election.may_write(clock.monotonic())  # but the clock has


async def test_a_leader_that_cannot_renew_stops_in_time(
    kube: KubeClient, server: LeaseServer, api: Script, clock: ManualClock
) -> None:
    told: list[bool] = []
    election = candidate(kube, "a", clock, on_change=told.append)
    async with running(election.run()):
        await at_rest(clock)
        api.otherwise = refuses(500, "InternalError")
        await walk(clock, 9, sleepers=1)
        assert election.leading
        await walk(clock, 2, sleepers=1)
        assert told == [True, False]
        api.otherwise = server
        await walk(clock, 2, sleepers=1)
        assert told == [True, False, True]


async def test_a_leader_that_finds_another_holder_stops_at_once(
    kube: KubeClient, server: LeaseServer, clock: ManualClock
) -> None:
    election = candidate(kube, "a", clock)
    async with running(election.run()):
        await at_rest(clock)
        server.spec["holderIdentity"] = "usurper"
        await walk(clock, 3, sleepers=1)
        assert not election.leading
        assert not election.may_write(clock.monotonic())


async def test_of_two_candidates_one_wins(
    kube: KubeClient, server: LeaseServer, clock: ManualClock
) -> None:
    both = [candidate(kube, name, clock) for name in ("a", "b")]
    await asyncio.gather(*(one.attempt() for one in both))
    assert [one.leading for one in both].count(True) == 1


async def test_of_two_heirs_one_wins(
    kube: KubeClient, server: LeaseServer, clock: ManualClock
) -> None:
    await candidate(kube, "dead", clock).attempt()
    heirs = [candidate(kube, name, clock) for name in ("a", "b")]
    await asyncio.gather(*(one.attempt() for one in heirs))
    await clock.advance(12.0)
    await asyncio.gather(*(one.attempt() for one in heirs))
    assert [one.leading for one in heirs].count(True) == 1


async def test_a_lease_that_is_deleted_stays_with_its_holder(
    kube: KubeClient, server: LeaseServer, clock: ManualClock
) -> None:
    holder, other = (candidate(kube, name, clock) for name in ("a", "b"))
    await holder.attempt()
    await other.attempt()
    server.lease = None
    await other.attempt()
    assert not other.leading
    await holder.attempt()
    assert server.spec["holderIdentity"] == "a"
    await other.attempt()
    server.lease = None
    await clock.advance(12.0)
    await other.attempt()
    assert other.leading, "the holder is dead"


async def test_shutdown_gives_the_lease_back_and_the_next_leads_at_once(
    kube: KubeClient, server: LeaseServer, clock: ManualClock
) -> None:
    told: list[bool] = []
    first = candidate(kube, "a", clock, on_change=told.append)
    async with running(first.run()):
        await at_rest(clock)
    assert server.spec["holderIdentity"] == ""
    assert told == [True, False]
    assert not first.may_write(clock.monotonic())
    heir = candidate(kube, "b", clock)
    await heir.attempt()
    assert heir.leading


async def test_shutdown_does_not_take_the_lease_from_another(
    kube: KubeClient, server: LeaseServer, clock: ManualClock
) -> None:
    async with running(candidate(kube, "a", clock).run()):
        await at_rest(clock)
        server.spec["holderIdentity"] = "other"
    assert server.spec["holderIdentity"] == "other"


async def test_shutdown_is_bounded_when_the_server_is_silent(
    kube: KubeClient, server: LeaseServer, api: Script, clock: ManualClock
) -> None:
    async with running(candidate(kube, "a", clock, release=0.05).run()):
        await at_rest(clock)
        api.otherwise = hangs()


async def test_a_missing_right_is_told_with_its_remedy(
    kube: KubeClient, api: Script, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    api.otherwise = refuses(403, "Forbidden")
    election = candidate(kube, "a", clock)
    await election.attempt()
    assert "get, create and update leases of API group coordination.k8s.io" in caplog.text
    for _ in range(70):  # seconds
        await election.attempt()
        await clock.advance(1.0)
    assert caplog.text.count("get, create and update") == 2, "once a minute, not once a second"


@pytest.mark.parametrize("renew", [0.0, 10.0, 20.0])
def test_a_renewal_must_fit_into_the_duration(kube: Any, renew: float) -> None:
    with pytest.raises(ValueError, match="renew"):
        Election(kube, "l", "ns", "a", duration=12, renew=renew)


async def test_the_holder_tells_what_others_may_read(
    server: LeaseServer, kube: KubeClient, clock: ManualClock
) -> None:
    told = {"note": "first"}
    election = Election(kube, "scaler", "oscar", "a", clock, annotations=lambda: told)
    assert await election.attempt()
    assert server.lease is not None
    server.lease["metadata"]["annotations"]["theirs"] = "stays"
    told = {"note": "second"}
    assert await election.attempt()
    assert server.lease["metadata"]["annotations"] == {"note": "second", "theirs": "stays"}
