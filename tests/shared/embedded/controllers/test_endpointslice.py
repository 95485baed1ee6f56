"""The EndpointSlices of a Service follow its pods."""

from __future__ import annotations

from typing import Any

from shared.embedded.kinds import ENDPOINT_SLICE, POD, SERVICE

SPACE = "oscar-svc"


def addresses(world: Any) -> list[tuple[str, bool]]:
    return [
        (entry["addresses"][0], entry["conditions"]["ready"])
        for each in world.slices()
        for entry in each["endpoints"] or ()
    ]


def test_without_pods_the_lists_are_null_as_in_a_real_cluster(world: Any) -> None:
    world.expose()
    (only,) = world.slices()
    assert only["endpoints"] is None
    assert only["ports"] is None
    assert only["metadata"]["name"].startswith("web-")
    assert only["metadata"]["annotations"].keys() == {
        "endpoints.kubernetes.io/last-change-trigger-time"
    }


def test_a_pod_appears_becomes_ready_terminates_and_goes(world: Any) -> None:
    world.expose()
    world.deploy(1)
    (pod,) = world.pods()
    world.run(pod, ready=False)
    address = world.pods()[0]["status"]["podIP"]
    assert addresses(world) == [(address, False)]
    world.run(pod)
    assert addresses(world) == [(address, True)]
    world.api.delete(POD, pod["metadata"]["name"], SPACE)
    world.settle()
    (entry,) = (entry for each in world.slices() for entry in each["endpoints"])
    assert entry["conditions"] == {"ready": False, "serving": True, "terminating": True}
    world.finish(pod)
    assert addresses(world) == []


def test_nothing_is_written_when_nothing_changed(world: Any) -> None:
    world.expose()
    world.deploy(1)
    world.run_all()
    before = world.slices()[0]["metadata"]["resourceVersion"]
    pod = world.pods()[0]["metadata"]["name"]
    world.api.patch(POD, pod, SPACE, {"metadata": {"annotations": {"a": "b"}}}, manager="test")
    world.settle()
    assert world.slices()[0]["metadata"]["resourceVersion"] == before


def test_a_slice_that_somebody_deletes_comes_back(world: Any) -> None:
    world.expose()
    world.deploy(1)
    world.run_all()
    name = world.slices()[0]["metadata"]["name"]
    world.api.delete(ENDPOINT_SLICE, name, SPACE)
    world.settle()
    assert len(addresses(world)) == 1


def test_slices_go_with_their_service(world: Any) -> None:
    world.expose()
    world.api.delete(SERVICE, "web", SPACE)
    world.settle()
    assert world.slices() == []


def test_a_service_without_selector_is_left_alone(world: Any) -> None:
    world.expose(selector=None)
    assert world.slices() == []
