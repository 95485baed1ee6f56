"""Rules for Nodes (ValidateNode of k8s.io/kubernetes/pkg/apis/core/validation). Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.embedded.validation import addresses, checks
from shared.embedded.validation.resources import quantity_of
from shared.embedded.validation.scheduling import taints

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shared.embedded.errors import Cause
    from shared.service.objects import Obj


def node(obj: Obj) -> Iterator[Cause]:
    yield from taints("metadata.taints", obj["spec"].get("taints", []))
    yield from _resources(obj)
    for index, text in enumerate(obj["spec"].get("podCIDRs", [])):
        yield from addresses.cidr(f"spec.podCIDRs[{index}]", text)


def succession(old: Obj, new: Obj) -> Iterator[Cause]:
    before, after = old["spec"], new["spec"]
    for name, called in (("podCIDRs", "podCIDR"), ("providerID", "providerID")):
        if before.get(name) and before[name] != after.get(name):
            why = f'node updates may not change {called} except from "" to valid'
            yield checks.forbidden(f"spec.{name}", why)


def status(_: Obj, new: Obj) -> Iterator[Cause]:
    yield from _resources(new)
    seen: list[Obj] = []
    for index, address in enumerate(new["status"].get("addresses", [])):
        if address in seen:
            shown = checks.struct(address, ("Type", "Address"))
            yield checks.duplicate(f"status.addresses[{index}]", shown)
        seen.append(address)


def _resources(obj: Obj) -> Iterator[Cause]:
    for part in ("capacity", "allocatable"):
        for name, value in obj["status"].get(part, {}).items():
            yield from quantity_of(f"status.{part}.{name}", name, value)
