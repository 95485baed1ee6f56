"""Who reaches whom by the NetworkPolicies of some objects, for no network plugin runs here. Pure.

The rules are those of https://kubernetes.io/docs/concepts/services-networking/network-policies/:
policies add up, a pod that none selects for a direction is open in it, and a connection needs both
its ends' consent. What plugins let through by themselves (the node's own probes, answers) is left
out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from shared.service.objects import Obj


@dataclass(frozen=True)
class End:
    """A pod, or with no namespace something outside the cluster's pods."""

    address: str
    namespace: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    ports: Mapping[str, int] = field(default_factory=dict)
    """The named ports of its container."""


class Network:
    """The policies of `objects`, and the labels of the namespaces."""

    def __init__(self, objects: Iterable[Obj], namespaces: Mapping[str, Mapping[str, str]]) -> None:
        self._policies = [each for each in objects if each["kind"] == "NetworkPolicy"]
        self._namespaces = namespaces

    def lets(self, source: End, target: End, port: int, protocol: str = "TCP") -> bool:
        """Whether `source` may connect to `port` of `target`."""
        asked = port, protocol
        return self._consents(source, "Egress", target, target, asked) and self._consents(
            target, "Ingress", source, target, asked
        )

    def _consents(
        self, pod: End, direction: str, other: End, target: End, asked: tuple[int, str]
    ) -> bool:
        chosen = [each["spec"] for each in self._policies if self._selects(each, pod, direction)]
        rules = [rule for spec in chosen for rule in spec.get(direction.lower()) or ()]
        peers = "from" if direction == "Ingress" else "to"
        return not chosen or any(
            _opens(rule.get("ports"), target, asked)
            and self._names(rule.get(peers), pod.namespace, other)
            for rule in rules
        )

    def _selects(self, policy: Obj, pod: End, direction: str) -> bool:
        spec = policy["spec"]
        implied = ["Ingress", *(["Egress"] if "egress" in spec else [])]
        return (
            policy["metadata"]["namespace"] == pod.namespace
            and direction in spec.get("policyTypes", implied)
            and matches(spec["podSelector"], pod.labels)
        )

    def _names(self, peers: list[Obj] | None, home: str, other: End) -> bool:
        return not peers or any(self._is(peer, home, other) for peer in peers)

    def _is(self, peer: Obj, home: str, other: End) -> bool:
        if block := peer.get("ipBlock"):
            address = ip_address(other.address)
            return address in ip_network(block["cidr"]) and not any(
                address in ip_network(each) for each in block.get("except", ())
            )
        if not other.namespace:
            return False
        if (spaces := peer.get("namespaceSelector")) is not None:
            labels = {"kubernetes.io/metadata.name": other.namespace}
            within = matches(spaces, {**labels, **self._namespaces.get(other.namespace, {})})
        else:
            within = other.namespace == home
        return within and matches(peer.get("podSelector", {}), other.labels)


def _opens(ports: list[Obj] | None, target: End, asked: tuple[int, str]) -> bool:
    def number(given: Any) -> Any:
        return target.ports.get(given) if isinstance(given, str) else given

    return not ports or any(
        asked == (number(each.get("port")), each.get("protocol", "TCP")) for each in ports
    )


def matches(selector: Obj, labels: Mapping[str, str]) -> bool:
    """A label selector, as objects state it."""
    return selector.get("matchLabels", {}).items() <= labels.items() and all(
        _meets(each, labels) for each in selector.get("matchExpressions", ())
    )


def _meets(asked: Obj, labels: Mapping[str, str]) -> bool:
    found = labels.get(asked["key"])
    return {
        "In": found in asked.get("values", ()),
        "NotIn": found not in asked.get("values", ()),
        "Exists": found is not None,
        "DoesNotExist": found is None,
    }[str(asked["operator"])]
