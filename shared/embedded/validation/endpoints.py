"""Rules for EndpointSlices and Endpoints. Pure.

Source: k8s.io/kubernetes/pkg/apis/discovery/validation and pkg/apis/core/validation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from shared.embedded.validation import addresses, checks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shared.embedded.errors import Cause
    from shared.service.objects import Obj

_FAMILIES: Final = ("FQDN", "IPv4", "IPv6")
_PROTOCOLS: Final = ("SCTP", "TCP", "UDP")
_MOST_ENDPOINTS: Final = 1000
_MOST_ADDRESSES: Final = 100
_MOST_PORTS: Final = 20000
_MOST_HINTS: Final = 8


def endpoint_slice(obj: Obj) -> Iterator[Cause]:
    family = obj.get("addressType", "")
    yield from checks.one_of("addressType", family, _FAMILIES)
    endpoints, ports = obj["endpoints"] or [], obj["ports"] or []
    if len(endpoints) > _MOST_ENDPOINTS:
        yield checks.too_many("endpoints", len(endpoints), _MOST_ENDPOINTS)
    else:
        for index, endpoint in enumerate(endpoints):
            yield from _endpoint(f"endpoints[{index}]", endpoint, family)
    if len(ports) > _MOST_PORTS:
        yield checks.too_many("ports", len(ports), _MOST_PORTS)
    else:
        yield from _ports(ports)


def same_family(old: Obj, new: Obj) -> Iterator[Cause]:
    if old["addressType"] != new.get("addressType"):
        yield checks.immutable("addressType", new.get("addressType"))


def endpoints(obj: Obj) -> Iterator[Cause]:
    """The Endpoints of a Service, in sets that share their ports."""
    for index, subset in enumerate(obj.get("subsets", [])):
        at = f"subsets[{index}]"
        if not subset.get("addresses") and not subset.get("notReadyAddresses"):
            yield checks.required(at, "must specify `addresses` or `notReadyAddresses`")
        for name in ("addresses", "notReadyAddresses"):
            for place, address in enumerate(subset.get(name, [])):
                yield from _address(f"{at}.{name}[{place}]", address)
        ports = subset.get("ports", [])
        for place, port in enumerate(ports):
            yield from _subset_port(f"{at}.ports[{place}]", port, named=len(ports) > 1)


def _endpoint(at: str, endpoint: Obj, family: str) -> Iterator[Cause]:
    given = endpoint.get("addresses") or []
    if not given:
        yield checks.required(f"{at}.addresses", "must contain at least 1 address")
    elif len(given) > _MOST_ADDRESSES:
        yield checks.too_many(f"{at}.addresses", len(given), _MOST_ADDRESSES)
    for index, text in enumerate(given):
        yield from _of_family(f"{at}.addresses", index, text, family)
    if "hostname" in endpoint:
        yield from checks.label(f"{at}.hostname", endpoint["hostname"])
    if "nodeName" in endpoint:
        yield from checks.subdomain(f"{at}.nodeName", endpoint["nodeName"])
    for name, field in (("forZones", "hints.forZones"), ("forNodes", "hints.forNodes")):
        hints = endpoint.get("hints", {}).get(name, [])
        if len(hints) > _MOST_HINTS:
            yield checks.too_many(f"{at}.{field}", len(hints), _MOST_HINTS)
        yield from checks.unique(f"{at}.{field}", "name", hints)


def _of_family(at: str, index: int, text: str, family: str) -> Iterator[Cause]:
    field = f"{at}[{index}]"
    if family == "FQDN":
        yield from _full_name(field, text)
        return
    if family not in _FAMILIES:
        return
    faults = list(addresses.address(field, text))
    yield from faults
    if faults:
        return
    if (":" in text) is not (family == "IPv6"):
        yield checks.invalid(at, text, f"must be an {family} address")
    yield from addresses.endpoint(field, text)


def _full_name(at: str, text: str) -> Iterator[Cause]:
    """A domain's name of two labels at least; it may end in a dot."""
    name = text.removesuffix(".")
    faults = list(checks.subdomain(at, name))
    if not text:
        yield checks.required(at)
    elif faults:
        yield from faults
    elif "." not in name:
        why = "should be a domain with at least two segments separated by dots"
        yield checks.invalid(at, name, why)


def _ports(ports: list[Obj]) -> Iterator[Cause]:
    names: set[str] = set()
    for index, port in enumerate(ports):
        at, name = f"ports[{index}]", port.get("name", "")
        if name:
            yield from checks.label(f"{at}.name", name)
        if name in names:
            yield checks.duplicate(f"{at}.name", name)
        names.add(name)
        yield from checks.one_of(f"{at}.protocol", port.get("protocol"), _PROTOCOLS)
        if "appProtocol" in port:
            yield from checks.qualified_name(f"{at}.appProtocol", port["appProtocol"])


def _address(at: str, address: Obj) -> Iterator[Cause]:
    yield from addresses.address(f"{at}.ip", address.get("ip", ""))
    if address.get("hostname"):
        yield from checks.label(f"{at}.hostname", address["hostname"])
    if "nodeName" in address:
        yield from checks.subdomain(f"{at}.nodeName", address["nodeName"])
    yield from addresses.endpoint(f"{at}.ip", address.get("ip", ""))


def _subset_port(at: str, port: Obj, *, named: bool) -> Iterator[Cause]:
    name = port.get("name", "")
    if named and not name:
        yield checks.required(f"{at}.name")
    elif name:
        yield from checks.label(f"{at}.name", name)
    yield from checks.port(f"{at}.port", port.get("port"))
    yield from checks.one_of(f"{at}.protocol", port.get("protocol", "TCP"), _PROTOCOLS)
    if "appProtocol" in port:
        yield from checks.qualified_name(f"{at}.appProtocol", port["appProtocol"])
