"""What happens to pods when their node is not ready, falls silent, or is tainted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shared.embedded.controllers import taints
from shared.embedded.controllers.node_lifecycle import GRACE, LEASES, PERIOD
from shared.embedded.kinds import LEASE, NAMESPACE, NODE, POD
from shared.embedded.schema.times import timestamp

if TYPE_CHECKING:
    from shared.service.objects import Obj
    from tests.shared.embedded.controllers.conftest import World


def node(world: World) -> Obj:
    return world.api.get(NODE, "local")


def say(world: World, status: str) -> None:
    """The node reports its condition Ready."""
    ready = [{"type": "Ready", "status": status, "reason": "R", "message": "m"}]
    body = {**node(world), "status": {**node(world)["status"], "conditions": ready}}
    world.api.update(NODE, body, subresource="status", manager="test")
    world.settle()


def taint(world: World, *given: Obj) -> None:
    world.api.patch(NODE, "local", "", {"spec": {"taints": list(given)}}, manager="test")
    world.settle()


def names(world: World) -> list[tuple[str, str]]:
    return [(each["key"], each["effect"]) for each in node(world)["spec"].get("taints", [])]


def ready(world: World) -> list[str]:
    """The condition Ready of each pod that is not on its way out."""
    return [
        condition["status"]
        for pod in world.live()
        for condition in pod["status"].get("conditions", [])
        if condition["type"] == "Ready"
    ]


def endpoints(world: World) -> list[bool]:
    return [e["conditions"]["ready"] for s in world.slices() for e in s["endpoints"] or []]


async def test_a_node_that_is_not_ready_takes_its_pods_out_of_service(world: World) -> None:
    world.deploy(2)
    world.expose()
    world.run_all()
    say(world, "False")
    assert names(world) == [(taints.NOT_READY, "NoSchedule"), (taints.NOT_READY, "NoExecute")]
    assert ready(world) == ["False", "False"]
    assert endpoints(world) == [False, False]
    assert ("NodeNotReady", "Node is not ready") in world.events(POD)


async def test_pods_that_say_otherwise_are_not_believed(world: World) -> None:
    world.deploy(1)
    world.run_all()
    say(world, "False")
    world.run(world.pods()[0])
    assert ready(world) == ["False"]


async def test_a_node_that_is_ready_again_is_as_before(world: World) -> None:
    world.deploy(1)
    world.run_all()
    say(world, "False")
    say(world, "True")
    assert names(world) == []
    world.run_all()
    assert ready(world) == ["True"]
    world.wait(1000)
    assert len(world.live()) == 1


async def test_pods_leave_after_the_time_they_tolerate(world: World) -> None:
    world.deploy(1)
    world.run_all()
    first = world.pods()[0]["metadata"]["name"]
    say(world, "Unknown")
    world.wait(299)
    assert [pod["metadata"]["name"] for pod in world.live()] == [first]
    world.wait(2)
    gone = world.api.get(POD, first, "oscar-svc")
    assert "deletionTimestamp" in gone["metadata"]
    reasons = [c["reason"] for c in gone["status"]["conditions"] if c["type"] == "DisruptionTarget"]
    assert reasons == ["DeletionByTaintManager"]
    (waiting,) = world.live()
    assert "nodeName" not in waiting["spec"]  # no node takes it


async def test_a_taint_of_somebody_drives_pods_away_at_once(world: World) -> None:
    world.deploy(1)
    world.run_all()
    first = world.pods()[0]
    taint(world, {"key": "k", "effect": "NoExecute"})
    left = world.api.get(POD, first["metadata"]["name"], "oscar-svc")
    assert "deletionTimestamp" in left["metadata"]
    assert names(world) == [("k", "NoExecute")]


async def test_a_cordoned_node_is_tainted_and_takes_no_pod_until_it_is_open(world: World) -> None:
    world.api.patch(NODE, "local", "", {"spec": {"unschedulable": True}}, manager="test")
    world.settle()
    assert names(world) == [(taints.UNSCHEDULABLE, "NoSchedule")]
    world.deploy(1)
    assert "nodeName" not in world.pods()[0]["spec"]
    world.api.patch(NODE, "local", "", {"spec": {"unschedulable": None}}, manager="test")
    world.settle()
    assert names(world) == []
    assert world.pods()[0]["spec"]["nodeName"] == "local"  # without waiting for the next try


def renew(world: World) -> None:
    time = f"{timestamp(world.clock.now())[:-1]}.000000Z"
    body: dict[str, Any] = {"metadata": {"name": "local"}, "spec": {"renewTime": time}}
    if world.api.find(NAMESPACE, LEASES) is None:
        world.api.create(NAMESPACE, {"metadata": {"name": LEASES}}, manager="test")
    world.api.patch(LEASE, "local", LEASES, body, patch_type="apply", manager="test", force=True)


def pass_time(world: World, seconds: float) -> None:
    for _ in range(int(seconds / PERIOD)):
        world.wait(PERIOD)


async def test_a_node_that_falls_silent_is_unknown(world: World) -> None:
    renew(world)
    say(world, "True")
    pass_time(world, GRACE - 5)
    renew(world)
    pass_time(world, GRACE)
    assert names(world) == []
    pass_time(world, 10)
    (condition,) = node(world)["status"]["conditions"]
    assert (condition["status"], condition["reason"]) == ("Unknown", "NodeStatusUnknown")
    assert names(world) == [
        (taints.UNREACHABLE, "NoSchedule"),
        (taints.UNREACHABLE, "NoExecute"),
    ]


async def test_a_node_that_never_renewed_a_lease_is_what_it_says(world: World) -> None:
    say(world, "True")
    world.wait(10 * GRACE)
    assert names(world) == []
