"""States with what pods say, over the API server: what is read, and how often."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.management.answers.rollout import Rollouts
from gateway.management.store.catalog import Catalog
from shared.embedded import kinds
from tests.gateway.management.cluster import NS, Cluster

CRASHED = {
    "name": "oscar-container",
    "ready": False,
    "restartCount": 3,
    "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 40s"}},
    "lastState": {"terminated": {"exitCode": 1, "reason": "Error"}},
    "image": "i",
    "imageID": "",
}


@pytest.fixture
def rollouts(cluster: Cluster) -> Rollouts:
    return Rollouts(cluster.kube, Catalog(cluster.kube))


def add(cluster: Cluster, name: str, *, available: int, service: bool = True) -> None:
    """A service's Deployment of one pod, with its Kubernetes Service."""
    labels = {"oscar_service": name, "app": f"oscar-svc-exp-{name}"}
    template = {
        "metadata": {"labels": labels},
        "spec": {"containers": [{"name": "oscar-container", "image": "i"}]},
    }
    deployment: dict[str, Any] = {
        "metadata": {"name": f"{name}-dlp", "namespace": NS, "labels": labels},
        "spec": {"replicas": 1, "selector": {"matchLabels": labels}, "template": template},
    }
    made = cluster.api.create(kinds.DEPLOYMENT, deployment, NS, manager="test")
    numbers = ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas")
    body = made | {"status": dict.fromkeys(numbers, available)}
    cluster.api.update(kinds.DEPLOYMENT, body, subresource="status", manager="test")
    if service:
        spec = {"ports": [{"port": 80}], "selector": labels}
        body = {"metadata": {"name": f"{name}-svc", "labels": labels}, "spec": spec}
        cluster.api.create(kinds.SERVICE, body, NS, manager="test")


def crash(cluster: Cluster, name: str) -> None:
    """A pod of the service whose container ended again and again."""
    labels = {"oscar_service": name, "app": f"oscar-svc-exp-{name}"}
    spec = {"containers": [{"name": "oscar-container", "image": "i"}]}
    pod: dict[str, Any] = {"metadata": {"name": f"{name}-1", "labels": labels}, "spec": spec}
    made = cluster.api.create(kinds.POD, pod, NS, manager="test")
    body = made | {"status": {"phase": "Running", "containerStatuses": [CRASHED]}}
    cluster.api.update(kinds.POD, body, subresource="status", manager="test")
    cluster.logs[f"{name}-1"] = "Traceback\nKeyError: 'MODEL'\n"


async def test_one_service_says_what_its_pod_wrote_last(
    cluster: Cluster, rollouts: Rollouts
) -> None:
    add(cluster, "ocr", available=0)
    crash(cluster, "ocr")
    told = await rollouts.state("ocr")
    assert (told["state"], told["reason"]) == (
        "pending",
        "CrashLoopBackOff: it ended with exit code 1, after it wrote: KeyError: 'MODEL'",
    )
    del cluster.logs["ocr-1"]
    assert (await rollouts.state("ocr"))["reason"].endswith("exit code 1")


async def test_many_services_say_why_without_their_logs(
    cluster: Cluster, rollouts: Rollouts
) -> None:
    add(cluster, "ocr", available=0)
    crash(cluster, "ocr")
    add(cluster, "fine", available=1)
    told = await rollouts.states()
    assert told["ocr"]["reason"] == "CrashLoopBackOff: it ended with exit code 1"
    assert told["fine"]["state"] == "ready"


async def test_a_service_without_its_kubernetes_service_is_not_ready(
    cluster: Cluster, rollouts: Rollouts
) -> None:
    add(cluster, "ocr", available=1, service=False)
    for told in (await rollouts.state("ocr"), (await rollouts.states())["ocr"]):
        assert (told["state"], told["reason"].split(",")[0]) == (
            "failed",
            "Service ocr-svc is missing",
        )


async def test_no_deployment(rollouts: Rollouts) -> None:
    assert (await rollouts.state("ocr"))["state"] == "unavailable"
    assert await rollouts.states() == {}
