"""EndpointSlice conditions: ready, serving and terminating, through the whole life of a pod.

The pods are bound to a node that runs nothing, and this test plays its kubelet; so the same
statuses reach the endpoint controller of any cluster.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shared.kube.resources import ENDPOINTSLICES, PODS, SERVICES

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from shared.kube.client import KubeClient

    Eventually = Callable[..., Awaitable[dict[str, dict[str, Any]]]]
    Make = Callable[[str], Awaitable[dict[str, Any]]]

SERVICE = {
    "metadata": {"name": "web"},
    "spec": {"selector": {"app": "web"}, "ports": [{"name": "http", "port": 80, "targetPort": 90}]},
}
ADDRESS = "192.0.2.10"


async def report(kube: KubeClient, namespace: str, name: str, *, ready: bool) -> None:
    """Say, as a kubelet does, that the pod runs at ADDRESS and whether it is ready."""
    word = "True" if ready else "False"
    status = {
        "phase": "Running",
        "podIP": ADDRESS,
        "podIPs": [{"ip": ADDRESS}],
        "conditions": [{"type": kind, "status": word} for kind in ("Ready", "ContainersReady")],
    }
    await kube.patch(
        PODS, name, {"status": status}, namespace, kind="strategic", subresource="status"
    )


def conditions(slices: dict[str, dict[str, Any]]) -> list[tuple[bool, bool, bool]]:
    """(ready, serving, terminating) of each endpoint of every slice."""
    found = [each["conditions"] for item in slices.values() for each in item["endpoints"] or []]
    return [(c["ready"], c["serving"], c["terminating"]) for c in found]


async def test_a_pod_is_ready_then_not_then_terminating_then_gone(
    kube: KubeClient, namespace: str, make_pod: Make, eventually: Eventually
) -> None:
    await kube.create(SERVICES, SERVICE, namespace)
    await make_pod("p")
    await report(kube, namespace, "p", ready=True)
    slices = await eventually(ENDPOINTSLICES, lambda s: conditions(s) == [(True, True, False)])
    (item,) = slices.values()
    assert item["metadata"]["labels"]["kubernetes.io/service-name"] == "web"
    assert item["ports"] == [{"name": "http", "port": 90, "protocol": "TCP"}]
    assert item["endpoints"][0]["addresses"] == [ADDRESS]
    assert item["endpoints"][0]["targetRef"]["name"] == "p"

    await report(kube, namespace, "p", ready=False)
    await eventually(ENDPOINTSLICES, lambda s: conditions(s) == [(False, False, False)])

    await report(kube, namespace, "p", ready=True)
    await eventually(ENDPOINTSLICES, lambda s: conditions(s) == [(True, True, False)])

    await kube.delete(PODS, "p", namespace)
    await eventually(ENDPOINTSLICES, lambda s: conditions(s) == [(False, True, True)])

    await kube.delete(PODS, "p", namespace, grace=0)
    await eventually(ENDPOINTSLICES, lambda s: conditions(s) == [])
