"""The latest failed requests, and the slowest of late."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from gateway.troubles import KEPT, RECENT, SLOW, Trouble, Troubles, joined


def trouble(at: float, first_byte: float | None = None, **more: Any) -> Trouble:
    facts: dict[str, Any] = {
        "method": "GET", "path": "/", "status": 502, "reason": "upstream_closed",
        "source": "gateway", "queue_s": 0.0, "duration_s": 1.0, "pod": "", "address": "",
        "retries": 0, "request_id": f"{at:g}",
    }  # fmt: skip
    return Trouble(at=at, first_byte_s=first_byte, **facts | more)


def test_the_latest_that_failed_are_kept_the_latest_first() -> None:
    troubles = Troubles()
    for at in range(KEPT + 5):
        troubles.failed.append(trouble(float(at)))
    found = troubles.snapshot(100.0)["failed"]
    assert [one.at for one in found] == [float(at) for at in range(KEPT + 4, 4, -1)]


def test_the_slowest_are_kept_and_what_is_faster_does_not_come_here_any_more() -> None:
    troubles = Troubles()
    assert troubles.over == SLOW
    for at in range(KEPT):
        troubles.slow(trouble(float(at), 2.0 + at))
    assert troubles.over == 2.0
    troubles.slow(trouble(50.0, 5.5))
    assert troubles.over == 3.0
    found = [one.first_byte_s for one in troubles.slowest(60.0)]
    assert found == sorted(found, key=lambda each: -(each or 0.0))
    assert 5.5 in found
    assert 2.0 not in found


def test_after_a_while_slow_ones_are_forgotten_and_slower_than_a_second_is_slow_again() -> None:
    troubles = Troubles()
    for at in range(KEPT):
        troubles.slow(trouble(float(at), 100.0))
    assert troubles.over == 100.0
    assert len(troubles.slowest(RECENT + 5.0)) == KEPT - 6
    assert troubles.over == SLOW


def test_those_of_workers_are_joined() -> None:
    one, other = Troubles(), Troubles()
    for at in range(KEPT):
        (one if at % 2 else other).failed.append(trouble(float(at)))
        (one if at % 2 else other).failed.append(trouble(float(at)))
        (one if at % 2 else other).slow(trouble(float(at), 2.0 + at))
    told = [
        {name: [asdict(each) for each in found] for name, found in troubles.snapshot(20.0).items()}
        for troubles in (one, other)
    ]
    both = joined(told)
    assert [each["at"] for each in both["failed"][:4]] == [9.0, 9.0, 8.0, 8.0]
    assert (len(both["failed"]), len(both["slow"])) == (KEPT, KEPT)
    assert [each["first_byte_s"] for each in both["slow"][:3]] == [11.0, 10.0, 9.0]
    assert joined([]) == {"failed": [], "slow": []}
