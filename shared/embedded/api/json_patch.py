"""JSON Patch (RFC 6902) and JSON Merge Patch (RFC 7386) over plain values; inputs are not changed.

A failure is PatchError: a test that fails, a path that does not exist, a malformed operation.
"""

from __future__ import annotations

import copy
import re
from typing import Any, Final

MOST_OPERATIONS: Final = 10_000
"""As kube-apiserver limits them."""


class PatchError(Exception):
    """The patch cannot be applied to this document."""


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
    """RFC 6902: all operations in order, or none."""
    if not isinstance(operations, list):
        raise PatchError("a JSON patch is a list of operations")
    if len(operations) > MOST_OPERATIONS:
        raise PatchError(f"more than {MOST_OPERATIONS} operations")
    result = copy.deepcopy(document)
    for operation in operations:
        result = _step(result, operation)
    return result


def _step(document: Any, operation: Any) -> Any:
    if not isinstance(operation, dict):
        raise PatchError("an operation is an object")
    name, path = operation.get("op"), _pointer(operation, "path")
    if name in ("add", "replace", "test") and "value" not in operation:
        raise PatchError(f"{name} needs a value")
    if name == "add":
        return _add(document, path, copy.deepcopy(operation["value"]))
    if name == "remove":
        return _remove(document, path)
    if name == "replace":
        _get(document, path)
        return _put(document, path, copy.deepcopy(operation["value"]))
    if name == "test":
        if not _same(_get(document, path), operation["value"]):
            raise PatchError(f"testing path {operation['path']} failed")
        return document
    if name in ("move", "copy"):
        return _transfer(document, path, _pointer(operation, "from"), move=name == "move")
    raise PatchError(f"unknown operation {name!r}")


def _transfer(document: Any, path: list[str], source: list[str], *, move: bool) -> Any:
    value = _get(document, source)
    if not move:
        return _add(document, path, copy.deepcopy(value))
    if path == source:
        return document
    if path[: len(source)] == source:
        raise PatchError("an object cannot move into its own child")
    return _add(_remove(document, source), path, value)


def _pointer(operation: dict[str, Any], key: str) -> list[str]:
    """RFC 6901."""
    text = operation.get(key)
    if not isinstance(text, str) or (text and not text.startswith("/")):
        raise PatchError(f"{key} is not a JSON pointer")
    return [part.replace("~1", "/").replace("~0", "~") for part in text.split("/")[1:]]


def _get(document: Any, path: list[str]) -> Any:
    for part in path:
        document = document[_key(document, part)]
    return document


def _add(document: Any, path: list[str], value: Any) -> Any:
    if not path:
        return value
    parent = _get(document, path[:-1])
    if isinstance(parent, list):
        parent.insert(_index(path[-1], len(parent), end=True), value)
    elif isinstance(parent, dict):
        parent[path[-1]] = value
    else:
        raise PatchError(f"nothing can be added below {path[:-1]}")
    return document


def _put(document: Any, path: list[str], value: Any) -> Any:
    if not path:
        return value
    parent = _get(document, path[:-1])
    parent[_key(parent, path[-1])] = value
    return document


def _remove(document: Any, path: list[str]) -> Any:
    if not path:
        return None
    parent = _get(document, path[:-1])
    del parent[_key(parent, path[-1])]
    return document


def _key(parent: Any, part: str) -> Any:
    """The key or index of an existing member."""
    if isinstance(parent, list):
        return _index(part, len(parent) - 1)
    if isinstance(parent, dict) and part in parent:
        return part
    raise PatchError(f"{part!r} does not exist")


def _index(part: str, last: int, *, end: bool = False) -> int:
    if end and part == "-":
        return last
    if not re.fullmatch(r"0|[1-9][0-9]{0,8}", part) or int(part) > last:
        raise PatchError(f"{part!r} is not an index of the list")
    return int(part)


def _same(left: Any, right: Any) -> bool:
    """JSON equality: Python takes True for 1, JSON does not."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(_same(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(_same, left, right))
    return bool(left == right)
