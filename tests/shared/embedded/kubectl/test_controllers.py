"""What controllers make of kubectl's commands: adoption, and drained nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.shared.embedded.kubectl.conftest import Kubectl

SLEEP = "exec sleep 100"


def uids(kubectl: Kubectl, kind: str) -> list[str]:
    return [each["metadata"]["uid"] for each in kubectl.object(kind)["items"]]


def test_what_a_deployment_left_behind_is_adopted_by_the_next(
    kubectl: Kubectl, workload: Callable[..., dict[str, Any]]
) -> None:
    deployment = workload("d", SLEEP)
    kubectl.apply(deployment)
    kubectl("rollout", "status", "deployment", "d")
    before = uids(kubectl, "replicasets"), uids(kubectl, "pods")
    kubectl("delete", "deployment", "d", "--cascade=orphan")
    assert uids(kubectl, "replicasets") == before[0]
    kubectl.apply(deployment)
    kubectl("rollout", "status", "deployment", "d")
    assert (uids(kubectl, "replicasets"), uids(kubectl, "pods")) == before
    kubectl("delete", "replicaset", "--all", "--cascade=orphan")
    kubectl("rollout", "status", "deployment", "d")
    assert uids(kubectl, "pods") == before[1]
    (owner,) = kubectl.object("pods")["items"][0]["metadata"]["ownerReferences"]
    assert [owner["uid"]] == uids(kubectl, "replicasets")


def test_a_pod_that_is_relabelled_is_let_go_and_replaced(
    kubectl: Kubectl, workload: Callable[..., dict[str, Any]]
) -> None:
    kubectl.apply(workload("d", SLEEP))
    kubectl("rollout", "status", "deployment", "d")
    (pod,) = (each["metadata"]["name"] for each in kubectl.object("pods")["items"])
    kubectl("label", "pod", pod, "app=other", "--overwrite")
    assert "ownerReferences" not in kubectl.object("pod", pod)["metadata"]
    kubectl("rollout", "status", "deployment", "d")
    assert len(uids(kubectl, "pods")) == 2


def test_a_node_is_cordoned_tainted_and_drained(kubectl: Kubectl) -> None:
    name = f"node-{kubectl.namespace}"
    room = {"cpu": "1", "memory": "1Gi", "pods": "10"}
    node = {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name},
        "status": {
            "capacity": room,
            "allocatable": room,
            "conditions": [{"type": "Ready", "status": "True"}],
        },
    }
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "p"},
        "spec": {"nodeName": name, "containers": [{"name": "c", "image": "i"}]},
    }
    for each in (node, pod):
        kubectl("create", "-f", "-", stdin=orjson.dumps(each).decode())
    kubectl("cordon", name)
    assert "Ready,SchedulingDisabled" in kubectl("get", "node", name)
    kubectl("taint", "node", name, "a=b:PreferNoSchedule")
    keys = {each["key"] for each in kubectl.object("node", name)["spec"]["taints"]}
    assert keys == {"a", "node.kubernetes.io/unschedulable"}
    assert "drained" in kubectl("drain", name, "--force", "--grace-period=0")
    assert kubectl("get", "pods", "-o", "name") == ""
    kubectl("uncordon", name)
    assert [each["key"] for each in kubectl.object("node", name)["spec"]["taints"]] == ["a"]
    kubectl("delete", "node", name)
