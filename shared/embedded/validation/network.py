"""Rules for Services and EndpointSlices. Pure.

Loopback endpoints are allowed, unlike in Kubernetes: the pods of the embedded cluster have loopback
addresses.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Final

from shared.embedded.validation import checks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shared.embedded.errors import Cause
    from shared.service.objects import Obj

_TYPES: Final = ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")
_PROTOCOLS: Final = ("SCTP", "TCP", "UDP")
NODE_PORTS: Final = range(30000, 32768)
_MOST_ENDPOINTS: Final = 1000
_MOST_ADDRESSES: Final = 100


def service(obj: Obj) -> Iterator[Cause]:
    spec = obj["spec"]
    ports = spec.get("ports", [])
    if not ports and spec["type"] != "ExternalName" and spec.get("clusterIP") != "None":
        yield checks.required("spec.ports")
    for index, port in enumerate(ports):
        yield from _port(f"spec.ports[{index}]", port, named=len(ports) > 1)
    yield from checks.unique("spec.ports", "name", ports)
    yield from checks.labels("spec.selector", spec.get("selector", {}))
    yield from checks.one_of("spec.type", spec["type"], _TYPES)
    yield from checks.one_of("spec.sessionAffinity", spec["sessionAffinity"], ("ClientIP", "None"))
    if spec["type"] == "ExternalName" and not spec.get("externalName"):
        yield checks.required("spec.externalName")


def same_address(old: Obj, new: Obj) -> Iterator[Cause]:
    before, after = old["spec"].get("clusterIP"), new["spec"].get("clusterIP")
    external = "ExternalName" in (old["spec"]["type"], new["spec"]["type"])
    if before != after and not external:
        yield checks.immutable("spec.clusterIPs[0]", after)


def endpoint_slice(obj: Obj) -> Iterator[Cause]:
    family = obj.get("addressType")
    yield from checks.one_of("addressType", family, ("FQDN", "IPv4", "IPv6"))
    endpoints = obj["endpoints"] or []
    if len(endpoints) > _MOST_ENDPOINTS:
        yield checks.too_many("endpoints", len(endpoints), _MOST_ENDPOINTS)
    for index, endpoint in enumerate(endpoints):
        yield from _addresses(f"endpoints[{index}].addresses", endpoint.get("addresses"), family)
    yield from checks.unique("ports", "name", obj["ports"] or [])
    for index, port in enumerate(obj["ports"] or []):
        yield from checks.one_of(f"ports[{index}].protocol", port["protocol"], _PROTOCOLS)


def same_family(old: Obj, new: Obj) -> Iterator[Cause]:
    if old["addressType"] != new.get("addressType"):
        yield checks.immutable("addressType", new.get("addressType"))


def _port(at: str, port: Obj, *, named: bool) -> Iterator[Cause]:
    if named and not port.get("name"):
        yield checks.required(f"{at}.name")
    elif port.get("name"):
        yield from checks.label(f"{at}.name", port["name"])
    yield from checks.port(f"{at}.port", port.get("port"))
    yield from checks.one_of(f"{at}.protocol", port["protocol"], _PROTOCOLS)
    yield from checks.port_or_name(f"{at}.targetPort", port.get("targetPort"))
    if port.get("nodePort", NODE_PORTS[0]) not in NODE_PORTS:
        why = "provided port is not in the valid range. The range of valid ports is 30000-32767"
        yield checks.invalid(f"{at}.nodePort", port["nodePort"], why)


def _addresses(at: str, addresses: list[str] | None, family: str | None) -> Iterator[Cause]:
    if not addresses:
        yield checks.required(at, "must contain at least 1 address")
        return
    if len(addresses) > _MOST_ADDRESSES:
        yield checks.too_many(at, len(addresses), _MOST_ADDRESSES)
    for index, address in enumerate(addresses):
        if family in ("IPv4", "IPv6") and not _is_address(address, family):
            why = f"must be a valid {family} address"
            yield checks.invalid(f"{at}[{index}]", address, why)


def _is_address(text: str, family: str) -> bool:
    try:
        return ipaddress.ip_address(text).version == int(family[-1])
    except ValueError:
        return False
