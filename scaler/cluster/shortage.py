"""What no node has for a pod, in words, from what the scheduler says of it. Pure.

Source: Kubernetes, kube-scheduler: the message of the condition PodScheduled counts nodes by what
they lack: `0/3 nodes are available: 1 Insufficient cpu, 2 Insufficient nvidia.com/gpu. …`.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from shared.service import quantity

if TYPE_CHECKING:
    from shared.service.objects import Obj

LONGEST: Final = 200
"""Characters kept of what the scheduler says where it names nothing that can be counted."""
_LACKING: Final = re.compile(r"\bInsufficient ([A-Za-z0-9./-]+[A-Za-z0-9])")
_COUNT: Final = re.compile(r"^\d+/\d+ nodes are available: *")
_GPU: Final = re.compile(r"(^|[./-])gpu$")


def shortage(message: str, spec: Obj) -> str:
    """`no node has 1 GPU free`, for a pod of this `spec`; else what the scheduler says, shortened.

    Where nodes lack different things, the rarest is named: a GPU before memory before CPU.
    """
    lacking = sorted(set(_LACKING.findall(message)), key=_rarity)
    if not lacking:
        text = _COUNT.sub("", message.split(". preemption:")[0]).strip().rstrip(".")
        return f"no node takes it: {text[:LONGEST]}" if text else "no node has room"
    name = lacking[0]
    return f"no node has {_amount(name, spec)} free"


def _rarity(name: str) -> tuple[int, str]:
    order = {"memory": 1, "ephemeral-storage": 2, "cpu": 3, "pods": 4}
    return order.get(name, 0), name


def _amount(name: str, spec: Obj) -> str:
    """How much of a resource the pod asks for, as its definition writes it."""
    asked = [
        ((each.get("resources") or {}).get("requests") or {}).get(name)
        for each in spec.get("containers") or ()
    ]
    given = [str(each) for each in asked if each is not None]
    if _GPU.search(name):
        count = sum((quantity.parse(each) for each in given), Fraction())
        return "1 GPU" if count in (0, 1) else f"{count} GPUs"
    words = {"memory": "memory", "cpu": "CPU", "pods": "room for a pod"}.get(name, name)
    if len(given) != 1 or name == "pods":
        return words if name == "pods" else f"enough {words}"
    return f"{given[0]} {words}"
