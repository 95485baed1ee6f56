"""Rules for Services (ValidateService of k8s.io/kubernetes/pkg/apis/core/validation). Pure.

What depends on the addresses and ports that other Services have is told by `api.allocation`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from shared.embedded.validation import addresses, checks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shared.embedded.errors import Cause
    from shared.service.objects import Obj

_TYPES: Final = ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")
_PROTOCOLS: Final = ("SCTP", "TCP", "UDP")
_AFFINITIES: Final = ("ClientIP", "None")
_FAMILIES: Final = ("IPv4", "IPv6")
_FAMILY_POLICIES: Final = ("PreferDualStack", "RequireDualStack", "SingleStack")
_TRAFFIC_POLICIES: Final = ("Cluster", "Local")
_DISTRIBUTIONS: Final = ("PreferClose", "PreferSameNode", "PreferSameZone")
_LONGEST_AFFINITY: Final = 86400
_SOURCE_RANGES: Final = "service.beta.kubernetes.io/load-balancer-source-ranges"
_BALANCED_ONLY: Final = "may only be used when `type` is 'LoadBalancer'"
_NOT_EXTERNAL: Final = "may not be set for ExternalName services"
_ONCE: Final = "may not change once set"
_OUTSIDE: Final = ("LoadBalancer", "NodePort")


def service(obj: Obj) -> Iterator[Cause]:
    spec = obj["spec"]
    kind, ports = spec["type"], spec.get("ports", [])
    if not ports and not _headless(spec) and kind != "ExternalName":
        yield checks.required("spec.ports")
    yield from _type_dependent(spec)
    names: set[str] = set()
    for index, port in enumerate(ports):
        yield from _port(f"spec.ports[{index}]", port, names, named=len(ports) > 1)
    yield from checks.labels("spec.selector", spec.get("selector", {}))
    yield from _affinity(spec)
    if kind != "ExternalName":
        yield from _addresses(spec)
    for index, text in enumerate(spec.get("externalIPs", [])):
        field = f"spec.externalIPs[{index}]"
        faults = list(addresses.address(field, text))
        yield from faults or addresses.external(field, text)
    yield from checks.one_of("spec.type", kind, _TYPES)
    yield from _unique_ports(kind, ports)
    yield from _source_ranges(obj)
    yield from _balancer(spec)
    yield from _traffic(spec)


def succession(old: Obj, new: Obj) -> Iterator[Cause]:
    """The addresses and families of a Service stay, but for ExternalName."""
    if "ExternalName" in (old["spec"]["type"], new["spec"]["type"]):
        return
    before, after = (obj["spec"].get("clusterIPs", []) for obj in (old, new))
    if before and not after:
        yield checks.invalid("spec.clusterIPs[0]", after, "primary clusterIP can not be unset")
    for index, (was, wanted) in enumerate(zip(before, after, strict=False)):
        if was != wanted:
            yield checks.invalid(f"spec.clusterIPs[{index}]", after, _ONCE)
    families = new["spec"].get("ipFamilies", [])
    for index, (was, wanted) in enumerate(
        zip(old["spec"].get("ipFamilies", []), families, strict=False)
    ):
        if was != wanted:
            yield checks.invalid(f"spec.ipFamilies[{index}]", families, _ONCE)
    if old["spec"]["type"] == new["spec"]["type"] == "LoadBalancer":
        name = "loadBalancerClass"
        if old["spec"].get(name) != new["spec"].get(name):
            yield checks.invalid(f"spec.{name}", new["spec"].get(name), _ONCE)


def status(_: Obj, new: Obj) -> Iterator[Cause]:
    ingress = new["status"].get("loadBalancer", {}).get("ingress", [])
    at = "status.loadBalancer.ingress"
    if ingress and new["spec"]["type"] != "LoadBalancer":
        yield checks.forbidden(at, "may only be used when `spec.type` is 'LoadBalancer'")
        return
    yield from balanced(at, ingress)


def balanced(at: str, ingress: list[Obj]) -> Iterator[Cause]:
    """Where a load balancer of a Service or Ingress stands."""
    for index, each in enumerate(ingress):
        if each.get("ip"):
            yield from addresses.address(f"{at}[{index}].ip", each["ip"])
        if each.get("hostname"):
            field = f"{at}[{index}].hostname"
            yield from checks.subdomain(field, each["hostname"])
            if addresses.parsed(each["hostname"]):
                why = "must be a DNS name, not an IP address"
                yield checks.invalid(field, each["hostname"], why)


def _headless(spec: Obj) -> bool:
    return bool(spec.get("clusterIP") == "None" or spec.get("clusterIPs", [])[:1] == ["None"])


def _type_dependent(spec: Obj) -> Iterator[Cause]:
    kind = spec["type"]
    if kind in _OUTSIDE and _headless(spec):
        why = f"may not be set to 'None' for {kind} services"
        yield checks.invalid("spec.clusterIPs[0]", "None", why)
    if kind != "ExternalName":
        return
    for name in ("clusterIPs", "ipFamilies", "ipFamilyPolicy"):
        if spec.get(name):
            yield checks.forbidden(f"spec.{name}", _NOT_EXTERNAL)
    name = spec.get("externalName", "").removesuffix(".")
    if not name:
        yield checks.required("spec.externalName")
    else:
        yield from checks.subdomain("spec.externalName", name)


def _port(at: str, port: Obj, names: set[str], *, named: bool) -> Iterator[Cause]:
    name = port.get("name", "")
    if named and not name:
        yield checks.required(f"{at}.name")
    elif name:
        yield from checks.label(f"{at}.name", name)
        if name in names:
            yield checks.duplicate(f"{at}.name", name)
        names.add(name)
    yield from checks.port(f"{at}.port", port.get("port"))
    yield from checks.one_of(f"{at}.protocol", port["protocol"], _PROTOCOLS)
    yield from checks.port_or_name(f"{at}.targetPort", port.get("targetPort"))
    if "appProtocol" in port:
        yield from checks.qualified_name(f"{at}.appProtocol", port["appProtocol"])


def _affinity(spec: Obj) -> Iterator[Cause]:
    affinity, config = spec["sessionAffinity"], spec.get("sessionAffinityConfig")
    at = "spec.sessionAffinityConfig"
    yield from checks.one_of("spec.sessionAffinity", affinity, _AFFINITIES)
    if affinity == "None" and config is not None:
        yield checks.forbidden(at, "must not be set when session affinity is None")
    if affinity != "ClientIP":
        return
    seconds = (config or {}).get("clientIP", {}).get("timeoutSeconds")
    missing = at if config is None else f"{at}.clientIP"
    if seconds is None:
        missing += ".timeoutSeconds" if "clientIP" in (config or {}) else ""
        yield checks.required(missing, "when session affinity type is ClientIP")
    elif not 0 < seconds <= _LONGEST_AFFINITY:
        why = f"must be greater than 0 and less than {_LONGEST_AFFINITY}"
        yield checks.invalid(f"{at}.clientIP.timeoutSeconds", seconds, why)


def _addresses(spec: Obj) -> Iterator[Cause]:
    at, single = "spec.clusterIPs", spec.get("clusterIP", "")
    own = spec.get("clusterIPs") or [single] * bool(single)
    if single and own[0] != single:
        yield checks.invalid(at, own, "first value must match `clusterIP`")
    elif own and not single:
        yield checks.invalid(at, own, "must be empty when `clusterIP` is not specified")
    yield from _families(spec)
    faults = list(_each_address(at, own))
    yield from faults
    if len(own) > 2:
        yield checks.invalid(at, own, "may only hold up to 2 values")
    if faults or _headless(spec):
        return
    versions = ["IPv6" if ":" in text else "IPv4" for text in own]
    if len(versions) > len(set(versions)):
        yield checks.invalid(at, own, "may specify no more than one IP for each IP family")
    for index, (family, version) in enumerate(
        zip(spec.get("ipFamilies", []), versions, strict=False)
    ):
        if family != version:
            article = "an" if family in _FAMILIES else "a"
            why = f"expected {article} {family} value as indicated by `ipFamilies[{index}]`"
            yield checks.invalid(f"{at}[{index}]", own[index], why)


def _each_address(at: str, own: list[str]) -> Iterator[Cause]:
    if own[:1] == ["None"]:
        if len(own) > 1:
            yield checks.invalid(at, own, "'None' must be the first and only value")
        return
    for index, text in enumerate(own):
        yield from addresses.address(f"{at}[{index}]", text)


def _families(spec: Obj) -> Iterator[Cause]:
    seen: set[str] = set()
    for index, family in enumerate(spec.get("ipFamilies", [])):
        field = f"spec.ipFamilies[{index}]"
        if family not in _FAMILIES:
            yield checks.unsupported(field, family, _FAMILIES)
        if family in seen:
            yield checks.duplicate(field, family)
        seen.add(family)
    policy = spec.get("ipFamilyPolicy")
    if policy is not None and policy not in _FAMILY_POLICIES:
        yield checks.unsupported("spec.ipFamilyPolicy", policy, _FAMILY_POLICIES)


def _unique_ports(kind: str, ports: list[Obj]) -> Iterator[Cause]:
    given = [(index, port) for index, port in enumerate(ports) if port.get("nodePort")]
    if kind == "ClusterIP":
        for index, _ in given:
            why = "may not be used when `type` is 'ClusterIP'"
            yield checks.forbidden(f"spec.ports[{index}].nodePort", why)
    seen: set[tuple[str, int]] = set()
    for index, port in given:
        key = port["protocol"], port["nodePort"]
        if key in seen:
            yield checks.duplicate(f"spec.ports[{index}].nodePort", port["nodePort"])
        seen.add(key)
    seen.clear()
    for index, port in enumerate(ports):
        key = port["protocol"], port.get("port", 0)
        if key in seen:
            yield checks.duplicate(f"spec.ports[{index}]", _shown_port(*key))
        seen.add(key)


def _shown_port(protocol: str, number: int) -> Obj:
    """As Go shows a ServicePort of the internal API that has nothing else."""
    return {
        "Name": "",
        "Protocol": protocol,
        "AppProtocol": None,
        "Port": number,
        "TargetPort": 0,
        "NodePort": 0,
    }


def _source_ranges(obj: Obj) -> Iterator[Cause]:
    spec, annotations = obj["spec"], obj["metadata"].get("annotations", {})
    outside = spec["type"] != "LoadBalancer"
    if ranges := spec.get("loadBalancerSourceRanges", []):
        at = "spec.LoadBalancerSourceRanges"
        if outside:
            yield checks.forbidden(at, _BALANCED_ONLY)
        for index, text in enumerate(ranges):
            yield from addresses.cidr(f"{at}[{index}]", text.strip())
    elif _SOURCE_RANGES in annotations:
        at = f"metadata.annotations[{_SOURCE_RANGES}]"
        if outside:
            yield checks.forbidden(at, _BALANCED_ONLY)
        for text in filter(None, annotations[_SOURCE_RANGES].strip().split(",")):
            yield from addresses.cidr(at, text.strip())


def _balancer(spec: Obj) -> Iterator[Cause]:
    if spec["type"] == "LoadBalancer":
        if "loadBalancerClass" in spec:
            name = spec["loadBalancerClass"]
            yield from checks.qualified_name("spec.loadBalancerClass", name)
        return
    for name in ("allocateLoadBalancerNodePorts", "loadBalancerClass"):
        if name in spec:
            yield checks.forbidden(f"spec.{name}", _BALANCED_ONLY)


def _traffic(spec: Obj) -> Iterator[Cause]:
    external, internal = spec.get("externalTrafficPolicy"), spec.get("internalTrafficPolicy")
    outside = spec["type"] in _OUTSIDE or (spec["type"] == "ClusterIP" and spec.get("externalIPs"))
    if outside:
        yield from checks.one_of("spec.externalTrafficPolicy", external, _TRAFFIC_POLICIES)
    elif external:
        why = "may only be set for externally-accessible services"
        yield checks.invalid("spec.externalTrafficPolicy", external, why)
    if spec.get("healthCheckNodePort") and (spec["type"], external) != ("LoadBalancer", "Local"):
        why = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"
        yield checks.invalid("spec.healthCheckNodePort", spec["healthCheckNodePort"], why)
    if internal is None and spec["type"] in ("ClusterIP", *_OUTSIDE):
        yield checks.required("spec.internalTrafficPolicy")
    elif internal is not None and internal not in _TRAFFIC_POLICIES:
        yield checks.unsupported("spec.internalTrafficPolicy", internal, _TRAFFIC_POLICIES)
    near = spec.get("trafficDistribution")
    if near is not None and near not in _DISTRIBUTIONS:
        yield checks.unsupported("spec.trafficDistribution", near, _DISTRIBUTIONS)
