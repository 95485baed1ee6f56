"""The work queue: once at a time, again after a failure, later when asked."""

from __future__ import annotations

import asyncio
import itertools
import logging

import pytest

from shared.embedded.controllers.cache import Key
from shared.embedded.controllers.queue import WorkQueue
from shared.embedded.errors import StatusError
from shared.runtime.clock import ManualClock, SystemClock

A: Key = ("n", "a")
B: Key = ("n", "b")


def drained(queue: WorkQueue) -> None:
    while queue.step():
        pass


def test_a_key_added_twice_is_worked_on_once() -> None:
    done: list[Key] = []
    queue = WorkQueue("q", done.append, ManualClock())
    for key in (A, B, A):
        queue.add(key)
    assert len(queue) == 2
    drained(queue)
    assert done == [A, B]


async def test_later_means_later_and_the_earlier_wish_counts() -> None:
    done: list[Key] = []
    clock = ManualClock()
    queue = WorkQueue("q", done.append, clock)
    queue.add_after(A, 10)
    queue.add_after(A, 5)
    queue.add_after(A, 20)
    drained(queue)
    assert done == []
    await clock.advance(5)
    drained(queue)
    assert done == [A]
    await clock.advance(20)
    drained(queue)
    assert done == [A], "one look was owed, not three"


async def test_a_reconcile_can_ask_for_another_look() -> None:
    answers = [3.0, None]
    clock = ManualClock()
    queue = WorkQueue("q", lambda _: answers.pop(0), clock)
    queue.add(A)
    drained(queue)
    await clock.advance(3)
    drained(queue)
    assert answers == []


async def test_failures_are_repeated_with_growing_pauses(caplog: pytest.LogCaptureFixture) -> None:
    clock = ManualClock()
    tries: list[float] = []

    def fail(_: Key) -> None:
        tries.append(clock.monotonic())
        raise StatusError(409, "Conflict", "stale")

    queue = WorkQueue("q", fail, clock)
    queue.add(A)
    with caplog.at_level(logging.WARNING):
        for _ in range(6):
            drained(queue)
            await clock.advance(0.64)
    pauses = [round(later - earlier, 2) for earlier, later in itertools.pairwise(tries)]
    assert pauses == sorted(pauses)
    assert len(caplog.records) == 1, "a conflict heals itself; five in a row are told"


def test_what_was_not_expected_is_told_at_once(caplog: pytest.LogCaptureFixture) -> None:
    def fail(_: Key) -> None:
        raise KeyError("spec")

    queue = WorkQueue("q", fail, ManualClock())
    queue.add(A)
    with caplog.at_level(logging.WARNING):
        drained(queue)
    assert "KeyError" in caplog.text


async def test_it_runs_by_itself_and_wakes_for_what_is_due() -> None:
    done: asyncio.Queue[Key] = asyncio.Queue()
    queue = WorkQueue("q", done.put_nowait, SystemClock())
    task = asyncio.create_task(queue.run())
    await asyncio.sleep(0)
    queue.add(A)
    assert await done.get() == A
    queue.add_after(B, 0.01)
    assert await done.get() == B
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
