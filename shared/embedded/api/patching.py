"""The three kinds of patches that change an object as it is: JSON, merge and strategic merge. Pure.

Called by `operations`; who owns the fields afterwards is decided in `ownership`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, cast

from shared.embedded import declarations
from shared.embedded.api import json_patch, strategic
from shared.embedded.errors import bad_request, rejected
from shared.embedded.schema import shapes

if TYPE_CHECKING:
    from shared.embedded.kinds import Kind
    from shared.service.objects import Obj

PatchType = Literal["json", "merge", "strategic", "apply"]


def patched(kind: Kind, target: Obj, body: Any, patch_type: PatchType) -> Obj:
    """`target` (an object of `kind`, or its Scale) with the patch; raises 400 or 422.

    `apply` is none of these patches: it needs to know who owns what.
    """
    try:
        result = _apply(kind, target, body, patch_type)
    except json_patch.PatchError as error:
        raise (rejected() if patch_type == "json" else bad_request(str(error))) from error
    if not isinstance(result, dict) or not isinstance(result.get("metadata"), dict):
        raise bad_request("the patch leaves no object with metadata")
    return cast("Obj", result)


def _apply(kind: Kind, target: Obj, body: Any, patch_type: PatchType) -> Any:
    if patch_type == "json":
        return json_patch.apply(target, body)
    if patch_type == "merge":
        return json_patch.merge(target, body)
    described = declarations.of(kind).schema if target["kind"] == kind.kind else shapes.ANY
    return strategic.merge(target, body, described)
