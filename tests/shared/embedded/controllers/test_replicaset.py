"""ReplicaSets: the number of pods, who goes first, and what the status counts."""

from __future__ import annotations

from typing import Any

from shared.embedded.controllers.replicaset import status
from shared.embedded.errors import StatusError
from shared.embedded.kinds import POD

SPACE = "oscar-svc"
COST = "controller.kubernetes.io/pod-deletion-cost"


def test_a_pod_that_is_deleted_is_replaced_at_once(world: Any) -> None:
    world.deploy(2)
    world.run_all()
    world.api.delete(POD, world.pods()[0]["metadata"]["name"], SPACE)
    world.settle()
    assert len(world.live()) == 2
    status = world.replicasets()[0]["status"]
    assert (status["replicas"], status["terminatingReplicas"]) == (2, 1)


def test_a_pod_that_ended_is_replaced(world: Any) -> None:
    world.deploy(1)
    (pod,) = world.pods()
    body = {**pod, "status": {**pod["status"], "phase": "Failed"}}
    world.api.update(POD, body, subresource="status", manager="test")
    world.settle()
    assert len(world.pods()) == 2


def test_the_cheapest_pod_goes_first(world: Any) -> None:
    world.deploy(3)
    world.run_all()
    cheap = world.pods()[1]["metadata"]["name"]
    body = {"metadata": {"annotations": {COST: "-5"}}}
    world.api.patch(POD, cheap, SPACE, body, manager="scaler")
    world.deploy(2)
    gone = [pod["metadata"]["name"] for pod in world.pods() if pod not in world.live()]
    assert gone == [cheap]


def test_large_steps_are_taken_in_parts_and_finished(world: Any) -> None:
    world.deploy(120)
    assert len(world.pods()) == 120


def test_min_ready_seconds_delays_availability(world: Any) -> None:
    world.deploy(1, minReadySeconds=10)
    world.run_all()
    assert world.deployment()["status"]["readyReplicas"] == 1
    assert "availableReplicas" not in world.deployment()["status"]
    world.wait(10)
    assert world.deployment()["status"]["availableReplicas"] == 1


def test_a_refused_pod_shows_in_the_status(world: Any) -> None:
    world.deploy(1)
    (rs,) = world.replicasets()
    refusal = StatusError(403, "Forbidden", "no room")
    first = status(rs, [], 100.0, refusal)
    assert first["conditions"][0]["reason"] == "FailedCreate"
    again = status({**rs, "status": first}, [], 200.0, refusal)
    assert again["conditions"] == first["conditions"], "the transition time stays"
    assert "conditions" not in status({**rs, "status": first}, [], 300.0)
