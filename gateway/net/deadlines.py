"""Time-outs without a timer for each request: one wheel of coarse ticks.

An item's `deadline` moves freely to later times at the cost of one assignment; the wheel finds out
when it comes by. Only a move to an earlier time than the next look needs `watch`.
"""

from __future__ import annotations

from typing import Final, Protocol

TICKS: Final = 10
"""A second."""
HORIZON: Final = 5.0
"""Seconds after which every item is looked at, so that deadlines rarely need `watch`."""


def counted(elapsed: float) -> float:
    """How much of the time between two turns counts for deadlines: all of it, or one tick when the
    process was held up (stopped, swapped out, starved) and came late by more than a tick.

    What others did in time may lie unread then: nobody is late by the time nobody looked.
    """
    return elapsed if elapsed <= 2 / TICKS else 1 / TICKS


class Watched(Protocol):
    """What the wheel holds."""

    deadline: float
    """Monotonic seconds; `inf` is none."""
    look: float
    """When the wheel comes by; set by the wheel only, `inf` when it does not know the item."""


class Deadlines:
    """The wheel. `now` is the time of its last turn."""

    __slots__ = ("_slots", "_turned", "now")

    def __init__(self, now: float) -> None:
        self.now = now
        self._turned = int(now * TICKS)
        self._slots: dict[int, dict[Watched, None]] = {}

    def watch(self, item: Watched) -> None:
        """Look at `item` when its deadline is due, or at the horizon if that is sooner."""
        self.forget(item)
        tick = int(min(item.deadline, self.now + HORIZON) * TICKS) + 1
        tick = max(tick, self._turned + 1)
        item.look = tick / TICKS
        self._slots.setdefault(tick, {})[item] = None

    def forget(self, item: Watched) -> None:
        """Never look at `item` again."""
        slot = self._slots.get(round(item.look * TICKS)) if item.look < 1e300 else None
        if slot is not None:
            slot.pop(item, None)
        item.look = float("inf")

    def turn(self, now: float) -> list[Watched]:
        """Move on to `now`; the answer is the items whose deadline has passed."""
        self.now = now
        due = []
        last = int(now * TICKS)
        while self._turned < last:
            self._turned += 1
            for item in self._slots.pop(self._turned, ()):
                item.look = float("inf")
                if item.deadline <= now:
                    due.append(item)
                else:
                    self.watch(item)
        return due

    def __len__(self) -> int:
        return sum(map(len, self._slots.values()))
