"""The Endpoints object follows a Service and its pods, and goes with the Service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shared.embedded.kinds import ENDPOINTS, POD, SERVICE

if TYPE_CHECKING:
    from shared.service.objects import Obj
    from tests.shared.embedded.controllers.conftest import World

SPACE = "oscar-svc"


def found(world: World, name: str = "web") -> Obj | None:
    world.api.before_reading[ENDPOINTS]()
    return world.api.find(ENDPOINTS, name, SPACE)


def addresses(world: World) -> tuple[list[str], list[str]]:
    """(those that are ready, those that are not)."""
    endpoints = found(world)
    assert endpoints is not None
    states = ("addresses", "notReadyAddresses")
    ready, not_ready = (
        [a["ip"] for s in endpoints.get("subsets", []) for a in s.get(state, [])]
        for state in states
    )
    return ready, not_ready


def change_service(world: World, spec: Any) -> None:
    world.api.patch(SERVICE, "web", SPACE, {"spec": spec}, manager="test")
    world.settle()


async def test_a_service_without_pods_has_them_empty(world: World) -> None:
    world.expose()
    endpoints = found(world)
    assert endpoints is not None
    assert "subsets" not in endpoints
    assert endpoints["metadata"]["labels"] == {
        "endpoints.kubernetes.io/managed-by": "endpoint-controller"
    }


async def test_pods_are_listed_by_their_readiness(world: World) -> None:
    world.deploy(2)
    world.expose()
    first, second = world.pods()
    world.run(first)
    world.run(second, ready=False)
    assert [len(each) for each in addresses(world)] == [1, 1]
    endpoints = found(world)
    assert endpoints is not None
    (subset,) = endpoints["subsets"]
    assert subset["ports"] == [{"port": 80, "protocol": "TCP"}]
    assert subset["addresses"][0]["targetRef"]["name"] == first["metadata"]["name"]
    assert subset["addresses"][0]["nodeName"] == "local"


async def test_a_terminating_pod_is_left_out_unless_all_are_published(world: World) -> None:
    world.deploy(1)
    world.expose()
    world.run_all()
    world.api.delete(POD, world.pods()[0]["metadata"]["name"], SPACE)
    world.settle()
    assert addresses(world) == ([], [])
    change_service(world, {"publishNotReadyAddresses": True})
    assert len(addresses(world)[0]) == 1


async def test_they_go_with_the_service(world: World) -> None:
    world.expose()
    world.api.delete(SERVICE, "web", SPACE)
    world.settle()
    assert found(world) is None


async def test_what_others_change_is_put_right(world: World) -> None:
    world.deploy(1)
    world.expose()
    world.run_all()
    assert found(world) is not None
    world.api.patch(ENDPOINTS, "web", SPACE, {"subsets": None}, manager="test")
    world.settle()
    assert len(addresses(world)[0]) == 1
    world.api.delete(ENDPOINTS, "web", SPACE)
    world.settle()
    assert len(addresses(world)[0]) == 1


async def test_those_of_a_service_without_a_selector_are_its_owners(world: World) -> None:
    world.expose(selector=None)
    assert found(world) is None
    body = {"metadata": {"name": "web"}, "subsets": [{"addresses": [{"ip": "10.0.0.1"}]}]}
    world.api.create(ENDPOINTS, body, SPACE, manager="test")
    world.settle()
    assert addresses(world) == (["10.0.0.1"], [])


async def test_pods_are_followed_once_somebody_looks(world: World) -> None:
    world.deploy(1)
    world.expose()
    world.run_all()
    assert "subsets" not in world.api.get(ENDPOINTS, "web", SPACE)
    assert len(addresses(world)[0]) == 1
    world.run(world.pods()[0], ready=False)
    endpoints = world.api.find(ENDPOINTS, "web", SPACE)  # kept from then on
    assert endpoints is not None
    assert "notReadyAddresses" in endpoints["subsets"][0]


async def test_a_change_that_is_none_of_endpoints_writes_nothing(world: World) -> None:
    world.deploy(1)
    world.expose()
    world.run_all()
    before = found(world)
    pod = world.pods()[0]
    body = {**pod, "status": {**pod["status"], "message": "hello"}}
    world.api.update(POD, body, subresource="status", manager="test")
    world.settle()
    assert found(world) == before
