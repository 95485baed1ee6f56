"""What the server makes of an object: other spellings, what was left out, what cannot stay."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from shared.kube.resources import DEPLOYMENTS, PODS, SERVICES

if TYPE_CHECKING:
    from shared.kube.client import KubeClient
    from tests.contract.conftest import Asking

LIMITS = {"limits": {"cpu": "0.5", "memory": "1024Ki"}}
CONTAINER: dict[str, Any] = {"name": "main", "image": "example.com/i:1", "resources": LIMITS}


async def test_quantities_are_written_in_one_way_and_requests_stay_with_the_pod(
    kube: KubeClient, namespace: str
) -> None:
    template = {"metadata": {"labels": {"app": "x"}}, "spec": {"containers": [CONTAINER]}}
    spec = {"replicas": 0, "selector": {"matchLabels": {"app": "x"}}, "template": template}
    made = await kube.create(DEPLOYMENTS, {"metadata": {"name": "x"}, "spec": spec}, namespace)
    resources = made["spec"]["template"]["spec"]["containers"][0]["resources"]
    assert resources == {"limits": {"cpu": "500m", "memory": "1Mi"}}


async def test_a_pod_that_limits_requests_as_much(ask: Asking, namespace: str) -> None:
    spec = {"containers": [CONTAINER], "nodeName": "absent"}
    body = {"metadata": {"name": "p"}, "spec": spec}
    for _ in range(100):
        answer = await ask("POST", PODS.path(namespace), body, dryRun="All")
        if answer.status != 403:  # until the namespace has its ServiceAccount
            break
        await asyncio.sleep(0.1)
    resources = answer.body["spec"]["containers"][0]["resources"]
    assert resources["requests"] == resources["limits"] == {"cpu": "500m", "memory": "1Mi"}


async def test_a_service_that_changes_its_type_loses_what_belongs_to_the_old(
    kube: KubeClient, namespace: str
) -> None:
    spec = {"type": "NodePort", "selector": {"app": "x"}, "ports": [{"port": 80}]}
    made = await kube.create(SERVICES, {"metadata": {"name": "s"}, "spec": spec}, namespace)
    assert made["spec"]["ports"][0]["nodePort"]
    plain = await kube.patch(SERVICES, "s", {"spec": {"type": "ClusterIP"}}, namespace)
    assert "nodePort" not in plain["spec"]["ports"][0]
    assert plain["spec"]["clusterIP"] == made["spec"]["clusterIP"]
    outside = {"spec": {"type": "ExternalName", "externalName": "x.example"}}
    named = await kube.patch(SERVICES, "s", outside, namespace)
    assert "clusterIP" not in named["spec"]
