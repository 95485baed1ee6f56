from __future__ import annotations

from typing import Any

import pytest

from scaler.cluster.observe import PodReader, capacities, observe, read_pod, rivals
from scaler.decision import Container, Sample
from tests.scaler.objects import NOW, deployment, hpa, node, pod, stamp


def test_a_pod_is_read_whole() -> None:
    facts = read_pod(
        pod("a", 0, age=60, annotations={"controller.kubernetes.io/pod-deletion-cost": "-5"})
    )
    assert facts.pod.name == "a-dlp-1-0"
    assert facts.pod.started == facts.pod.transitioned == NOW - 60
    assert facts.pod.ready == "True"
    assert facts.pod.containers == (Container("main", 100, 1000),)
    assert facts.owner == "rs-a-dlp-1"
    assert facts.expected.node == "n1"
    assert facts.deletion_cost == -5
    assert facts.measurable


def test_a_bare_pod_has_neither_times_nor_owner() -> None:
    facts = read_pod({"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c"}]}})
    assert facts.pod.phase == "Pending"
    assert facts.pod.started is None
    assert facts.pod.transitioned is None
    assert facts.pod.ready is None
    assert facts.pod.containers == (Container("c"),)
    assert facts.owner == ""
    assert facts.deletion_cost is None
    assert not facts.measurable


def test_init_containers_count_when_they_stay() -> None:
    obj = pod("a", 0)
    obj["spec"]["initContainers"] = [
        {"name": "sidecar", "restartPolicy": "Always", "resources": {"requests": {"cpu": "50m"}}},
        {"name": "setup"},
    ]
    facts = read_pod(obj)
    assert [each.name for each in facts.pod.containers] == ["sidecar", "main"]


def test_a_request_of_the_pod_as_a_whole() -> None:
    obj = pod("a", 0)
    obj["spec"]["resources"] = {"requests": {"cpu": "1500m"}}
    assert read_pod(obj).pod.request_m == 1500


def test_a_request_resized_in_place_is_the_one_granted() -> None:
    obj = pod("a", 0)
    obj["status"]["containerStatuses"] = [
        {"name": "main", "resources": {"requests": {"cpu": "250m"}, "limits": {"cpu": "2"}}}
    ]
    assert read_pod(obj).pod.containers == (Container("main", 250, 2000),)
    obj["spec"]["resources"] = {"requests": {"cpu": "1500m"}}
    obj["status"]["resources"] = {"requests": {"cpu": "1600m"}}
    assert read_pod(obj).pod.request_m == 1600


def running(name: str, ago: float) -> dict[str, Any]:
    return {"name": name, "state": {"running": {"startedAt": stamp(NOW - ago)}}}


def waiting(name: str, reason: str) -> dict[str, Any]:
    return {"name": name, "state": {"waiting": {"reason": reason}}}


@pytest.mark.parametrize(
    ("statuses", "began", "reason"),
    [
        ([running("main", 50), running("mesh", 20)], NOW - 20, ""),
        ([running("main", 50), waiting("mesh", "CrashLoopBackOff")], None, "CrashLoopBackOff"),
        ([waiting("main", "ImagePullBackOff")], None, "ImagePullBackOff"),
        ([waiting("main", "ContainerCreating")], None, ""),
        ([{"name": "main", "state": {"terminated": {"exitCode": 1}}}], None, ""),
        ([], None, ""),
    ],
)
def test_since_when_a_pod_runs_and_what_it_waits_for(
    statuses: list[dict[str, Any]], began: float | None, reason: str
) -> None:
    obj = pod("a", 0)
    obj["spec"]["containers"].append({"name": "mesh"})
    obj["status"]["containerStatuses"] = statuses
    read = read_pod(obj).pod
    assert (read.running, read.waiting) == (began, reason)


def test_what_an_init_container_or_the_scheduler_holds_up() -> None:
    obj = pod("a", 0, phase="Pending")
    obj["status"]["containerStatuses"] = [waiting("main", "PodInitializing")]
    obj["status"]["initContainerStatuses"] = [waiting("fetch", "ErrImagePull")]
    assert read_pod(obj).pod.waiting == "ErrImagePull"
    obj = pod("a", 0, phase="Pending")
    scheduled = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}
    obj["status"]["conditions"].append(scheduled)
    assert read_pod(obj).pod.waiting == "Unschedulable"


def test_a_pod_being_deleted_is_not_measured() -> None:
    obj = pod("a", 0)
    obj["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    facts = read_pod(obj)
    assert facts.pod.deleted
    assert not facts.measurable


def test_only_the_controller_owns_a_pod() -> None:
    obj = pod("a", 0)
    obj["metadata"]["ownerReferences"].insert(0, {"uid": "somebody", "controller": False})
    assert read_pod(obj).owner == "rs-a-dlp-1"


def test_pods_are_read_again_only_when_they_changed() -> None:
    reader = PodReader()
    old, new = pod("a", 0, version=1), pod("a", 0, version=2)
    first, same, changed = (reader.by_owner([each]) for each in (old, old, new))
    owner = "rs-a-dlp-1"
    assert same[owner][0] is first[owner][0]
    assert changed[owner][0] is not first[owner][0]
    assert reader.by_owner([]) == {}


def test_an_observation_joins_pods_and_samples() -> None:
    facts = [read_pod(pod("a", index)) for index in range(2)]
    samples = {"a-dlp-1-0": Sample(NOW - 5, 15.0, {"main": 70, "stranger": 9})}
    seen = observe("a", deployment("a", 3), facts, samples, in_flight={"a-dlp-1-0": 4})
    assert (seen.service, seen.spec_replicas, seen.status_replicas) == ("a", 3, 3)
    assert [each.name for each in seen.pods] == ["a-dlp-1-0", "a-dlp-1-1"]
    assert all(each is fact.pod for each, fact in zip(seen.pods, facts, strict=True))
    assert seen.samples == samples
    assert [seen.requests_with(each.name) for each in seen.pods] == [4, None]


def test_rivals_are_found_by_their_target() -> None:
    other = hpa("sets", "a-dlp")
    other["spec"]["scaleTargetRef"]["kind"] = "StatefulSet"
    assert rivals([hpa("h", "b-dlp"), other]) == {("oscar-svc", "b-dlp"): "h"}


def test_capacities_of_nodes_that_say_them() -> None:
    silent = {"metadata": {"name": "n2"}}
    assert capacities([node("n1", "3920m"), silent]) == {"n1": 3920}
