"""Orphans are adopted by whom they fit, and nobody keeps what it does not select."""

from __future__ import annotations

from typing import Any

from shared.embedded.kinds import DEPLOYMENT, POD, REPLICA_SET
from tests.shared.embedded.controllers.conftest import deployment

SPACE = "oscar-svc"


def owners(obj: dict[str, Any]) -> list[str]:
    return [each["name"] for each in obj["metadata"].get("ownerReferences", [])]


def uids(world: Any) -> set[str]:
    return {pod["metadata"]["uid"] for pod in world.pods()}


def orphan(world: Any) -> None:
    """Delete the Deployment and leave what it made."""
    world.api.delete(DEPLOYMENT, "web", SPACE, propagation="Orphan")
    world.settle()


def again(world: Any, name: str, replicas: int, image: str, **spec: Any) -> None:
    body = deployment(replicas, image, **spec)
    body["metadata"]["name"] = name
    world.api.create(DEPLOYMENT, body, SPACE, manager="test")
    world.settle()


def test_an_orphaned_replicaset_keeps_its_pods(world: Any) -> None:
    world.deploy(2)
    world.run_all()
    before = uids(world)
    orphan(world)
    (rs,) = world.replicasets()
    assert owners(rs) == []
    assert uids(world) == before


def test_a_deployment_of_another_name_adopts_an_orphan_of_its_template(world: Any) -> None:
    world.deploy(3)
    world.run_all()
    before = uids(world)
    orphan(world)
    again(world, "other", 3, "one")
    (rs,) = world.replicasets()
    assert owners(rs) == ["other"]
    assert rs["metadata"]["name"].startswith("web-")
    assert uids(world) == before
    status = world.api.get(DEPLOYMENT, "other", SPACE)["status"]
    assert (status["readyReplicas"], status["updatedReplicas"]) == (3, 3)


def test_a_paused_deployment_adopts_too_and_makes_none_of_its_own(world: Any) -> None:
    world.deploy(2)
    world.run_all()
    orphan(world)
    again(world, "other", 2, "two", paused=True)
    (rs,) = world.replicasets()
    assert owners(rs) == ["other"]


def test_an_orphan_of_another_template_is_rolled_over(world: Any) -> None:
    world.deploy(2)
    world.run_all()
    orphan(world)
    again(world, "other", 2, "two")
    world.run_all()
    assert [rs["spec"]["replicas"] for rs in world.replicasets()] == [0, 2]
    assert all(owners(rs) == ["other"] for rs in world.replicasets())


def test_what_another_controls_is_left_to_it(world: Any) -> None:
    world.deploy(1)
    again(world, "other", 1, "one")
    assert sorted(owners(rs)[0] for rs in world.replicasets()) == ["other", "web"]


def test_a_replicaset_adopts_an_orphaned_pod_and_lets_go_of_one_that_is_relabelled(
    world: Any,
) -> None:
    world.deploy(2)
    world.run_all()
    first = world.pods()[0]
    name = first["metadata"]["name"]
    world.api.patch(
        POD, name, SPACE, {"metadata": {"labels": {"app": "debug"}}}, patch_type="merge",
        manager="test",
    )  # fmt: skip
    world.settle()
    assert owners(world.api.get(POD, name, SPACE)) == []
    assert len(world.pods()) == 3, "another takes its place"
    world.api.patch(
        POD, name, SPACE, {"metadata": {"labels": {"app": "web"}}}, patch_type="merge",
        manager="test",
    )  # fmt: skip
    world.settle()
    (rs,) = world.replicasets()
    assert owners(world.api.get(POD, name, SPACE)) == [rs["metadata"]["name"]]
    assert len(world.live()) == 2, "one too many goes"


def test_a_deployment_lets_go_of_a_replicaset_that_is_relabelled(world: Any) -> None:
    world.deploy(1)
    (rs,) = world.replicasets()
    body = {"metadata": {"labels": {"app": "debug"}}}
    world.api.patch(
        REPLICA_SET, rs["metadata"]["name"], SPACE, body, patch_type="merge", manager="test"
    )
    world.settle()
    assert owners(world.api.get(REPLICA_SET, rs["metadata"]["name"], SPACE)) == []
