"""The controllers' view of the cluster, by owner, label and selector."""

from __future__ import annotations

from typing import Any

from shared.embedded.controllers.cache import Cache, carries
from shared.embedded.kinds import POD, REPLICA_SET, SERVICE

SPACE = "oscar-svc"


def names(found: list[dict[str, Any]]) -> set[str]:
    return {obj["metadata"]["name"] for obj in found}


def test_it_knows_what_was_there_before_it(world: Any) -> None:
    world.deploy(2)
    fresh = Cache(world.api)
    (rs,) = world.replicasets()
    assert names(fresh.owned(POD, rs)) == names(world.pods())
    assert names(fresh.owned(REPLICA_SET, world.deployment())) == {rs["metadata"]["name"]}


def test_it_is_never_behind_a_write(world: Any) -> None:
    cache = world.controllers.cache
    world.deploy(2)
    assert len(cache.labelled(POD, SPACE, {"app": "web"})) == 2
    name = world.pods()[0]["metadata"]["name"]
    world.api.delete(POD, name, SPACE, grace=0)
    assert name not in names(cache.labelled(POD, SPACE, {"app": "web"}))
    assert cache.get(POD, (SPACE, name)) is None


def test_labels_must_all_match(world: Any) -> None:
    world.deploy(1)
    cache = world.controllers.cache
    assert cache.labelled(POD, SPACE, {"app": "web", "other": "no"}) == []
    assert cache.labelled(POD, "elsewhere", {"app": "web"}) == []


def test_the_services_of_a_pod_follow_selector_and_labels(world: Any) -> None:
    world.expose()
    world.deploy(1)
    cache = world.controllers.cache
    (pod,) = world.pods()
    assert names(cache.selecting(pod)) == {"web"}
    world.api.patch(SERVICE, "web", SPACE, {"spec": {"selector": {"tier": "x"}}}, manager="test")
    assert names(cache.selecting(pod)) == set(), "both labels are asked for now"


def test_carries() -> None:
    assert carries({"metadata": {"labels": {"a": "1", "b": "2"}}}, {"a": "1"})
    assert not carries({"metadata": {}}, {"a": "1"})
