"""Rules for NetworkPolicies (k8s.io/kubernetes/pkg/apis/networking/validation). Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from shared.embedded.validation import addresses, checks
from shared.embedded.validation.label_selectors import label_selector

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shared.embedded.errors import Cause
    from shared.service.objects import Obj

_PROTOCOLS: Final = ("TCP", "UDP", "SCTP")
_TYPES: Final = ("Ingress", "Egress")


def network_policy(obj: Obj) -> Iterator[Cause]:
    spec = obj["spec"]
    yield from label_selector("spec.podSelector", spec.get("podSelector"))
    for direction, peers in (("ingress", "from"), ("egress", "to")):
        for index, rule in enumerate(spec.get(direction, [])):
            at = f"spec.{direction}[{index}]"
            for place, port in enumerate(rule.get("ports", [])):
                yield from _port(f"{at}.ports[{place}]", port)
            for place, peer in enumerate(rule.get(peers, [])):
                yield from _peer(f"{at}.{peers}[{place}]", peer)
    types = spec.get("policyTypes", [])
    if len(types) > len(_TYPES):
        why = "may not specify more than two policyTypes"
        yield checks.invalid("spec.policyTypes", types, why)
        return
    for index, each in enumerate(types):
        if each not in _TYPES:
            yield checks.unsupported(f"spec.policyTypes[{index}]", each, _TYPES)


def _port(at: str, given: Obj) -> Iterator[Cause]:
    protocol, port, end = (given.get(name) for name in ("protocol", "port", "endPort"))
    if protocol is not None and protocol not in _PROTOCOLS:
        yield checks.unsupported(f"{at}.protocol", protocol, _PROTOCOLS)
    if isinstance(port, str):
        if end is not None:
            why = "may not be specified when `port` is non-numeric"
            yield checks.invalid(f"{at}.endPort", end, why)
        yield from checks.port_name(f"{at}.port", port)
    elif port is not None:
        yield from checks.port(f"{at}.port", port)
        if end is not None:
            if end < port:
                why = "must be greater than or equal to `port`"
                yield checks.invalid(f"{at}.endPort", end, why)
            yield from checks.port(f"{at}.endPort", end)
    elif end is not None:
        why = "may not be specified when `port` is not specified"
        yield checks.invalid(f"{at}.endPort", end, why)


def _peer(at: str, peer: Obj) -> Iterator[Cause]:
    for name in ("podSelector", "namespaceSelector"):
        yield from label_selector(f"{at}.{name}", peer.get(name))
    if "ipBlock" in peer:
        yield from _block(f"{at}.ipBlock", peer["ipBlock"])
    if not peer:
        yield checks.required(at, "must specify a peer")
    elif "ipBlock" in peer and len(peer) > 1:
        yield checks.forbidden(at, "may not specify both ipBlock and another peer")


def _block(at: str, block: Obj) -> Iterator[Cause]:
    text = block.get("cidr", "")
    if not text:
        yield checks.required(f"{at}.cidr")
        return
    yield from addresses.cidr(f"{at}.cidr", text)
    whole = addresses.network(text)
    for index, part in enumerate(block.get("except", [])):
        field = f"{at}.except[{index}]"
        yield from addresses.cidr(field, part)
        inner = addresses.network(part)
        if whole is None or inner is None:
            continue
        within = whole.version == inner.version and inner.network_address in whole
        if not within or whole.prefixlen >= inner.prefixlen:
            yield checks.invalid(field, part, "must be a strict subset of `cidr`")
