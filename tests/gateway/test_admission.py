"""Slots and the queue: books only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.admission import Admission
from gateway.balancer import Balancer
from gateway.limits import Limits
from gateway.routing import Endpoint

if TYPE_CHECKING:
    from gateway.balancer import Backend


class Waiter:
    def __init__(self) -> None:
        self.backend: Backend | None = None
        self.reason = ""

    def dismissed(self, reason: str) -> None:
        self.reason = reason

    def granted(self, backend: Backend) -> None:
        self.backend = backend


def admission(pods: int, limit: int = 0, longest: int = 10) -> tuple[Admission, Balancer]:
    balancer = Balancer(Limits(), lambda: 0.0)
    balancer.update([Endpoint(f"10.0.0.{number}", 80) for number in range(pods)], 0.0)
    made = Admission(balancer, longest)
    made.limit = limit
    return made, balancer


def test_slots_are_counted_and_given_back() -> None:
    slots, balancer = admission(1)
    held = [slots.acquire() for _ in range(3)]
    assert (slots.in_flight, slots.total, balancer.candidates[0].in_flight) == (3, 3, 3)
    for backend in held:
        assert backend is not None
        slots.release(backend)
    assert (slots.in_flight, slots.total, balancer.candidates[0].in_flight) == (0, 3, 0)


def test_nobody_overtakes() -> None:
    slots, _ = admission(1, limit=1)
    held = slots.acquire()
    assert held is not None
    first, second = Waiter(), Waiter()
    assert slots.acquire() is None
    assert slots.wait(first)
    assert slots.wait(second)
    slots.release(held)
    assert first.backend is held
    assert second.backend is None
    assert slots.acquire() is None
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
    slots.admit()
    assert first.backend is None
    assert second.backend is not None


def test_affinity_yields_to_a_full_pod() -> None:
    slots, balancer = admission(2, limit=1)
    wanted = balancer.candidates[1]
    assert slots.acquire(wanted.label) is wanted
    assert slots.acquire(wanted.label) is balancer.candidates[0]
    assert slots.acquire(wanted.label) is None


def test_a_slot_moves_between_pods() -> None:
    slots, balancer = admission(2)
    first = slots.acquire()
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
