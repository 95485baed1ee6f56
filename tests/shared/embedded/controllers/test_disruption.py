"""How many pods a PodDisruptionBudget lets go, and what an eviction is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from shared.embedded.api import eviction
from shared.embedded.controllers import disruption
from shared.embedded.errors import StatusError
from shared.embedded.kinds import DEPLOYMENT, POD, POD_DISRUPTION_BUDGET

if TYPE_CHECKING:
    from shared.service.objects import Obj
    from tests.shared.embedded.controllers.conftest import World

SPACE = "oscar-svc"
NOW = 1_700_000_000.0


def budget(world: World, **spec: Any) -> None:
    body = {
        "metadata": {"name": "b"},
        "spec": {"selector": {"matchLabels": {"app": "web"}}, **spec},
    }
    world.api.create(POD_DISRUPTION_BUDGET, body, SPACE, manager="test")
    world.settle()


def said(world: World) -> tuple[int, int, int, int]:
    found = world.api.get(POD_DISRUPTION_BUDGET, "b", SPACE)["status"]
    names = ("expectedPods", "desiredHealthy", "currentHealthy", "disruptionsAllowed")
    return tuple(found[name] for name in names)


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"minAvailable": 2}, (3, 2, 3, 1)),
        ({"minAvailable": "50%"}, (3, 2, 3, 1)),
        ({"minAvailable": 3}, (3, 3, 3, 0)),
        ({"maxUnavailable": 1}, (3, 2, 3, 1)),
        ({"maxUnavailable": "34%"}, (3, 1, 3, 2)),
        ({"maxUnavailable": 0}, (3, 3, 3, 0)),
        ({"maxUnavailable": 5}, (3, 0, 3, 3)),
        ({"minAvailable": 1, "selector": {}}, (3, 1, 3, 2)),
        ({"minAvailable": 1, "selector": None}, (0, 1, 0, 0)),
    ],
)
async def test_the_status_says_how_many_may_go(
    world: World, spec: Obj, expected: tuple[int, int, int, int]
) -> None:
    world.deploy(3)
    world.run_all()
    budget(world, **spec)
    assert said(world) == expected


async def test_it_follows_pods_and_replicas(world: World) -> None:
    world.deploy(2)
    world.run_all()
    budget(world, maxUnavailable=1)
    world.run(world.pods()[0], ready=False)
    assert said(world) == (2, 1, 1, 0)
    world.api.patch(DEPLOYMENT, "web", SPACE, {"spec": {"replicas": 3}}, manager="test")
    world.settle()
    assert said(world) == (3, 2, 1, 0)


def evict(world: World, name: str) -> None:
    eviction.permit(world.api, name, SPACE, dry_run=False)
    world.api.delete(POD, name, SPACE)


async def test_an_eviction_takes_one_away_at_once(world: World) -> None:
    world.deploy(3)
    world.run_all()
    budget(world, minAvailable=2)
    first, second, _ = (pod["metadata"]["name"] for pod in world.pods())
    evict(world, first)  # the controller has not seen it yet
    with pytest.raises(StatusError, match="would violate the pod's disruption budget") as refused:
        evict(world, second)
    assert (refused.value.code, refused.value.reason) == (429, "TooManyRequests")
    (cause,) = (refused.value.details or {})["causes"]
    assert cause == {
        "reason": "DisruptionBudget",
        "message": "The disruption budget b needs 2 healthy pods and has 3 currently",
    }
    world.run_all()
    evict(world, second)


async def test_a_dry_run_takes_nothing_away(world: World) -> None:
    world.deploy(2)
    world.run_all()
    budget(world, minAvailable=1)
    for pod in world.pods():
        eviction.permit(world.api, pod["metadata"]["name"], SPACE, dry_run=True)
    assert said(world)[3] == 1


async def test_a_pod_that_serves_nobody_needs_no_budget(world: World) -> None:
    world.deploy(1)
    budget(world, minAvailable=1)
    evict(world, world.pods()[0]["metadata"]["name"])


@pytest.mark.parametrize(("policy", "goes"), [("AlwaysAllow", True), ("IfHealthyBudget", False)])
async def test_a_pod_that_is_not_ready_may_go_if_its_budget_says_so(
    world: World, policy: str, goes: bool
) -> None:
    world.deploy(1)
    world.run(world.pods()[0], ready=False)
    budget(world, minAvailable=1, unhealthyPodEvictionPolicy=policy)
    name = world.pods()[0]["metadata"]["name"]
    if goes:
        evict(world, name)
    else:
        with pytest.raises(StatusError):
            evict(world, name)


async def test_two_budgets_of_one_pod_are_an_error(world: World) -> None:
    world.deploy(1)
    world.run_all()
    budget(world, minAvailable=0)
    body = {"metadata": {"name": "c"}, "spec": {"selector": {}, "maxUnavailable": 1}}
    world.api.create(POD_DISRUPTION_BUDGET, body, SPACE, manager="test")
    with pytest.raises(StatusError, match="more than one PodDisruptionBudget"):
        evict(world, world.pods()[0]["metadata"]["name"])


async def test_a_budget_that_is_not_counted_yet_asks_to_come_again(world: World) -> None:
    world.deploy(1)
    world.run_all()
    budget(world, minAvailable=1)
    body = {"spec": {"minAvailable": 0}}
    world.api.patch(POD_DISRUPTION_BUDGET, "b", SPACE, body, manager="test")
    with pytest.raises(StatusError) as refused:
        evict(world, world.pods()[0]["metadata"]["name"])
    assert (refused.value.details or {})["retryAfterSeconds"] == 10


async def test_an_eviction_that_came_to_nothing_is_forgotten(world: World) -> None:
    world.deploy(2)
    world.run_all()
    budget(world, minAvailable=1)
    eviction.permit(world.api, world.pods()[0]["metadata"]["name"], SPACE, dry_run=False)
    world.settle()
    assert said(world) == (2, 1, 1, 0)
    world.wait(disruption.EVICTED_FOR + 1)
    assert said(world) == (2, 1, 2, 1)
