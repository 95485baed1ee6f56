"""Rules for the small kinds: ConfigMaps, Leases, Namespaces. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from shared.embedded.validation import checks
from shared.embedded.validation.metadata import standard_finalizer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shared.embedded.errors import Cause
    from shared.service.objects import Obj

_MOST_BYTES: Final = 1024 * 1024
_STRATEGIES: Final = ("OldestEmulationVersion",)
_NEVER: Final = "field is immutable when `immutable` is set"


def config_map(obj: Obj) -> Iterator[Cause]:
    data, binary = obj.get("data", {}), obj.get("binaryData", {})
    for key in data:
        yield from checks.config_key(f"data[{key}]", key)
        if key in binary:
            yield checks.invalid(f"data[{key}]", key, "duplicate of key present in binaryData")
    for key in binary:
        yield from checks.config_key(f"binaryData[{key}]", key)
    size = sum(len(value.encode()) for value in data.values())
    if size + sum(len(value) * 3 // 4 for value in binary.values()) > _MOST_BYTES:
        yield checks.too_long("[]", _MOST_BYTES)


def immutable_data(old: Obj, new: Obj) -> Iterator[Cause]:
    if not old.get("immutable"):
        return
    if not new.get("immutable"):
        yield checks.forbidden("immutable", _NEVER)
    for field in ("data", "binaryData"):
        if old.get(field) != new.get(field):
            yield checks.forbidden(field, _NEVER)


def lease(obj: Obj) -> Iterator[Cause]:
    spec = obj["spec"]
    duration = spec.get("leaseDurationSeconds")
    if duration is not None and duration <= 0:
        yield checks.invalid("spec.leaseDurationSeconds", duration, "must be greater than 0")
    yield from checks.not_negative("spec.leaseTransitions", spec.get("leaseTransitions"))
    strategy = spec.get("strategy", "")
    if "/" in strategy:
        yield from checks.qualified_name("spec.strategy.strategy", strategy)
    elif "strategy" in spec and strategy not in _STRATEGIES:
        yield checks.unsupported("spec.strategy.strategy", strategy, _STRATEGIES)
    if spec.get("preferredHolder") and not strategy:
        why = "may only be specified if `strategy` is defined"
        yield checks.forbidden("spec.preferredHolder", why)


def namespace(obj: Obj) -> Iterator[Cause]:
    for each in obj["spec"].get("finalizers", []):
        yield from checks.qualified_name("spec.finalizers", each)
        yield from standard_finalizer("spec.finalizers", each)


def namespace_status(_: Obj, new: Obj) -> Iterator[Cause]:
    leaving = "deletionTimestamp" in new["metadata"]
    wanted, phase = "Terminating" if leaving else "Active", new["status"].get("phase", "")
    if phase != wanted:
        emptiness = "not empty" if leaving else "empty"
        why = f"may only be '{wanted}' if `deletionTimestamp` is {emptiness}"
        yield checks.invalid("status.Phase", phase, why)
