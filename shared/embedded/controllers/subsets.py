"""How a Service's endpoints are laid out in the subsets of its Endpoints object. Pure.

Called by the Endpoints controller, which writes them. Source: Kubernetes `pkg/controller/endpoint`
and `k8s.io/endpointslice/util` (ShouldPodBeInEndpoints), `pkg/api/v1/endpoints` (RepackSubsets).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from shared.embedded.controllers.endpoints import (
    Ports,
    is_headless,
    reference,
    resolve_ports,
    shown_ports,
)
from shared.embedded.controllers.pods import is_ready, is_terminal, is_terminating
from shared.service.objects import labels_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from shared.service.objects import Obj

MANAGED_BY: Final = "endpoints.kubernetes.io/managed-by"
MANAGER: Final = "endpoint-controller"
HEADLESS: Final = "service.kubernetes.io/headless"
OVER_CAPACITY: Final = "endpoints.kubernetes.io/over-capacity"
MOST_ADDRESSES: Final = 1000


def subsets(service: Obj, pods: Iterable[Obj]) -> list[Obj]:
    """The addresses of the pods by the ports that they resolve, the ready apart from the others."""
    publish = service["spec"].get("publishNotReadyAddresses", False)
    groups: dict[Ports, dict[str, list[Obj]]] = {}
    for pod in sorted(pods, key=_address):
        if not _has_a_place(pod, including_terminating=publish):
            continue
        ports = resolve_ports(service, pod)
        if ports or not service["spec"].get("ports"):
            state = "addresses" if publish or is_ready(pod) else "notReadyAddresses"
            groups.setdefault(ports, {}).setdefault(state, []).append(_shown(service, pod))
    return [
        {**groups[ports], **({"ports": _ports(ports)} if ports else {})} for ports in sorted(groups)
    ]


def truncated(found: list[Obj]) -> list[Obj]:
    """At most `MOST_ADDRESSES` in all, the ready ones first; the same list when it has no more."""
    if _count(found) <= MOST_ADDRESSES:
        return found
    room = MOST_ADDRESSES
    kept: list[Obj] = [dict(each) for each in found]
    for state in ("addresses", "notReadyAddresses"):
        for each in kept:
            each[state] = each.get(state, [])[:room]
            room -= len(each[state])
    trimmed = [{key: value for key, value in each.items() if value} for each in kept]
    return [each for each in trimmed if each.keys() - {"ports"}]


def labels(service: Obj) -> Mapping[str, str]:
    """The labels of a Service's Endpoints: its own, and who keeps them."""
    own = labels_of(service)
    return {**own, **({HEADLESS: ""} if is_headless(service) else {}), MANAGED_BY: MANAGER}


def _ports(ports: Ports) -> list[Obj]:
    """As slices have them, but here an empty name is none."""
    return [
        {key: value for key, value in each.items() if value != ""} for each in shown_ports(ports)
    ]


def _count(found: list[Obj]) -> int:
    states = ("addresses", "notReadyAddresses")
    return sum(len(each.get(state, ())) for each in found for state in states)


def _has_a_place(pod: Obj, *, including_terminating: bool) -> bool:
    if is_terminal(pod) or not _address(pod):
        return False
    return including_terminating or not is_terminating(pod)


def _address(pod: Obj) -> str:
    return str(pod.get("status", {}).get("podIP", ""))


def _shown(service: Obj, pod: Obj) -> Obj:
    spec = pod["spec"]
    own = spec.get("hostname") if spec.get("subdomain") == service["metadata"]["name"] else None
    return {
        "ip": _address(pod),
        **({"hostname": own} if own else {}),
        **({"nodeName": spec["nodeName"]} if spec.get("nodeName") else {}),
        "targetRef": reference(pod),
    }
