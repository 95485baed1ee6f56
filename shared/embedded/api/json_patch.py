"""JSON Patch (RFC 6902) and JSON Merge Patch (RFC 7386) over plain values; inputs are not changed.

Called by `patching`; knows no kinds and no Kubernetes errors. Pure.
"""

from __future__ import annotations

from typing import Any, Final

import jsonpatch
import jsonpointer

MOST_OPERATIONS: Final = 10_000
"""As kube-apiserver limits them."""


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
    try:
        return jsonpatch.apply_patch(document, operations)
    except (jsonpatch.JsonPatchException, jsonpointer.JsonPointerException) as error:
        raise PatchError(str(error)) from error
