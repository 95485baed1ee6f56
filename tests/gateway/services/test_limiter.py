"""The limits of a service before a clock of the test's, and over workers that share memory."""

from __future__ import annotations

import os
from collections import defaultdict, deque
from random import Random
from typing import TYPE_CHECKING

import pytest

from gateway.protocol.reasons import Refusal
from gateway.services.limiter import Caller, Limiter, Permit, Table, table
from gateway.sharing.cells import WAYS, Cells, size
from gateway.sharing.memory import Memory
from shared.service.model import RateLimit

if TYPE_CHECKING:
    from collections.abc import Iterator

HOUR = 3600
ME = Caller("10.0.0.1")
OTHER = Caller("10.0.0.2")


def limiter(*limits: RateLimit, where: Table | None = None, set_auth: bool = False) -> Limiter:
    return Limiter("s", limits, where or table(None), set_auth=set_auth)


def taken(limits: Limiter, caller: Caller = ME, at: float = 100.0) -> Permit:
    found = limits.admit(caller, at)
    assert isinstance(found, Permit), found
    return found


def refused(limits: Limiter, caller: Caller = ME, at: float = 100.0) -> Refusal:
    found = limits.admit(caller, at)
    assert isinstance(found, Refusal), found
    return found


@pytest.fixture
def shared() -> Iterator[tuple[Memory, Memory]]:
    """The memory of two workers, as each of them sees it."""
    parent = Memory.make(2)
    yield parent, Memory(parent.descriptor, parent.bells, 1)
    for descriptor in parent.descriptors:
        os.close(descriptor)


def test_what_clients_are_told() -> None:
    limits = limiter(
        RateLimit(requests=2, burst=3), RateLimit(1000, 3600, in_flight=9, per="service")
    )
    policy = b'RateLimit-Policy: "address";q=3;w=2, "service";q=1000;w=3600\r\n'
    assert taken(limits).lines == (
        policy + b'RateLimit: "address";r=2;t=1, "service";r=999;t=4\r\n'
    )
    taken(limits)
    assert taken(limits).lines == (
        policy + b'RateLimit: "address";r=0;t=2, "service";r=997;t=11\r\n'
    )
    no = refused(limits)
    assert (no.reason, no.status, no.close, no.retry_after) == ("rate_limited", 429, False, 1)
    assert no.lines == policy + b'RateLimit: "address";r=0;t=2\r\n'
    assert no.detail == "at most 2 a second from one address, and 3 at once"
    assert taken(limits, OTHER).lines.endswith(b'"service";r=996;t=15\r\n'), "refusals cost nothing"
    assert taken(limits, at=100.5).lines.startswith(policy + b'RateLimit: "address";r=0;t=2')


def test_limits_of_one_kind_have_names_of_their_own() -> None:
    limits = limiter(RateLimit(5), RateLimit(100, 3600), RateLimit(in_flight=2))
    assert b'"address";q=5;w=1, "address-2";q=100;w=3600\r\n' in taken(limits).lines


def test_requests_in_flight_are_counted_until_they_are_over() -> None:
    limits = limiter(RateLimit(in_flight=2))
    first, second = taken(limits), taken(limits)
    assert first.lines == b""
    no = refused(limits)
    assert (no.retry_after, no.lines) == (1, b"")
    assert no.detail == "at most 2 at a time from one address"
    taken(limits, OTHER)
    first.release()
    first.release()
    third = taken(limits)
    refused(limits)
    second.release()
    third.release()
    taken(limits)


def test_what_one_limit_refuses_counts_for_none() -> None:
    limits = limiter(RateLimit(10, HOUR, in_flight=5), RateLimit(in_flight=1, per="service"))
    held = taken(limits)
    for _ in range(20):
        refused(limits)
    held.release()
    for left in range(8, -1, -1):
        permit = taken(limits)
        assert b'"address";r=%d;' % left in permit.lines
        permit.release()
    refused(limits)


@pytest.mark.parametrize(
    ("per", "set_auth", "callers"),
    [
        ("address", False, [ME, OTHER]),
        ("token", False, [ME, OTHER, Caller("10.0.0.1", b"x"), Caller("10.0.0.1", b"y")]),
    ],
)
def test_each_caller_has_its_own(per: str, set_auth: bool, callers: list[Caller]) -> None:
    limits = limiter(RateLimit(1, HOUR, per=per), set_auth=set_auth)  # type: ignore[arg-type]
    for caller in callers:
        taken(limits, caller)
    for caller in callers:
        refused(limits, caller)


@pytest.mark.parametrize(
    ("per", "set_auth"), [("service", False), ("service", True), ("token", True)]
)
def test_all_callers_share_one(per: str, set_auth: bool) -> None:
    """A service that asks for its token has one token, so that all its callers are one."""
    limits = limiter(RateLimit(2, HOUR, per=per), set_auth=set_auth)  # type: ignore[arg-type]
    taken(limits)
    taken(limits, Caller("10.0.0.9", b"x"))
    refused(limits, OTHER)


def test_a_token_is_the_same_from_everywhere() -> None:
    limits = limiter(RateLimit(1, HOUR, per="token"))
    taken(limits, Caller("10.0.0.1", b"x"))
    refused(limits, Caller("10.0.0.2", b"x"))


def test_a_new_definition_forgives_nothing() -> None:
    where = table(None)
    taken(limiter(RateLimit(1, HOUR), where=where))
    refused(limiter(RateLimit(2, HOUR), where=where))
    taken(Limiter("t", [RateLimit(1, HOUR)], where, set_auth=False))


def test_all_workers_together_take_no_more_than_one_alone(shared: tuple[Memory, Memory]) -> None:
    """Against logs of what each caller was let in, in a window that slides."""
    first, second = (limiter(RateLimit(3, 1, in_flight=4), where=table(one)) for one in shared)
    random, now = Random(7), 50.0
    budget = defaultdict[str, float](lambda: 3.0)
    last = defaultdict[str, float](lambda: now)
    held = defaultdict[str, deque[Permit]](deque)
    for _ in range(5000):
        now += random.choice((0.0, 0.0, 0.125, 0.25, 1.0))
        name = f"10.0.0.{random.randrange(3)}"
        if random.random() < 0.4 and held[name]:
            held[name].popleft().release()
            continue
        budget[name] = min(3.0, budget[name] + 3 * (now - last[name]))
        last[name] = now
        found = random.choice((first, second)).admit(Caller(name), now)
        expected = budget[name] >= 1 - 1e-6 and len(held[name]) < 4
        assert isinstance(found, Permit) == expected
        if isinstance(found, Permit):
            budget[name] -= 1
            held[name].append(found)


def test_what_a_dead_worker_held_is_free_again(shared: tuple[Memory, Memory]) -> None:
    mine, its = (limiter(RateLimit(100, in_flight=2), where=table(one)) for one in shared)
    taken(its)
    taken(mine)
    refused(mine)
    shared[0].forget(1)
    taken(mine)
    refused(mine)


def small(sets: int = 1) -> Table:
    rows = sets * WAYS
    return Table(Cells(memoryview(bytearray(size(rows, 1))), rows, 1), b"secret")


def test_nobody_is_forgotten_for_others_and_those_without_room_share_one() -> None:
    """An attacker with ever new addresses gets one more budget for all of them, and neither makes
    anybody's count forgotten nor takes the room of another service."""
    where = small()
    limits = limiter(RateLimit(1, HOUR), where=where)
    known = [Caller(f"10.1.0.{number}") for number in range(4)]
    for caller in known:
        taken(limits, caller)
    assert (
        sum(
            isinstance(limits.admit(Caller(f"10.2.{number}.1"), 100.0), Permit)
            for number in range(250)
        )
        == 1
    )
    for caller in known:
        refused(limits, caller)
    another = Limiter("another", [RateLimit(1, HOUR)], where, set_auth=False)
    for caller in known:
        taken(another, caller)
        refused(another, caller)


def test_rows_that_are_paid_off_make_room() -> None:
    limits = limiter(RateLimit(1), where=small())
    for second in range(1000):
        for number in range(4):
            taken(limits, Caller(f"10.{second // 250}.{second % 250}.{number}"), 100.0 + 2 * second)


def test_a_row_in_use_is_kept_for_its_caller_however_long() -> None:
    limits = limiter(RateLimit(1000, in_flight=1), where=small())
    held = taken(limits, ME)
    for number in range(100):
        limits.admit(Caller(f"10.2.0.{number}"), 200.0 + number)
    refused(limits, ME, 1000.0)
    held.release()
    taken(limits, ME, 1001.0)
