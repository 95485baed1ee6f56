"""Whether an object in the cluster still is what we applied. Pure.

The API server adds defaults, and others may add fields of their own: neither is a change of ours.
What somebody changed or took away is found by the values; what we no longer want by the fields that
the server says are ours (Kubernetes documentation, "Server-Side Apply": managedFields, FieldsV1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import orjson

from shared.service import names, quantity

if TYPE_CHECKING:
    from shared.service.objects import Obj

_AMOUNTS: Final = ("requests", "limits")


def settled(live: Obj, wanted: Obj) -> bool:
    """Whether applying `wanted` to `live` would change nothing."""
    return contains(live, wanted) and states(wanted, _own_fields(live))


def contains(live: Any, wanted: Any, *, amounts: bool = False) -> bool:
    """Whether `live` says all that `wanted` does; empty is the same as absent."""
    if not wanted and not live:
        return True
    if isinstance(wanted, dict):
        return isinstance(live, dict) and all(
            contains(live.get(key), item, amounts=amounts or key in _AMOUNTS)
            for key, item in wanted.items()
        )
    if isinstance(wanted, list) and any(isinstance(item, dict) for item in wanted):
        return isinstance(live, list) and all(
            any(contains(one, item, amounts=amounts) for one in live) for item in wanted
        )
    return bool(live == wanted) or (amounts and _same_amount(live, wanted))


def states(wanted: Any, owned: Obj) -> bool:
    """Whether `wanted` has every field of `owned` (FieldsV1)."""
    return all(_stated(wanted, step, below) for step, below in owned.items() if step != ".")


def _stated(wanted: Any, step: str, below: Obj) -> bool:
    kind, _, text = step.partition(":")
    if kind == "f":
        has = isinstance(wanted, dict) and text in wanted
        return has and states(wanted[text], below)
    if not isinstance(wanted, list):
        return False
    value = orjson.loads(text)
    if kind != "k":
        return value in wanted
    items = (item for item in wanted if contains(item, value))
    return any(states(item, below) for item in items)


def _own_fields(live: Obj) -> Obj:
    for entry in live["metadata"].get("managedFields") or ():
        ours = entry.get("manager") == names.SERVICES_API and entry.get("operation") == "Apply"
        if ours and not entry.get("subresource"):
            fields: Obj = entry.get("fieldsV1") or {}
            return fields
    return {}


def _same_amount(one: Any, other: Any) -> bool:
    try:
        return quantity.parse(str(one)) == quantity.parse(str(other))
    except ValueError:
        return False
