"""Strategic merge patch: merge patch that knows which lists merge, and by which key. Pure.

https://kubernetes.io/docs/tasks/manage-kubernetes-objects/update-api-object-kubectl-patch/ and
k8s.io/apimachinery/pkg/util/strategicpatch. Directives: $patch (replace, delete, merge),
$retainKeys, $deleteFromPrimitiveList/<list>, $setElementOrder/<list>. Inputs are not changed.
Called by `patching`; the schema is an argument.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from shared.embedded.api import golang
from shared.embedded.api.json_patch import PatchError
from shared.embedded.schema import shapes as schemas

if TYPE_CHECKING:
    from shared.embedded.schema.shapes import Schema

_DELETE_ITEMS: Final = "$deleteFromPrimitiveList/"
_ORDER: Final = "$setElementOrder/"


class FormatError(PatchError):
    """A directive has not the form that it must have."""


def merge(target: Any, patch: Any, schema: Schema) -> Any:
    """`patch` applied to `target`, an object described by `schema`.

    Raises FormatError for a malformed directive, and PatchError for what cannot be merged.
    """
    if not isinstance(patch, dict):
        raise PatchError("a strategic merge patch is an object")
    directive = patch.get("$patch", "merge")
    if directive == "replace":
        return _plain({key: value for key, value in patch.items() if key != "$patch"})
    if directive == "delete":
        return {}
    if directive != "merge":
        raise _unknown(patch)
    result = dict(target) if isinstance(target, dict) else {}
    _check_directives(patch, schema)
    _retain(result, patch)
    for key, value in patch.items():
        if not key.startswith("$"):
            _field(result, key, value, schemas.child(schema, key))
    _drop_items(result, patch)
    _reorder(result, patch, target, schema)
    return result


def _unknown(patch: dict[str, Any]) -> PatchError:
    named = golang.shown(patch["$patch"])
    return PatchError(f"unknown patch type: {named} in map: {golang.shown(patch)}")


def _check_directives(patch: dict[str, Any], schema: Schema) -> None:
    """Lists of deletions and orders are lists, and a patch keeps to the order that it states."""
    for key, value in patch.items():
        if key.startswith(_DELETE_ITEMS) and not isinstance(value, list):
            raise FormatError("invalid patch format of primitive list")
        if not key.startswith(_ORDER):
            continue
        if not isinstance(value, list):
            raise FormatError("invalid patch format of setElementOrder list")
        name = key.removeprefix(_ORDER)
        described = schemas.child(schema, name)
        merge_key = described.merge_key if isinstance(described, schemas.List) else ""
        _check_order(patch.get(name) or [], value, merge_key)


def _check_order(items: Any, order: list[Any], merge_key: str) -> None:
    """Raises PatchError when `items` come in another order, or `order` does not name one."""
    if not isinstance(items, list):
        return
    due = [each for each in items if not (isinstance(each, dict) and "$patch" in each)]
    wanted = iter(_identity(each, merge_key) for each in order)
    if not all(_identity(each, merge_key) in wanted for each in due):
        raise PatchError(
            f"The order in patch list:\n{golang.shown(items)}\n doesn't match $setElementOrder "
            f"list:\n{golang.shown(order)}\n"
        )


def _retain(result: dict[str, Any], patch: dict[str, Any]) -> None:
    if "$retainKeys" not in patch:
        return
    kept = patch["$retainKeys"]
    given = [key for key in patch if not key.startswith("$")]
    if not isinstance(kept, list) or any(key not in kept for key in given):
        raise FormatError("invalid patch format of retainKeys")
    for key in [key for key in result if key not in kept]:
        del result[key]


def _field(result: dict[str, Any], key: str, value: Any, schema: Schema) -> None:
    if value is None:
        result.pop(key, None)
    elif isinstance(value, dict):
        result[key] = merge(result.get(key), value, schema)
    elif isinstance(value, list) and isinstance(schema, schemas.List):
        result[key] = _list(result.get(key) or [], value, schema)
    else:
        result[key] = _plain(value)


def _list(target: list[Any], patch: list[Any], schema: schemas.List) -> list[Any]:
    if schema.merge_key:
        return _keyed(target, patch, schema)
    if schema.unique:
        if not all(isinstance(item, str) for item in patch):
            raise PatchError("a list that merges as a set holds strings only")
        return _arranged(list(dict.fromkeys(target + patch)), patch, target, "")
    return [_plain(item) for item in patch]


def _keyed(target: list[Any], patch: list[Any], schema: schemas.List) -> list[Any]:
    key = schema.merge_key
    if not all(isinstance(item, dict) for item in patch):
        raise PatchError("a list that merges by key holds objects only")
    if any(item.get("$patch") == "replace" for item in patch):  # needs no key
        return [_plain(item) for item in patch if item.get("$patch") != "replace"]
    result = list(target)
    for item in patch:
        if key not in item:
            shown = golang.shown(item)
            raise PatchError(f"map: {shown} does not contain declared merge key: {key}")
        if item.get("$patch", "merge") not in ("merge", "delete"):
            raise _unknown(item)
        at = next((i for i, each in enumerate(result) if each.get(key) == item[key]), None)
        if item.get("$patch") == "delete":
            result = [each for each in result if each.get(key) != item[key]]
        elif at is None:
            result.append(merge({}, item, schema.item))
        else:
            result[at] = merge(result[at], item, schema.item)
    return _arranged(result, patch, target, key)


def _arranged(items: list[Any], wanted: list[Any], before: list[Any], key: str) -> list[Any]:
    """`items` in the order of `wanted`; those not wanted keep their order of `before`, each ahead
    of the first wanted item that it was ahead of (strategicpatch, mergeSortedSlice)."""
    order = [_identity(item, key) for item in wanted]
    places = {_identity(item, key): place for place, item in enumerate(before)}
    listed = sorted(
        (item for item in items if _identity(item, key) in order),
        key=lambda item: order.index(_identity(item, key)),
    )
    own = [item for item in items if _identity(item, key) not in order]
    result: list[Any] = []
    for item in listed:
        place = places.get(_identity(item, key), -1)
        while own and places.get(_identity(own[0], key), place) < place:
            result.append(own.pop(0))
        result.append(item)
    return result + own


def _drop_items(result: dict[str, Any], patch: dict[str, Any]) -> None:
    for key, gone in patch.items():
        name = key.removeprefix(_DELETE_ITEMS)
        if name != key and isinstance(result.get(name), list) and isinstance(gone, list):
            result[name] = [item for item in result[name] if item not in gone]


def _reorder(result: dict[str, Any], patch: dict[str, Any], before: Any, schema: Schema) -> None:
    for key, order in patch.items():
        name = key.removeprefix(_ORDER)
        items = result.get(name)
        if name == key or not isinstance(items, list) or not isinstance(order, list):
            continue
        described = schemas.child(schema, name)
        merge_key = described.merge_key if isinstance(described, schemas.List) else ""
        was = before.get(name) if isinstance(before, dict) else None
        result[name] = _arranged(items, order, was or [], merge_key)


def _identity(item: Any, merge_key: str) -> str:
    return str(item.get(merge_key) if isinstance(item, dict) else item)


def _plain(value: Any) -> Any:
    """A value that replaces as a whole: nulls and directives in it mean nothing."""
    if isinstance(value, dict):
        return {
            key: _plain(item)
            for key, item in value.items()
            if item is not None and not key.startswith("$")
        }
    return [_plain(item) for item in value] if isinstance(value, list) else value
