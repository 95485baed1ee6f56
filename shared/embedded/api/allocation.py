"""Cluster addresses and node ports of Services, given when one is written. Pure.

Called by `operations`; the other Services and the random source are arguments.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.embedded.errors import StatusError, invalid
from shared.embedded.kinds import SERVICE
from shared.embedded.validation import checks
from shared.embedded.validation.network import NODE_PORTS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from random import Random

    from shared.service.objects import Obj


def allocate(service: Obj, others: Iterable[Obj], random: Random) -> None:
    """Complete `service`, in place, with an address and ports that none of `others` has."""
    specs = [other["spec"] for other in others]
    spec = service["spec"]
    if spec["type"] == "ExternalName":
        return
    if "clusterIP" not in spec:
        taken = {other.get("clusterIP") for other in specs}
        spec["clusterIP"] = _free_address(taken, random)
    spec["clusterIPs"] = [spec["clusterIP"]]
    if spec["type"] in ("NodePort", "LoadBalancer"):
        used = {port.get("nodePort") for other in specs for port in other.get("ports", [])}
        _give_ports(service, used, random)
    else:
        for port in spec.get("ports", []):
            port.pop("nodePort", None)


def _free_address(taken: set[str | None], random: Random) -> str:
    while True:
        address = (
            f"10.{random.randrange(64, 128)}.{random.randrange(256)}.{random.randrange(1, 255)}"
        )
        if address not in taken:
            return address


def _give_ports(service: Obj, used: set[int | None], random: Random) -> None:
    for index, port in enumerate(service["spec"].get("ports", [])):
        wanted = port.get("nodePort")
        if wanted in used and wanted is not None:
            field = f"spec.ports[{index}].nodePort"
            cause = checks.invalid(field, wanted, "provided port is already allocated")
            raise invalid(SERVICE, service["metadata"]["name"], [cause])
        port["nodePort"] = wanted or _free_port(used, random)
        used.add(port["nodePort"])


def _free_port(used: set[int | None], random: Random) -> int:
    free = [port for port in NODE_PORTS if port not in used]
    if not free:
        raise StatusError(500, "InternalError", "failed to allocate a nodePort: range is full")
    return random.choice(free)
