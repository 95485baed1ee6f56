"""The status subresource takes annotations and leaves the desired state alone.

The scaler relies on it: with the right to patch `status` it can note its decisions and the deletion
costs of pods, and can change no template and no container.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shared.kube.resources import DEPLOYMENTS, PODS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from shared.kube.client import KubeClient

CONTAINER = {"name": "main", "image": "example.com/i:1"}
NOTE = {"metadata": {"annotations": {"example.com/note": "yes"}}}


async def test_a_deployments_status_takes_annotations_alone(
    kube: KubeClient, namespace: str
) -> None:
    template = {"metadata": {"labels": {"app": "x"}}, "spec": {"containers": [CONTAINER]}}
    spec = {"replicas": 0, "selector": {"matchLabels": {"app": "x"}}, "template": template}
    await kube.create(DEPLOYMENTS, {"metadata": {"name": "x"}, "spec": spec}, namespace)
    body: dict[str, Any] = NOTE | {"spec": {"replicas": 3}}
    await kube.patch(DEPLOYMENTS, "x", body, namespace, subresource="status")
    found = await kube.get(DEPLOYMENTS, "x", namespace)
    assert found["metadata"]["annotations"]["example.com/note"] == "yes"
    assert found["spec"]["replicas"] == 0


async def test_a_pods_status_takes_annotations(
    kube: KubeClient, namespace: str, make_pod: Callable[[str], Awaitable[dict[str, Any]]]
) -> None:
    await make_pod("p")
    await kube.patch(PODS, "p", NOTE, namespace, subresource="status")
    found = await kube.get(PODS, "p", namespace)
    assert found["metadata"]["annotations"]["example.com/note"] == "yes"  # others may note too
    await kube.delete(PODS, "p", namespace, grace=0)
