"""The wheel of deadlines, in virtual time."""

from __future__ import annotations

from math import inf

from gateway.net.deadlines import HORIZON, Deadlines, Watched


class Item:
    def __init__(self, deadline: float) -> None:
        self.deadline = deadline
        self.look = inf


def walk(wheel: Deadlines, until: float) -> list[tuple[float, Watched]]:
    """Turn by tenths; what was due, and when."""
    due: list[tuple[float, Watched]] = []
    while wheel.now < until:
        now = round(wheel.now + 0.1, 3)
        due += [(now, item) for item in wheel.turn(now)]
    return due


def test_items_are_due_soon_after_their_deadline_and_once() -> None:
    wheel = Deadlines(100.0)
    items = [Item(100.35), Item(101.0), Item(100.0 + 3 * HORIZON)]
    for item in items:
        wheel.watch(item)
    due = walk(wheel, 130.0)
    assert [item for _, item in due] == items
    assert all(
        0 <= when - item.deadline <= 0.21 for (when, _), item in zip(due, items, strict=True)
    )
    assert len(wheel) == 0


def test_a_deadline_moves_on_for_nothing() -> None:
    wheel = Deadlines(0.0)
    item = Item(1.0)
    wheel.watch(item)
    walk(wheel, 0.8)
    item.deadline = 2.0
    assert walk(wheel, 1.9) == []
    assert [one for _, one in walk(wheel, 2.3)] == [item]


def test_a_deadline_moves_back_by_watching() -> None:
    wheel = Deadlines(0.0)
    item = Item(inf)
    wheel.watch(item)
    item.deadline = 0.5
    assert item.deadline < item.look
    wheel.watch(item)
    assert len(wheel) == 1
    assert [one for _, one in walk(wheel, 1.0)] == [item]


def test_forgotten_items_are_gone() -> None:
    wheel = Deadlines(0.0)
    item = Item(0.5)
    wheel.watch(item)
    wheel.forget(item)
    wheel.forget(item)
    assert len(wheel) == 0
    assert walk(wheel, 1.0) == []


def test_a_late_turn_misses_nothing() -> None:
    wheel = Deadlines(0.0)
    items = [Item(number / 10) for number in range(30)]
    for item in items:
        wheel.watch(item)
    assert set(wheel.turn(60.0)) == set(items)
