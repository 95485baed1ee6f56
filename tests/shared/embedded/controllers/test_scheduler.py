"""Which node a pod is given to."""

from __future__ import annotations

from typing import Any

from shared.embedded.kinds import NODE, POD

SPACE = "oscar-svc"


def pod(name: str = "p", **spec: Any) -> dict[str, Any]:
    spec = {"containers": [{"name": "c", "image": "i"}], **spec}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}


def place(world: Any, body: dict[str, Any]) -> str:
    world.api.create(POD, body, SPACE, manager="test")
    world.settle()
    found: str = world.api.get(POD, body["metadata"]["name"], SPACE)["spec"].get("nodeName", "")
    return found


def test_requests_beyond_the_machine_do_not_hinder(world: Any) -> None:
    container = {"name": "c", "image": "i", "resources": {"requests": {"cpu": "64"}}}
    assert place(world, pod(containers=[container])) == "local"
    assert world.events(POD) == [("Scheduled", f"Successfully assigned {SPACE}/p to local")]


def test_a_node_name_is_kept(world: Any) -> None:
    assert place(world, pod(nodeName="elsewhere")) == "elsewhere"


def test_a_node_selector_is_honoured(world: Any) -> None:
    world.add_node("special")
    body = {"metadata": {"labels": {"type": "hollow"}}}
    world.api.patch(NODE, "special", "", body, manager="test")
    assert place(world, pod(nodeSelector={"type": "hollow"})) == "special"


def test_the_emptier_node_is_taken(world: Any) -> None:
    world.add_node("second")
    places = [place(world, pod(f"p{number}")) for number in range(4)]
    assert sorted(places) == ["local", "local", "second", "second"]


def test_a_cordoned_or_tainted_node_is_left_out(world: Any) -> None:
    world.api.patch(NODE, "local", "", {"spec": {"unschedulable": True}}, manager="test")
    taint = {"key": "gpu", "effect": "NoSchedule"}
    world.add_node("tainted", taints=[taint])
    assert place(world, pod()) == ""
    tolerant = pod("q", tolerations=[{"key": "gpu", "operator": "Exists"}])
    assert place(world, tolerant) == "tainted"


def test_a_full_node_is_told_and_tried_again(world: Any) -> None:
    world.api.delete(NODE, "local")
    world.add_node("small", pods=1)
    assert place(world, pod("first")) == "small"
    assert place(world, pod("second")) == ""
    ((reason, message),) = [e for e in world.events(POD) if e[0] != "Scheduled"]
    assert reason == "FailedScheduling"
    assert message.startswith("0/1 nodes are available")
    (condition,) = world.api.get(POD, "second", SPACE)["status"]["conditions"]
    assert (condition["type"], condition["reason"]) == ("PodScheduled", "Unschedulable")
    world.api.delete(POD, "first", SPACE, grace=0)
    world.wait(5)
    assert world.api.get(POD, "second", SPACE)["spec"]["nodeName"] == "small"
