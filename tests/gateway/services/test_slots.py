"""Slots of a service over workers that share memory, all of them in one process and one thread."""

from __future__ import annotations

import os
from collections import Counter
from random import Random
from typing import TYPE_CHECKING

import pytest

from gateway.limits import Limits
from gateway.services.admission import Admission
from gateway.services.balancer import Balancer
from gateway.services.places import SILENT, Queue, Sharing
from gateway.services.slots import PATIENCE, Slots
from gateway.services.spec import Endpoint
from gateway.sharing.cells import WAYS, Cells, size
from gateway.sharing.memory import Memory

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gateway.services.backend import Backend

START = 100.0


class Request:
    """Waits, and then has a pod."""

    def __init__(self, since: float) -> None:
        self.since = since
        self.backend: Backend | None = None

    def granted(self, backend: Backend, now: float) -> None:
        self.backend = backend

    def served(self) -> bool:
        return self.backend is not None

    def dismissed(self, reason: str) -> None:
        raise AssertionError(reason)


class Worker:
    """One of the workers, with the service's slots in it."""

    def __init__(self, memory: Memory, number: int, limit: int, random: Random) -> None:
        self.memory = Memory(memory.descriptor, memory.bells, number)
        self.sharing = Sharing(self.memory)
        self.balancer = Balancer(Limits(slow_start=0.0), random.random)
        self.slots = Admission(self.balancer, 1000)
        self.slots.limit = limit
        self.slots.slots = Slots("s", self.sharing)
        self.held: list[Request] = []
        self.queued: list[Request] = []
        self.sharing.beat(START)

    def pods(self, *addresses: str) -> None:
        self.balancer.update([Endpoint(one, 80, uid=one) for one in addresses], START)

    def ask(self, now: float) -> Request:
        request = Request(now)
        request.backend = self.slots.acquire(now)
        if request.backend is None:
            assert self.slots.wait(request)
            self.queued.append(request)
        else:
            self.held.append(request)
        return request

    def end(self, request: Request, now: float) -> None:
        assert request.backend is not None
        self.held.remove(request)
        self.slots.release(request.backend, now)
        self.sort()

    def hear(self, now: float) -> bool:
        """Look at the bell; whether it had rung."""
        try:
            self.memory.silence()
        except BlockingIOError:
            return False
        for queue in list(self.sharing.waiting):
            queue.heard(now)
        self.sort()
        return True

    def tick(self, now: float) -> None:
        self.sharing.beat(now)
        for queue in list(self.sharing.waiting):
            queue.again(now)
        self.sort()

    def sort(self) -> None:
        got = [one for one in self.queued if one.backend is not None]
        self.queued = [one for one in self.queued if one.backend is None]
        self.held += got


def settle(now: float, *workers: Worker) -> None:
    """Until no bell rings any more."""
    heard = [True]
    while any(heard):
        heard = [worker.hear(now) for worker in workers]


@pytest.fixture
def memory() -> Iterator[Memory]:
    made = Memory.make(3)
    yield made
    for descriptor in made.descriptors:
        os.close(descriptor)


def made(memory: Memory, *addresses: str, limit: int = 1) -> list[Worker]:
    random = Random(1)
    workers = [Worker(memory, number, limit, random) for number in range(3)]
    for worker in workers:
        worker.pods(*addresses)
    return workers


def test_a_slot_is_one_worker_s_at_a_time_and_comes_to_the_next_by_its_bell(
    memory: Memory,
) -> None:
    first, second, third = made(memory, "10.0.0.1")
    holds = first.ask(START)
    assert holds.served()
    waits = second.ask(START)
    assert not waits.served()
    assert not second.hear(START)
    first.end(holds, START)
    assert not third.hear(START), "nobody waits there"
    assert second.hear(START)
    assert waits.served()
    assert not third.ask(START).served()


def test_a_worker_passes_slots_on_among_its_own_until_it_is_another_s_turn(
    memory: Memory,
) -> None:
    first, second, _ = made(memory, "10.0.0.1")
    holds = first.ask(START)
    elsewhere = second.ask(START + 0.001)
    near, late = first.ask(START + 0.002), first.ask(START + 0.001 + 2 * PATIENCE)
    now = START + 0.1
    first.end(holds, now)
    assert near.served(), "nearly the same moment"
    first.end(near, now)
    assert not late.served()
    assert second.hear(now)
    assert elsewhere.served()
    second.end(elsewhere, now)
    assert first.hear(now)
    assert late.served()


def test_nobody_who_comes_overtakes_who_waits_in_another_worker(memory: Memory) -> None:
    first, second, _ = made(memory, "10.0.0.1")
    holds, waits = first.ask(START), second.ask(START)
    now = START + 2 * PATIENCE
    first.end(holds, now)
    late = first.ask(now)
    assert not late.served()
    second.hear(now)
    assert waits.served()


def test_a_worker_that_hangs_is_not_waited_for(memory: Memory) -> None:
    first, second, _ = made(memory, "10.0.0.1")
    holds, waits = first.ask(START), second.ask(START)
    now = START + 2 * SILENT
    first.tick(now)
    first.end(holds, now)
    assert first.ask(now).served()
    assert not waits.served()


def test_slots_of_a_pod_that_only_some_workers_know_come_to_those(memory: Memory) -> None:
    """The one that waits longest cannot use it, says so, and keeps it from nobody."""
    first, second, third = made(memory, "10.0.0.1", "10.0.0.2")
    second.pods("10.0.0.2")
    one, two = first.ask(START), first.ask(START)
    held = {request.backend.endpoint.address: request for request in (one, two) if request.backend}
    waits = second.ask(START + 0.1)
    later = third.ask(START + 0.2)
    now = START + 0.3
    first.end(held["10.0.0.1"], now)
    settle(now, second, third, first)
    assert later.served()
    assert not waits.served()
    first.end(held["10.0.0.2"], now)
    settle(now, second, third, first)
    assert waits.served()


def test_a_slot_that_is_given_back_just_before_somebody_waits_is_his(memory: Memory) -> None:
    """Whoever gave it back saw nobody wait, and rang no bell."""
    first, second, _ = made(memory, "10.0.0.1")
    holds = first.ask(START)

    class Late(Slots):
        """Between the look for a slot and the word that somebody waits, the slot comes free."""

        def waits(self, queue: Queue, since: float) -> None:
            if holds in first.held:
                first.end(holds, START)
            super().waits(queue, since)

    second.slots.slots = Late("s", second.sharing)
    assert second.ask(START).served()
    assert not second.sharing.waiting


def test_what_a_dead_worker_held_wakes_who_waits(memory: Memory) -> None:
    first, second, _ = made(memory, "10.0.0.1")
    assert first.ask(START).served()
    waits = second.ask(START)
    memory.forget(0)
    assert second.hear(START)
    assert waits.served()


def test_who_leaves_the_queue_keeps_no_turn(memory: Memory) -> None:
    first, second, _ = made(memory, "10.0.0.1")
    holds, waits = first.ask(START), second.ask(START)
    second.slots.leave(waits)
    first.end(holds, START + 1.0)
    assert first.ask(START + 1.0).served()
    assert not second.sharing.waiting


def test_requests_from_before_there_was_a_limit_count(memory: Memory) -> None:
    first, second, _ = made(memory, "10.0.0.1", limit=2)
    slots, first.slots.slots, first.slots.limit = first.slots.slots, None, 0
    early = [first.ask(START) for _ in range(3)]
    first.slots.slots, first.slots.limit = slots, 2
    assert not first.ask(START).served()
    for request in early[:2]:
        first.end(request, START)
    assert len(first.held) == 2
    assert not second.ask(START).served()


def test_another_try_goes_to_a_pod_that_has_room_in_all_workers(memory: Memory) -> None:
    first, second, _ = made(memory, "10.0.0.1", "10.0.0.2")
    one = first.ask(START)
    assert one.backend is not None
    (other,) = first.balancer.backends.keys() - {(one.backend.endpoint.address, 80)}
    assert first.slots.move(one.backend, one.backend), "its own connection, opened anew"
    assert second.ask(START).served()
    assert not first.slots.move(one.backend, first.balancer.backends[other])
    first.end(one, START)
    assert first.ask(START).served()


def test_without_a_row_each_worker_has_its_share(
    memory: Memory, caplog: pytest.LogCaptureFixture
) -> None:
    workers = made(memory, "10.0.0.1", limit=6)
    for worker in workers:
        worker.memory.slots = worker.sharing.memory.slots = Cells(
            memoryview(bytearray(size(WAYS, 3))), WAYS, 3, 0
        )
        worker.slots.slots = Slots("s", worker.sharing)
        for key in range(1, 9):
            worker.memory.slots.mine[worker.memory.slots.claim(key)] = 1
        got = [worker.ask(START) for _ in range(6)]
        assert sum(one.backend is not None for one in got) == 2
        worker.end(got[0], START)
        assert len(worker.held) == 2
    assert caplog.text.count("too many pods with expose.concurrency are busy") == 3


def busy(workers: list[Worker]) -> Counter[str]:
    """Requests by pod."""
    return Counter(one.backend.label for worker in workers for one in worker.held if one.backend)


@pytest.mark.parametrize("limit", [1, 3])
def test_never_one_too_many_however_pods_come_and_go(memory: Memory, limit: int) -> None:
    """Steps in any order; a bell may be heard late, or never."""
    random, now = Random(limit), START
    addresses = ["10.0.0.1", "10.0.0.2", "10.0.0.3"]
    workers = made(memory, *addresses, limit=limit)
    for step in range(4000):
        now += random.choice((0.0, 0.0001, 0.003))
        worker = random.choice(workers)
        match random.randrange(8):
            case 0 | 1 | 2 if len(worker.queued) < 5:
                worker.ask(now)
            case 3 | 4 | 5 if worker.held:
                worker.end(random.choice(worker.held), now)
            case 6:
                worker.hear(now)
            case 7 if step % 20 == 0:
                worker.pods(*random.sample(addresses, random.randrange(1, 4)))
        assert max(busy(workers).values(), default=0) <= limit
    for worker in workers:
        worker.pods(*addresses)
    while any(worker.held for worker in workers):
        for worker in workers:
            if worker.held:
                worker.end(worker.held[0], now)
            worker.tick(now)
    assert not any(worker.queued or worker.sharing.waiting for worker in workers)


@pytest.mark.parametrize("limit", [1, 3])
def test_a_free_slot_is_never_left_while_somebody_waits(memory: Memory, limit: int) -> None:
    """By bells alone, without a tick; whoever waits is served in time, in whichever worker."""
    random, now = Random(limit), START
    workers = made(memory, "10.0.0.1", "10.0.0.2", limit=limit)
    for _ in range(3000):
        now += random.choice((0.0, 0.001, 0.004))
        for worker in workers:
            worker.sharing.beat(now)
        worker = random.choice(workers)
        if random.random() < 0.5 and len(worker.queued) < 5:
            worker.ask(now)
        elif worker.held:
            worker.end(random.choice(worker.held), now)
        settle(now, *workers)
        free = 2 * limit - sum(busy(workers).values())
        oldest = [worker.queued[0].since for worker in workers if worker.queued]
        assert not (free and oldest)
    held = sum(len(worker.held) for worker in workers)
    assert held == 2 * limit
