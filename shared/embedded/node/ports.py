"""Ports that the agent may not bind: mapped to ones that it may.

A process without privileges cannot listen below `net.ipv4.ip_unprivileged_port_start`. Where that
holds for us, a container port such as 80 becomes 8080: the container learns it as `PORT`, and the
pod's annotation `local.exposed/port-map` tells the EndpointSlice controller and the probes.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from shared.service.objects import Obj

SHIFT: Final = 8000
_SETTING: Final = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")


def first_free_port() -> int:
    """The lowest port that this process may listen on."""
    if os.geteuid() == 0:
        return 0
    try:
        return int(_SETTING.read_text())
    except (OSError, ValueError):
        return 1024


def container_ports(container: Obj) -> list[int]:
    """The ports that a container states, in order."""
    return [port["containerPort"] for port in container.get("ports") or ()]


def port_map(pod: Obj, first_free: int) -> dict[int, int]:
    """Container port → port to listen on, for those below `first_free`."""
    ports = [port for each in pod["spec"]["containers"] for port in container_ports(each)]
    return {port: port + SHIFT for port in ports if port < first_free}


def annotation(mapping: dict[int, int]) -> str:
    """The value of `local.exposed/port-map`."""
    return json.dumps({str(port): target for port, target in mapping.items()})
