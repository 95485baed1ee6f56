"""Pods of a node that does not exist serve nobody, and go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.embedded.controllers.pod_garbage import QUARANTINE
from shared.embedded.kinds import NODE, POD

if TYPE_CHECKING:
    from tests.shared.embedded.controllers.conftest import World


def endpoints(world: World) -> int:
    return sum(len(each["endpoints"] or []) for each in world.slices())


def bound(world: World, node: str) -> None:
    """A running pod of the Service `web` on `node`."""
    body = {
        "metadata": {"name": "p", "labels": {"app": "web"}},
        "spec": {"nodeName": node, "containers": [{"name": "c", "image": "i"}]},
    }
    world.api.create(POD, body, "oscar-svc", manager="test")
    world.run(world.pods()[0])


async def test_a_pod_of_no_node_is_no_endpoint_until_the_node_is_there(world: World) -> None:
    world.expose()
    bound(world, "elsewhere")
    assert endpoints(world) == 0
    world.add_node("elsewhere")
    world.settle()
    assert endpoints(world) == 1


async def test_who_publishes_all_addresses_gets_it_nevertheless(world: World) -> None:
    world.expose(publishNotReadyAddresses=True)
    bound(world, "elsewhere")
    assert endpoints(world) == 1


async def test_a_pod_of_no_node_goes_after_a_while(world: World) -> None:
    bound(world, "elsewhere")
    world.wait(QUARANTINE - 1)
    assert len(world.pods()) == 1
    world.wait(2)
    assert world.pods() == []


async def test_a_node_that_comes_back_keeps_its_pods(world: World) -> None:
    world.deploy(1)
    world.expose()
    world.run_all()
    world.api.delete(NODE, "local")
    world.settle()
    assert endpoints(world) == 0
    world.wait(QUARANTINE - 1)
    world.add_node()
    world.wait(QUARANTINE)
    assert (len(world.live()), endpoints(world)) == (1, 1)


async def test_the_pods_of_a_node_that_is_deleted_are_replaced(world: World) -> None:
    world.deploy(1)
    world.run_all()
    first = world.pods()[0]["metadata"]["name"]
    world.add_node("other")
    world.api.delete(NODE, "local")
    world.settle()
    world.wait(QUARANTINE + 1)
    (pod,) = world.pods()
    assert pod["metadata"]["name"] != first
    assert pod["spec"]["nodeName"] == "other"
