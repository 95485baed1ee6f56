"""Events as `kubectl describe` shows them, repeated ones counted."""

from __future__ import annotations

from typing import Any

from shared.embedded.controllers.events import Events
from shared.embedded.kinds import EVENT

SPACE = "oscar-svc"


def test_a_repeated_event_is_counted(world: Any) -> None:
    world.deploy(1)
    events = Events(world.api, world.clock, "kubelet", "local")
    (pod,) = world.pods()
    for _ in range(3):
        events.warning(pod, "Unhealthy", "probe failed")
        world.clock.move(1)
    (found,) = [e for e in world.api.list(EVENT, SPACE) if e["reason"] == "Unhealthy"]
    assert (found["count"], found["type"]) == (3, "Warning")
    assert found["source"] == {"component": "kubelet", "host": "local"}
    assert found["involvedObject"]["uid"] == pod["metadata"]["uid"]
    assert found["firstTimestamp"] < found["lastTimestamp"]


def test_two_messages_are_two_events(world: Any) -> None:
    world.deploy(1)
    events = Events(world.api, world.clock, "kubelet")
    for message in ("a", "b"):
        events.normal(world.pods()[0], "Said", message)
    assert len([e for e in world.api.list(EVENT, SPACE) if e["reason"] == "Said"]) == 2


def test_a_long_message_is_cut(world: Any) -> None:
    world.deploy(1)
    Events(world.api, world.clock, "kubelet").normal(world.pods()[0], "Long", "x" * 5000)
    (found,) = [e for e in world.api.list(EVENT, SPACE) if e["reason"] == "Long"]
    assert len(found["message"]) == 1024


def test_an_event_that_cannot_be_written_stops_nothing(world: Any) -> None:
    stranger = {"kind": "Pod", "metadata": {"name": "p", "namespace": "nowhere", "uid": "u"}}
    Events(world.api, world.clock, "kubelet").normal(stranger, "Said", "x")
