"""The scale subresource of Deployments, as the scaler writes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from shared.kube import errors
from shared.kube.resources import DEPLOYMENTS

if TYPE_CHECKING:
    from shared.kube.client import KubeClient

CONTAINER = {"name": "main", "image": "example.com/i:1"}
DEPLOYMENT = {
    "metadata": {"name": "x"},
    "spec": {
        "replicas": 0,
        "paused": True,  # no pod is ever made: only the numbers matter here
        "selector": {"matchLabels": {"app": "x"}},
        "template": {"metadata": {"labels": {"app": "x"}}, "spec": {"containers": [CONTAINER]}},
    },
}


async def test_a_scale_says_what_was_asked_and_what_is(kube: KubeClient, namespace: str) -> None:
    await kube.create(DEPLOYMENTS, DEPLOYMENT, namespace)
    scale = await kube.scale("x", 0, namespace, resource_version=None)
    assert (scale["kind"], scale["apiVersion"]) == ("Scale", "autoscaling/v1")
    assert scale["spec"].get("replicas", 0) == 0
    assert scale["status"] == {"replicas": 0, "selector": "app=x"}


async def test_a_scale_with_the_current_version_is_taken(kube: KubeClient, namespace: str) -> None:
    await kube.create(DEPLOYMENTS, DEPLOYMENT | {"metadata": {"name": "x"}}, namespace)
    for attempt in range(1, 10):  # controllers may write its status at the same moment
        version = (await kube.get(DEPLOYMENTS, "x", namespace))["metadata"]["resourceVersion"]
        try:
            await kube.scale("x", attempt, namespace, resource_version=version)
        except errors.Conflict:
            continue
        break
    assert (await kube.get(DEPLOYMENTS, "x", namespace))["spec"]["replicas"] == attempt


async def test_a_stale_precondition_is_a_conflict_and_changes_nothing(
    kube: KubeClient, namespace: str
) -> None:
    created = await kube.create(DEPLOYMENTS, DEPLOYMENT, namespace)
    stale = created["metadata"]["resourceVersion"]
    labels = {"metadata": {"labels": {"touched": "yes"}}}
    await kube.patch(DEPLOYMENTS, "x", labels, namespace)
    with pytest.raises(errors.Conflict):
        await kube.scale("x", 1, namespace, resource_version=stale)
    assert (await kube.get(DEPLOYMENTS, "x", namespace))["spec"]["replicas"] == 0


async def test_negative_replicas_are_invalid(kube: KubeClient, namespace: str) -> None:
    await kube.create(DEPLOYMENTS, DEPLOYMENT, namespace)
    with pytest.raises(errors.Invalid) as refused:
        await kube.scale("x", -1, namespace, resource_version=None)
    assert "spec.replicas" in refused.value.message


async def test_scaling_what_is_not_there_is_not_found(kube: KubeClient, namespace: str) -> None:
    with pytest.raises(errors.NotFound):
        await kube.scale("absent", 1, namespace, resource_version=None)
