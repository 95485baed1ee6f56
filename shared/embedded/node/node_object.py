"""The Node object by which the cluster knows this machine.

Capacity and allocatable are the machine's real ones, so that `kubectl top nodes` shows true shares.
They refuse nothing: the embedded scheduler counts pods only, not CPU or memory.
"""

from __future__ import annotations

import os
import platform
from typing import TYPE_CHECKING

from shared.embedded.node import procfs
from shared.embedded.schema.times import timestamp

if TYPE_CHECKING:
    from shared.embedded.node.settings import NodeSettings
    from shared.service.objects import Obj

_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


def node(settings: NodeSettings, now: float) -> Obj:
    """The Node, ready; `now` in seconds since the epoch."""
    machine = platform.machine()
    architecture = _ARCHITECTURES.get(machine, machine)
    labels = {
        "kubernetes.io/hostname": settings.name,
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": architecture,
    }
    room = {
        "cpu": str(os.cpu_count() or 1),
        "memory": f"{procfs.memory_total() // 1024}Ki",
        "pods": str(settings.max_pods),
    }
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": settings.name, "labels": labels},
        "spec": {},
        "status": {
            "capacity": room,
            "allocatable": room,
            "conditions": _conditions(now),
            "addresses": [
                {"type": "InternalIP", "address": "127.0.0.1"},
                {"type": "Hostname", "address": settings.name},
            ],
            "nodeInfo": _info(architecture),
        },
    }


def _conditions(now: float) -> list[Obj]:
    states = [
        ("MemoryPressure", "False", "AgentHasSufficientMemory"),
        ("DiskPressure", "False", "AgentHasNoDiskPressure"),
        ("PIDPressure", "False", "AgentHasSufficientPID"),
        ("Ready", "True", "AgentReady"),
    ]
    return [
        {
            "type": kind,
            "status": status,
            "reason": reason,
            "message": "pods are processes of this machine",
            "lastHeartbeatTime": timestamp(now),
            "lastTransitionTime": timestamp(now),
        }
        for kind, status, reason in states
    ]


def _info(architecture: str) -> Obj:
    return {
        "machineID": "",
        "systemUUID": "",
        "bootID": "",
        "kernelVersion": platform.release(),
        "osImage": platform.platform(terse=True),
        "containerRuntimeVersion": "process://1",
        "kubeletVersion": "v1.36.2",
        "kubeProxyVersion": "",
        "operatingSystem": "linux",
        "architecture": architecture,
    }
