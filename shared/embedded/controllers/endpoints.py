"""Which endpoints a Service has, and how they are laid out in EndpointSlices. Pure.

Called by the EndpointSlice controller, which writes them. Source:
https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/ and Kubernetes
`pkg/controller/endpointslice` (`reconciler.go`, `utils.go`).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from shared.embedded.controllers.cache import SERVICE_NAME
from shared.embedded.controllers.pods import (
    controller_reference,
    is_ready,
    is_terminal,
    is_terminating,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from shared.service.objects import Obj

MANAGED_BY = "endpointslice.kubernetes.io/managed-by"
MANAGER = "endpointslice-controller.k8s.io"
PORT_MAP = "local.exposed/port-map"
MAX_ENDPOINTS = 100  # a slice, as in Kubernetes

Ports = tuple[tuple[str, str, int], ...]
"""(name, protocol, port) of each port of a Service as one group of pods resolves them."""


def port_map(pod: Obj) -> dict[int, int]:
    """Container port → the port really listened on: the pod's annotation `local.exposed/port-map`.

    The node agent writes it where it may not let a process listen below 1024.
    """
    text = (pod["metadata"].get("annotations") or {}).get(PORT_MAP)
    if text is None:
        return {}
    try:
        return {int(key): int(value) for key, value in json.loads(text).items()}
    except (ValueError, AttributeError, TypeError, RecursionError):
        return {}


def resolve_ports(service: Obj, pod: Obj) -> Ports:
    """The Service's ports as this pod has them; a named port that it lacks is left out."""
    mapped = port_map(pod)
    found = []
    for port in service["spec"].get("ports") or ():
        protocol = port.get("protocol", "TCP")
        number = _target(port.get("targetPort") or port["port"], protocol, pod)
        if number is not None:
            found.append((port.get("name", ""), protocol, mapped.get(number, number)))
    return tuple(found)


def _target(target: int | str, protocol: str, pod: Obj) -> int | None:
    if isinstance(target, int):
        return target
    for container in pod["spec"]["containers"]:
        for port in container.get("ports") or ():
            if port.get("name") == target and port.get("protocol", "TCP") == protocol:
                number: int = port["containerPort"]
                return number
    return None


def endpoint(service: Obj, pod: Obj) -> Obj:
    """One entry of a slice: ready = serving and not terminating."""
    serving, terminating = is_ready(pod), is_terminating(pod)
    publish = service["spec"].get("publishNotReadyAddresses", False)
    return {
        "addresses": [pod["status"]["podIP"]],
        "conditions": {
            "ready": publish or (serving and not terminating),
            "serving": serving,
            "terminating": terminating,
        },
        "targetRef": reference(pod),
        "nodeName": pod["spec"].get("nodeName", ""),
    }


def reference(pod: Obj) -> Obj:
    """The pod as the `targetRef` of its endpoint."""
    metadata = pod["metadata"]
    return {
        "kind": "Pod",
        "namespace": metadata["namespace"],
        "name": metadata["name"],
        "uid": metadata["uid"],
    }


def endpoints(service: Obj, pods: Sequence[Obj]) -> dict[Ports, dict[str, Obj]]:
    """The Service's endpoints by resolved ports, each under its pod's uid.

    A pod without an address, or whose containers have ended for good, is none.
    """
    groups: dict[Ports, dict[str, Obj]] = {}
    for pod in pods:
        if is_terminal(pod) or not pod.get("status", {}).get("podIP"):
            continue
        group = groups.setdefault(resolve_ports(service, pod), {})
        group[pod["metadata"]["uid"]] = endpoint(service, pod)
    return groups


def is_ready_endpoint(slices: Iterable[Obj], uid: str) -> bool:
    """Some slice still says that the pod `uid` takes requests."""
    return any(
        entry["conditions"].get("ready") and (entry.get("targetRef") or {}).get("uid") == uid
        for each in slices
        for entry in each.get("endpoints") or ()
    )


def lay_out(
    service: Obj, pods: Sequence[Obj], slices: Sequence[Obj]
) -> tuple[list[Obj], list[Obj]]:
    """(the slices as they should be, the existing ones to delete).

    Endpoints stay in the slice they are in; new ones fill slices of their ports before a new slice
    is made. A slice to be made has no name. A Service without endpoints keeps one empty slice.
    """
    groups = endpoints(service, pods)
    kept: list[Obj] = []
    for existing in sorted(slices, key=lambda each: str(each["metadata"]["name"])):
        group = groups.get(ports_of(existing))
        if group:
            kept.append(_with(existing, _retained(existing, group)))
    for ports, group in groups.items():
        _place(service, ports, list(group.values()), kept)
    kept = [each for each in kept if each["endpoints"]]
    if not kept:
        first = min(slices, key=lambda each: str(each["metadata"]["name"]), default=None)
        kept = [_with(first or _empty(service, ()), [], ports=())]
    names = {each["metadata"].get("name") for each in kept}
    return kept, [each for each in slices if each["metadata"]["name"] not in names]


def ports_of(endpoint_slice: Obj) -> Ports:
    """The resolved ports of an existing slice."""
    ports = endpoint_slice.get("ports") or ()
    return tuple(
        (port.get("name", ""), port.get("protocol", "TCP"), port["port"]) for port in ports
    )


def _retained(existing: Obj, group: dict[str, Obj]) -> list[Obj]:
    """The endpoints of `existing` that still are, as they are now; taken out of `group`."""
    uids = [entry["targetRef"]["uid"] for entry in existing.get("endpoints") or ()]
    return [group.pop(uid) for uid in uids if uid in group]


def _place(service: Obj, ports: Ports, new: list[Obj], kept: list[Obj]) -> None:
    for each in kept:
        if ports_of(each) == ports:
            room = MAX_ENDPOINTS - len(each["endpoints"])
            each["endpoints"] += new[:room]
            new = new[room:]
    while new:
        kept.append(_with(_empty(service, ports), new[:MAX_ENDPOINTS]))
        new = new[MAX_ENDPOINTS:]


def _with(base: Obj, entries: list[Obj], ports: Ports | None = None) -> Obj:
    changed = {**base, "endpoints": entries}
    return changed if ports is None else {**changed, "ports": shown_ports(ports)}


def shown_ports(ports: Ports) -> list[Obj]:
    """The ports as slices and subsets have them."""
    return [{"name": name, "port": port, "protocol": protocol} for name, protocol, port in ports]


def _empty(service: Obj, ports: Ports) -> Obj:
    metadata = service["metadata"]
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "generateName": f"{metadata['name']}-",
            "namespace": metadata["namespace"],
            "labels": labels(service),
            "ownerReferences": [controller_reference(service)],
        },
        "addressType": "IPv4",
        "endpoints": [],
        "ports": shown_ports(ports),
    }


def labels(service: Obj) -> dict[str, str]:
    """The labels of a Service's slices: its own, and those that name it and this controller."""
    own = service["metadata"].get("labels") or {}
    headless = {"service.kubernetes.io/headless": ""} if is_headless(service) else {}
    return {**own, **headless, MANAGED_BY: MANAGER, SERVICE_NAME: service["metadata"]["name"]}


def is_headless(service: Obj) -> bool:
    """It has no address of its own: its name stands for those of its pods."""
    return bool(service["spec"].get("clusterIP") == "None")
