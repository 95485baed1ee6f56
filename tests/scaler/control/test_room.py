"""Growth that finds no room, in the loop: it stops, is told, and goes on by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaler.report.reporter import NO_DATA_GRACE
from tests.scaler.objects import deployment, pod, stamp

if TYPE_CHECKING:
    from shared.service.objects import Obj
    from tests.scaler.world import World


def unschedulable(index: int, since: float) -> Obj:
    found = pod("a", index, phase="Pending", ready="False")
    del found["spec"]["nodeName"], found["status"]["startTime"]
    found["status"]["conditions"].append(
        {
            "type": "PodScheduled",
            "status": "False",
            "reason": "Unschedulable",
            "message": "0/1 nodes are available: 1 Insufficient cpu.",
            "lastTransitionTime": stamp(since),
        }
    )
    return found


async def test_no_more_pods_are_asked_for_until_there_is_room(one: World) -> None:
    one.usage = {"a/0": "400m"}
    one.put(deployment("a", 2))
    one.change(pods=[pod("a", 0), unschedulable(1, one.clock.now())])
    await one.tick()
    assert [write[1] for write in one.writes] == [4], "at first it may be a moment"
    one.put(deployment("a", 2, 2))
    for _ in range(45):
        await one.tick(1)
        one.put(deployment("a", 2, 2))
    assert one.stats.limits["Unschedulable"]
    written = len(one.writes)
    for _ in range(round(NO_DATA_GRACE) + 5):
        await one.tick(1)
    decision = one.status().decision
    assert decision is not None
    assert (decision.replicas, decision.limits[-1]) == (2, "Unschedulable")
    assert decision.cause == "no node has 100m CPU free"
    assert len(one.writes) == written
    assert "Unschedulable" in one.reasons
    one.change(pods=[pod("a", 0), pod("a", 1)])
    one.usage |= {"a/1": "400m"}
    await one.tick(1)
    assert len(one.writes) == written + 1, "it grows again"
