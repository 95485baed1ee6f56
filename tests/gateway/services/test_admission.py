"""Slots and the queue: books only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.limits import Limits
from gateway.services.admission import Admission
from gateway.services.balancer import Balancer
from gateway.services.spec import Endpoint

if TYPE_CHECKING:
    from gateway.services.backend import Backend


class Waiter:
    def __init__(self) -> None:
        self.backend: Backend | None = None
        self.since = 0.0
        self.reason = ""

    def dismissed(self, reason: str) -> None:
        self.reason = reason

    def granted(self, backend: Backend, now: float) -> None:
        self.backend = backend
        self.since = now


def admission(pods: int, limit: int = 0, longest: int = 10) -> tuple[Admission, Balancer]:
    balancer = Balancer(Limits(), lambda: 0.0)
    balancer.update([Endpoint(f"10.0.0.{number}", 80) for number in range(pods)], 0.0)
    made = Admission(balancer, longest)
    made.limit = limit
    return made, balancer


def test_slots_are_counted_and_given_back() -> None:
    slots, balancer = admission(1)
    held = [slots.acquire(0.0) for _ in range(3)]
    assert (slots.in_flight, slots.total, balancer.candidates[0].in_flight) == (3, 3, 3)
    for backend in held:
        assert backend is not None
        slots.release(backend, 0.0)
    assert (slots.in_flight, slots.total, balancer.candidates[0].in_flight) == (0, 3, 0)


def test_nobody_overtakes() -> None:
    slots, _ = admission(1, limit=1)
    held = slots.acquire(0.0)
    assert held is not None
    first, second = Waiter(), Waiter()
    assert slots.acquire(0.0) is None
    assert slots.wait(first)
    assert slots.wait(second)
    slots.release(held, 0.0)
    assert first.backend is held
    assert second.backend is None
    assert slots.acquire(0.0) is None
    assert repr(slots) == "<Admission 1 in flight, 1 waiting>"


def test_the_queue_is_bounded() -> None:
    slots, _ = admission(0, longest=1)
    assert slots.wait(Waiter())
    assert not slots.wait(Waiter())


def test_who_leaves_gets_nothing() -> None:
    slots, balancer = admission(0)
    first, second = Waiter(), Waiter()
    slots.wait(first)
    slots.wait(second)
    slots.leave(first)
    balancer.update([Endpoint("10.0.0.1", 80)], 0.0)
    slots.admit(0.0)
    assert first.backend is None
    assert second.backend is not None


def test_affinity_yields_to_a_full_pod() -> None:
    slots, balancer = admission(2, limit=1)
    wanted = balancer.candidates[1]
    assert slots.acquire(0.0, wanted.mark) is wanted
    assert slots.acquire(0.0, wanted.mark) is balancer.candidates[0]
    assert slots.acquire(0.0, wanted.mark) is None


def test_a_slot_moves_between_pods() -> None:
    slots, balancer = admission(2)
    first = slots.acquire(0.0)
    assert first is not None
    other = balancer.other([first])
    assert other is not None
    slots.move(first, other)
    assert (first.in_flight, other.in_flight, slots.in_flight) == (0, 1, 1)


def test_all_who_wait_are_sent_away() -> None:
    slots, _ = admission(0)
    waiters = [Waiter(), Waiter()]
    for waiter in waiters:
        slots.wait(waiter)
    slots.dismiss("stopped")
    assert [waiter.reason for waiter in waiters] == ["stopped", "stopped"]
    assert not slots.waiting


def test_the_time_in_slots_is_exact_at_every_moment() -> None:
    slots, _ = admission(1, limit=2)
    first, second = slots.acquire(1000.0), slots.acquire(1003.0)
    assert first is not None
    assert second is not None
    assert slots.request_seconds(1004.0) == 4 + 1
    slots.wait(Waiter())
    assert slots.request_seconds(1005.0) == 5 + 2, "those who wait hold nothing"
    slots.release(first, 1005.0)  # and its slot goes on to the waiter
    assert slots.request_seconds(1005.0) == 5 + 2
    assert slots.request_seconds(1015.0) == 5 + 12 + 10
    slots.release(second, 1015.0)
    slots.release(second, 1016.0)
    assert slots.request_seconds(1016.0) == slots.request_seconds(2000.0) == 5 + 12 + 11


def test_waiters_that_a_new_pod_takes_in_hold_their_slots_from_then() -> None:
    slots, balancer = admission(0)
    waiter = Waiter()
    slots.wait(waiter)
    balancer.update([Endpoint("10.0.0.1", 80)], 50.0)
    slots.admit(50.0)
    assert waiter.since == 50.0
    assert slots.request_seconds(53.0) == 3


def test_a_slot_that_moves_goes_on_counting() -> None:
    slots, balancer = admission(2)
    first = slots.acquire(10.0)
    assert first is not None
    other = balancer.other([first])
    assert other is not None
    slots.move(first, other)
    slots.release(other, 14.0)
    assert slots.request_seconds(20.0) == 4


def test_each_request_is_an_arrival_once_whatever_becomes_of_it() -> None:
    slots, balancer = admission(1, limit=1, longest=2)
    held = slots.acquire(0.0)
    assert held is not None
    first, second = Waiter(), Waiter()
    assert slots.wait(first)
    assert slots.wait(second)
    assert not slots.wait(Waiter())
    slots.turn_away()
    assert slots.arrivals == 5
    slots.release(held, 1.0)
    slots.leave(second)
    assert slots.wait(Waiter())
    slots.dismiss("stopped")
    assert slots.arrivals == 6
    slots.withdraw(held, 2.0)
    assert slots.wait(Waiter())
    assert (slots.arrivals, slots.in_flight, balancer.candidates[0].in_flight) == (6, 0, 0)
