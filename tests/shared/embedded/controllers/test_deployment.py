"""Deployments: from template to pods, from one template to the next, and back."""

from __future__ import annotations

from typing import Any

from shared.embedded.controllers.deployment import replicaset_of
from shared.embedded.controllers.manager import Controllers
from shared.embedded.kinds import DEPLOYMENT, POD, REPLICA_SET

SPACE = "oscar-svc"


def sizes(world: Any) -> list[int]:
    return [rs["spec"]["replicas"] for rs in world.replicasets()]


def progress(world: Any) -> tuple[str, str]:
    found = {c["type"]: c for c in world.deployment()["status"]["conditions"]}
    return found["Progressing"]["status"], found["Progressing"]["reason"]


def available(world: Any) -> tuple[str, str]:
    found = {c["type"]: c for c in world.deployment()["status"]["conditions"]}
    return found["Available"]["status"], found["Available"]["reason"]


def test_the_pods_are_named_after_the_template(world: Any) -> None:
    world.deploy(2)
    (rs,) = world.replicasets()
    digest = rs["metadata"]["labels"]["pod-template-hash"]
    assert rs["metadata"]["name"] == f"web-{digest}"
    for pod in world.pods():
        assert pod["metadata"]["name"].startswith(f"web-{digest}-")
        assert len(pod["metadata"]["name"]) == len(f"web-{digest}-") + 5
        assert pod["metadata"]["labels"] == {"app": "web", "pod-template-hash": digest}
    assert world.deployment()["metadata"]["annotations"] == {
        "deployment.kubernetes.io/revision": "1"
    }


def test_the_status_follows_from_nothing_to_complete(world: Any) -> None:
    world.deploy(2)
    status = world.deployment()["status"]
    assert (status["replicas"], status["unavailableReplicas"]) == (2, 2)
    assert available(world) == ("False", "MinimumReplicasUnavailable")
    world.run(world.pods()[0])
    assert progress(world) == ("True", "ReplicaSetUpdated")
    world.run_all()
    status = world.deployment()["status"]
    assert status["readyReplicas"] == status["availableReplicas"] == status["updatedReplicas"] == 2
    assert "unavailableReplicas" not in status
    assert status["terminatingReplicas"] == 0
    assert status["observedGeneration"] == world.deployment()["metadata"]["generation"]
    assert available(world) == ("True", "MinimumReplicasAvailable")
    assert progress(world) == ("True", "NewReplicaSetAvailable")


def test_a_rolling_update_never_has_fewer_available_than_allowed(world: Any) -> None:
    world.deploy(4)
    world.run_all()
    world.deploy(4, "two")
    assert sizes(world) == [3, 2], "25 % of 4: one more, and one less"
    steps = 0
    while any(pod for pod in world.pods() if "two" not in str(pod["spec"])):
        ready = [pod for pod in world.live() if pod["status"].get("podIP")]
        assert len(ready) >= 3
        assert len(world.live()) <= 5
        todo = [pod for pod in world.pods() if pod not in ready]
        for pod in todo:
            world.run(pod) if pod in world.live() else world.finish(pod)
        steps += 1
        assert steps < 20
    world.run_all()
    assert sizes(world) == [0, 4]
    assert progress(world) == ("True", "NewReplicaSetAvailable")
    assert world.deployment()["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == "2"


def test_with_one_replica_the_new_pod_is_ready_before_the_old_one_goes(world: Any) -> None:
    world.deploy(1)
    world.run_all()
    world.deploy(1, "two")
    assert sizes(world) == [1, 1]
    new = next(pod for pod in world.pods() if "two" in str(pod["spec"]))
    world.run(new)
    assert sizes(world) == [0, 1]


def test_recreate_waits_until_the_last_old_pod_has_ended(world: Any) -> None:
    world.deploy(2, strategy={"type": "Recreate"})
    world.run_all()
    world.deploy(2, "two", strategy={"type": "Recreate"})
    assert sizes(world) == [0]
    old = world.pods()
    world.finish(old[0])
    assert len(world.pods()) == 1
    world.finish(old[1])
    assert sizes(world) == [0, 2]


def test_scaling_keeps_the_template(world: Any) -> None:
    world.deploy(2)
    world.run_all()
    world.api.patch(
        DEPLOYMENT, "web", SPACE, {"spec": {"replicas": 5}}, subresource="scale", manager="scaler"
    )
    world.settle()
    assert sizes(world) == [5]
    world.deploy(0)
    assert sizes(world) == [0]
    world.run_all()
    world.deploy(3)
    assert sizes(world) == [3]


def test_scaling_in_mid_rollout_is_shared_in_proportion(world: Any) -> None:
    world.deploy(10)
    world.run_all()
    world.deploy(10, "two")
    assert sizes(world) == [8, 5]
    world.deploy(20, "two")
    # 25 in all: 12 more for 13, so 8 → 8·25/13 = 15 and 5 → 10
    assert sizes(world) == [15, 10]


def test_rollback_uses_the_old_replicaset_under_a_new_revision(world: Any) -> None:
    for image in ("one", "two", "one"):
        world.deploy(1, image)
        world.run_all()
    templates = [rs["spec"]["template"]["spec"] for rs in world.replicasets()]
    assert [spec["containers"][0]["image"] for spec in templates] == ["two", "one"]
    annotations = world.replicasets()[-1]["metadata"]["annotations"]
    assert annotations["deployment.kubernetes.io/revision"] == "3"
    assert annotations["deployment.kubernetes.io/revision-history"] == "1"


def test_old_replicasets_are_kept_up_to_the_limit(world: Any) -> None:
    for number in range(5):
        world.deploy(1, f"image-{number}", revisionHistoryLimit=2)
        world.run_all()
    assert len(world.replicasets()) == 3


def test_a_paused_deployment_scales_but_does_not_roll(world: Any) -> None:
    world.deploy(1)
    world.run_all()
    world.deploy(2, "two", paused=True)
    assert sizes(world) == [2]
    assert progress(world) == ("Unknown", "DeploymentPaused")
    world.run_all()
    world.deploy(2, "two", paused=False)
    assert len(sizes(world)) == 2


def test_the_progress_deadline_is_reported(world: Any) -> None:
    world.deploy(1, progressDeadlineSeconds=10)
    world.wait(12)
    assert progress(world) == ("False", "ProgressDeadlineExceeded")
    world.run_all()
    assert progress(world) == ("True", "NewReplicaSetAvailable")


def test_two_templates_with_one_hash_get_two_names(world: Any) -> None:
    world.controllers = Controllers(world.api, world.clock, lambda _, count: f"hash{count}")
    world.settle = world.controllers.settle
    for image in ("one", "two"):
        world.deploy(1, image)
        world.run_all()
    assert [rs["metadata"]["name"] for rs in world.replicasets()] == ["web-hash0", "web-hash1"]


def test_deleting_it_deletes_all(world: Any) -> None:
    world.deploy(2)
    world.run_all()
    world.api.delete(DEPLOYMENT, "web", SPACE)
    world.settle()
    world.run_all()
    assert not world.pods()
    assert not world.api.list(REPLICA_SET, SPACE)


def test_events_tell_each_step(world: Any) -> None:
    world.deploy(2)
    (rs,) = world.replicasets()
    name = rs["metadata"]["name"]
    assert world.events(DEPLOYMENT) == [
        ("ScalingReplicaSet", f"Scaled up replica set {name} from 0 to 2")
    ]
    created = sorted(f"Created pod: {pod['metadata']['name']}" for pod in world.pods())
    assert sorted(message for _, message in world.events(REPLICA_SET)) == created
    assert all(reason == "Scheduled" for reason, _ in world.events(POD))


def test_annotations_are_copied_but_for_those_of_tools(world: Any) -> None:
    world.deploy(1)
    deployment = world.deployment()
    deployment = {
        **deployment,
        "metadata": {
            **deployment["metadata"],
            "annotations": {
                "note": "kept",
                "kubectl.kubernetes.io/last-applied-configuration": "{}",
            },
        },
    }
    assert replicaset_of(deployment, 4, "hash")["metadata"]["annotations"] == {
        "note": "kept",
        "deployment.kubernetes.io/revision": "4",
        "deployment.kubernetes.io/desired-replicas": "1",
        "deployment.kubernetes.io/max-replicas": "2",
    }
