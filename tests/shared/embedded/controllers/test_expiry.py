"""Old Events go."""

from __future__ import annotations

from typing import Any

from shared.embedded.controllers.events import Events
from shared.embedded.controllers.expiry import MOST, EventExpiry, last_seen, outdated
from shared.embedded.kinds import EVENT
from shared.embedded.schema.times import timestamp

SPACE = "oscar-svc"


def event(seen: float) -> dict[str, Any]:
    return {"metadata": {"creationTimestamp": timestamp(0)}, "lastTimestamp": timestamp(seen)}


def test_an_hour_after_the_last_time() -> None:
    events = [event(1000), event(5000)]
    assert outdated(events, 4500) == []
    assert outdated(events, 4601) == events[:1]


def test_the_oldest_go_when_there_are_too_many() -> None:
    events = [event(1000 + number) for number in range(MOST + 3)]
    assert [last_seen(each) for each in outdated(events, 1000)] == [1002, 1001, 1000]


def test_every_form_of_time_counts() -> None:
    new = {"metadata": {}, "eventTime": "2026-11-22T10:00:00.000000Z", "deprecatedSource": {}}
    assert last_seen(new) > 1_700_000_000
    series = {"metadata": {}, "series": {"lastObservedTime": timestamp(77)}}
    assert last_seen(series) == 77


def test_a_sweep_deletes_them(world: Any) -> None:
    world.deploy(1)
    assert world.api.list(EVENT)
    world.clock.move(3601)
    Events(world.api, world.clock, "kubelet").normal(world.pods()[0], "Fresh", "x")
    EventExpiry(world.api, world.clock).sweep()
    assert [e["reason"] for e in world.api.list(EVENT)] == ["Fresh"]
