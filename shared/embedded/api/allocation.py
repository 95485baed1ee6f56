"""Cluster addresses and node ports of Services, given when one is written. Pure.

Called by `operations` once the Service is valid in itself; the other Services and the random source
are arguments. As in Kubernetes, a dry run gives addresses and ports that nobody has.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any, Final

from shared.embedded.errors import StatusError, invalid
from shared.embedded.kinds import SERVICE
from shared.embedded.validation import checks

if TYPE_CHECKING:
    from collections.abc import Iterable
    from random import Random

    from shared.embedded.errors import Cause
    from shared.service.objects import Obj

CLUSTER_RANGE: Final = ipaddress.ip_network("10.96.0.0/16")
NODE_PORTS: Final = range(30000, 32768)
_NODE_RANGE: Final = f"{NODE_PORTS[0]}-{NODE_PORTS[-1]}"


def allocate(
    service: Obj,
    others: Iterable[Obj],
    random: Random,
    *,
    old: Obj | None = None,
    dry_run: bool = False,
) -> None:
    """Complete `service`, in place, with an address and ports that none of `others` has.

    old: the Service as it was, whose address and ports are its own. Raises 422 for an address, a
    family or a port that cannot be given.
    """
    spec, before = service["spec"], old["spec"] if old else {}
    if spec["type"] == "ExternalName":
        return
    specs = [] if dry_run else [other["spec"] for other in others]
    _refuse_families(service)
    if "clusterIP" not in spec:
        taken = {other.get("clusterIP") for other in specs}
        lowest = str(CLUSTER_RANGE.network_address)
        spec["clusterIP"] = lowest if dry_run else _free_address(taken, random)
    elif spec["clusterIP"] not in ("None", before.get("clusterIP")):
        _refuse_address(service, specs)
    spec["clusterIPs"] = [spec["clusterIP"]]
    if spec["type"] == "NodePort" or (
        spec["type"] == "LoadBalancer" and spec.get("allocateLoadBalancerNodePorts", True)
    ):
        own = {port.get("nodePort") for port in before.get("ports", [])}
        used = {port.get("nodePort") for other in specs for port in other.get("ports", [])}
        _give_ports(service, used, None if dry_run else random, own)
    else:
        for port in spec.get("ports", []):
            if not port.get("nodePort"):
                port.pop("nodePort", None)


def _refuse_families(service: Obj) -> None:
    """The cluster has IPv4 alone."""
    spec = service["spec"]
    why = "not configured on this cluster"
    causes = [
        checks.invalid(f"spec.ipFamilies[{index}]", family, why)
        for index, family in enumerate(spec.get("ipFamilies", []))
        if family == "IPv6"
    ]
    if spec.get("ipFamilyPolicy") == "RequireDualStack":
        why = "this cluster is not configured for dual-stack services"
        causes.append(checks.invalid("spec.ipFamilyPolicy", "RequireDualStack", why))
    if causes:
        raise _refusal(service, *causes)


def _refuse_address(service: Obj, specs: list[Obj]) -> None:
    address = service["spec"]["clusterIP"]
    why = ""
    if ipaddress.ip_address(address) not in CLUSTER_RANGE:
        why = (
            f"the provided IP ({address}) is not in the valid range. The range of valid IPs is "
            f"{CLUSTER_RANGE}"
        )
    elif any(other.get("clusterIP") == address for other in specs):
        why = "provided IP is already allocated"
    if why:
        cause = checks.invalid(
            "spec.clusterIPs", [address], f"failed to allocate IP {address}: {why}"
        )
        raise _refusal(service, cause)


def _free_address(taken: set[str | None], random: Random) -> str:
    while True:
        address = str(CLUSTER_RANGE[random.randrange(1, CLUSTER_RANGE.num_addresses - 1)])
        if address not in taken:
            return address


def _give_ports(service: Obj, used: set[Any], random: Random | None, own: set[Any]) -> None:
    """random: None in a dry run."""
    for index, port in enumerate(service["spec"].get("ports", [])):
        wanted, field = port.get("nodePort"), f"spec.ports[{index}].nodePort"
        if wanted in used and wanted:
            cause = checks.invalid(field, wanted, "provided port is already allocated")
            raise _refusal(service, cause)
        if wanted and random and wanted not in own and wanted not in NODE_PORTS:
            why = (
                "provided port is not in the valid range. The range of valid ports is "
                f"{_NODE_RANGE}"
            )
            raise _refusal(service, checks.invalid(field, wanted, why))
        port["nodePort"] = wanted or _free_port(used, random)
        used.add(port["nodePort"])


def _free_port(used: set[Any], random: Random | None) -> int:
    if random is None:
        return int(max([NODE_PORTS[-1], *filter(None, used)])) + 1
    free = [port for port in NODE_PORTS if port not in used]
    if not free:
        raise StatusError(500, "InternalError", "failed to allocate a nodePort: range is full")
    return random.choice(free)


def _refusal(service: Obj, *causes: Cause) -> StatusError:
    return invalid(SERVICE, service["metadata"]["name"], causes)
