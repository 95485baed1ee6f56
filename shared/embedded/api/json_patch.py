"""JSON Patch (RFC 6902) and JSON Merge Patch (RFC 7386) over plain values; inputs are not changed.

Where kube-apiserver (github.com/evanphx/json-patch) departs from RFC 6902, it is followed: a member
that is absent can be replaced and is tested as null, negative indices count from the end, and the
whole document (the empty pointer) is no target. Called by `patching`; knows no kinds and no
Kubernetes errors. Pure.
"""

from __future__ import annotations

import copy
import re
from typing import Any, Final

MOST_OPERATIONS: Final = 10_000
"""As kube-apiserver limits them."""

_INDEX: Final = re.compile(r"[+-]?[0-9]{1,9}")


class PatchError(Exception):
    """The patch cannot be applied to this document: a test fails, a path is absent, it is none."""


def merge(target: Any, patch: Any) -> Any:
    """RFC 7386: null removes, objects merge, all else replaces."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merge(result.get(key), value)
    return result


def apply(document: Any, operations: Any) -> Any:
    """RFC 6902: all operations in order, or none; raises PatchError."""
    if not isinstance(operations, list):
        raise PatchError("a JSON patch is a list of operations")
    if len(operations) > MOST_OPERATIONS:
        raise PatchError(f"more than {MOST_OPERATIONS} operations")
    result = copy.deepcopy(document)
    for operation in operations:
        if not isinstance(operation, dict):
            raise PatchError("an operation is an object")
        _operate(result, operation)
    return result


def _operate(document: Any, operation: dict[str, Any]) -> None:
    value = copy.deepcopy(operation.get("value"))
    match operation.get("op"):
        case "add":
            _add(*_place(document, operation, "path"), value)
        case "remove":
            _remove(*_place(document, operation, "path"))
        case "replace":
            parent, key = _place(document, operation, "path")
            _get(parent, key)
            parent[_index(parent, key) if isinstance(parent, list) else key] = value
        case "test":
            if not _same(_get(*_place(document, operation, "path")), value):
                raise PatchError(f"testing value {operation.get('path')} failed")
        case "move":
            value = _remove(*_place(document, operation, "from"))
            _add(*_place(document, operation, "path"), value)
        case "copy":
            value = copy.deepcopy(_get(*_place(document, operation, "from")))
            _add(*_place(document, operation, "path"), value)
        case other:
            raise PatchError(f"unexpected kind: {other}")


def _place(document: Any, operation: dict[str, Any], member: str) -> tuple[Any, str]:
    """The container that the pointer in `member` leads to, and the key in it."""
    pointer = operation.get(member)
    if not isinstance(pointer, str) or "/" not in pointer:
        raise PatchError(f"{member} leads to no member of the document: {pointer}")
    *steps, last = (_unescaped(part) for part in pointer.split("/")[1:])
    found = document
    for step in steps:
        found = _get(found, step)
    if not isinstance(found, dict | list):
        raise PatchError(f"doc is missing path: {pointer}")
    return found, last


def _unescaped(part: str) -> str:
    """RFC 6901, section 4."""
    return part.replace("~1", "/").replace("~0", "~")


def _get(parent: Any, key: str) -> Any:
    if isinstance(parent, dict):
        return parent.get(key)
    if isinstance(parent, list):
        return parent[_index(parent, key)]
    raise PatchError(f"no container has the member {key}")


def _add(parent: Any, key: str, value: Any) -> None:
    if isinstance(parent, dict):
        parent[key] = value
    elif key == "-":
        parent.append(value)
    else:
        parent.insert(_index([*parent, None], key), value)


def _remove(parent: Any, key: str) -> Any:
    if isinstance(parent, list):
        return parent.pop(_index(parent, key))
    if key not in parent:
        raise PatchError(f"unable to remove nonexistent key: {key}")
    return parent.pop(key)


def _index(items: list[Any], key: str) -> int:
    if not _INDEX.fullmatch(key):
        raise PatchError(f"value was not a proper array index: {key!r}")
    index = int(key)
    if not -len(items) <= index < len(items):
        raise PatchError(f"unable to access invalid index: {key}")
    return index % len(items)


def _same(left: Any, right: Any) -> bool:
    """Equal as JSON: true is not 1."""
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(_same(left[k], right[k]) for k in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(_same, left, right))
    return isinstance(left, bool) is isinstance(right, bool) and bool(left == right)
