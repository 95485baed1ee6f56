"""What becomes of a Service's addresses and ports when it is written again. Pure.

Source: patchAllocatedValues, NormalizeClusterIPs and dropTypeDependentFields of
k8s.io/kubernetes/pkg/registry/core/service. Called by `operations` before validation; `allocation`
gives what is still missing after it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from shared.service.objects import Obj

_NODE_PORTS: Final = ("NodePort", "LoadBalancer")
_CLUSTER_ONLY: Final = ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy")


def prepare(old: Obj | None, new: Obj) -> None:
    """Make the spec of `new` one, in place: what `old` was given is kept where it is still needed,
    and lost where a change of type leaves no use for it.
    """
    spec = new.setdefault("spec", {})
    for name in _CLUSTER_ONLY:
        if name in spec and not spec[name]:
            del spec[name]
    if old is None:
        if "clusterIP" in spec:
            spec.setdefault("clusterIPs", [spec["clusterIP"]])
        return
    before = old["spec"]
    _keep(before, spec)
    _agree(before, spec)
    _drop(before, spec)


def _keep(before: Obj, spec: Obj) -> None:
    if _has_address(before) and _has_address(spec):
        spec.setdefault("clusterIP", before.get("clusterIP"))
        if spec["clusterIP"] == before.get("clusterIP"):
            spec.setdefault("clusterIPs", before.get("clusterIPs", [spec["clusterIP"]]))
    if _has_node_ports(before) and _has_node_ports(spec):
        _keep_node_ports(before.get("ports", []), spec.get("ports", []))
    if _is_probed(before) and _is_probed(spec) and "healthCheckNodePort" in before:
        spec.setdefault("healthCheckNodePort", before["healthCheckNodePort"])


def _keep_node_ports(before: list[Obj], ports: list[Obj]) -> None:
    """By the ports' names; one that another port asks for by number is that one's."""
    used = {port.get("nodePort") for port in ports}
    known = {port.get("name", ""): port.get("nodePort") for port in before}
    for port in ports:
        number = known.get(port.get("name", ""))
        if not port.get("nodePort") and number and number not in used:
            port["nodePort"] = number
            used.add(number)


def _agree(before: Obj, spec: Obj) -> None:
    """Who writes `clusterIP` alone means the first of `clusterIPs`."""
    was, wanted = before.get("clusterIP"), spec.get("clusterIP")
    same = spec.get("clusterIPs") == before.get("clusterIPs")
    if was and not wanted and same:
        spec.pop("clusterIPs", None)
    elif wanted and ((was != wanted and same) or not spec.get("clusterIPs")):
        spec["clusterIPs"] = [wanted]


def _drop(before: Obj, spec: Obj) -> None:
    if _has_address(before) and not _has_address(spec):
        _forget(before, spec, *_CLUSTER_ONLY, "internalTrafficPolicy")
    if _has_node_ports(before) and not _has_node_ports(spec):
        numbers = [[port.get("nodePort") for port in each.get("ports", [])]
                   for each in (before, spec)]  # fmt: skip
        if numbers[0] == numbers[1]:
            for port in spec.get("ports", []):
                port.pop("nodePort", None)
    if _is_probed(before) and not _is_probed(spec):
        _forget(before, spec, "healthCheckNodePort")
    if _type(before) == "LoadBalancer" != _type(spec):
        _forget(before, spec, "allocateLoadBalancerNodePorts", "loadBalancerClass")
    if _is_outside(before) and not _is_outside(spec):
        _forget(before, spec, "externalTrafficPolicy")


def _forget(before: Obj, spec: Obj, *names: str) -> None:
    """Take away what is as it was: nobody has asked for it."""
    for name in names:
        if spec.get(name) == before.get(name):
            spec.pop(name, None)


def _type(spec: Obj) -> Any:
    return spec.get("type", "ClusterIP")


def _has_address(spec: Obj) -> bool:
    return _type(spec) in ("ClusterIP", *_NODE_PORTS)


def _has_node_ports(spec: Obj) -> bool:
    kind = _type(spec)
    given = spec.get("allocateLoadBalancerNodePorts") is not False
    return kind == "NodePort" or (kind == "LoadBalancer" and given)


def _is_outside(spec: Obj) -> bool:
    kind = _type(spec)
    return kind in _NODE_PORTS or (kind == "ClusterIP" and bool(spec.get("externalIPs")))


def _is_probed(spec: Obj) -> bool:
    return _type(spec) == "LoadBalancer" and spec.get("externalTrafficPolicy") == "Local"
