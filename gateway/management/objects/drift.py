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
    from collections.abc import Iterable

    from shared.service.objects import Obj

_AMOUNTS: Final = ("requests", "limits")


def settled(live: Obj, wanted: Obj) -> bool:
    """Whether applying `wanted` to `live` would change nothing."""
    return contains(live, wanted) and states(wanted, own_fields(live))


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


def own_fields(live: Obj) -> Obj:
    """The fields that are ours by an apply (FieldsV1)."""
    entries = (one for one in _entries(live) if one.get("manager") == names.SERVICES_API)
    ours = (one.get("fieldsV1") for one in entries if one.get("operation") == "Apply")
    return next(ours, None) or {}


def fields_of_others(live: Obj) -> list[Obj]:
    """The fields of each manager that is not us (FieldsV1)."""
    entries = (one for one in _entries(live) if one.get("manager") != names.SERVICES_API)
    return [one.get("fieldsV1") or {} for one in entries]


def below(fields: Obj, *names: str) -> Obj:
    """The fields of the part at a path."""
    for name in names:
        fields = fields.get(f"f:{name}") or {}
    return fields


def extracted(live: Any, owned: Obj) -> Any:
    """The part of `live` that has the fields of `owned` (FieldsV1), to apply it once more."""
    if not owned:
        return live
    if isinstance(live, dict):
        steps = {step.removeprefix("f:"): fields for step, fields in owned.items()}
        return {key: extracted(item, steps[key]) for key, item in live.items() if key in steps}
    parts = ((item, _step_of(item, owned)) for item in live)
    return [extracted(item, owned[step]) for item, step in parts if step]


def taken(live: Any, wanted: Any, theirs: Obj, own: Obj, *, amounts: bool = False) -> bool:
    """Whether a field that `wanted` states has another value in `live`, which is that of others
    (`theirs`, FieldsV1) and not our `own` of before."""
    for step, fields in theirs.items():
        here, aim = _at(live, step), _at(wanted, step)
        if here is None or aim is None:
            continue
        count = amounts or step.removeprefix("f:") in _AMOUNTS
        if fields.keys() - {"."}:
            if taken(here, aim, fields, own.get(step, {}), amounts=count):
                return True
        elif step not in own and not contains(here, aim, amounts=count):
            return True
    return False


def _at(value: Any, step: str) -> Any:
    """What is at a step of FieldsV1; None if nothing is."""
    kind, _, text = step.partition(":")
    if kind == "f":
        return value.get(text) if isinstance(value, dict) else None
    items = value if kind == "k" and isinstance(value, list) else ()
    return next((item for item in items if _step_of(item, (step,))), None)


def _step_of(item: Any, steps: Iterable[str]) -> str:
    """By which of the steps an item of a list is found; empty if by none."""
    for step in steps:
        kind, _, text = step.partition(":")
        if kind == "k" and contains(item, orjson.loads(text)):
            return step
        if kind == "v" and item == orjson.loads(text):
            return step
    return ""


def _entries(live: Obj) -> list[Obj]:
    entries: list[Obj] = live["metadata"].get("managedFields") or []
    return [entry for entry in entries if not entry.get("subresource")]


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


def _same_amount(one: Any, other: Any) -> bool:
    try:
        return quantity.parse(str(one)) == quantity.parse(str(other))
    except ValueError:
        return False
