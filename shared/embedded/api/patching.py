"""The three kinds of patches that change an object as it is: JSON, merge and strategic merge. Pure.

Called by `operations`; who owns the fields afterwards is decided in `ownership`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal, cast

from shared.embedded import declarations
from shared.embedded.api import golang, json_patch, strategic, unstructured
from shared.embedded.errors import (
    bad_request,
    bare,
    invalid_patch,
    rejected,
    too_many_operations,
)
from shared.embedded.schema import shapes

if TYPE_CHECKING:
    from shared.embedded.errors import StatusError
    from shared.embedded.kinds import Kind
    from shared.service.objects import Obj

PatchType = Literal["json", "merge", "strategic", "apply"]


def patched(kind: Kind, target: Obj, body: Any, patch_type: PatchType) -> Obj:
    """`target` (an object of `kind`, or its Scale) with the patch; raises 400, 413, 422 or 500.

    `apply` is none of these patches: it needs to know who owns what.
    """
    _check_form(body, patch_type)
    result = _apply(kind, target, body, patch_type)
    if not isinstance(result, dict) or not isinstance(result.get("metadata"), dict):
        raise bad_request("the patch leaves no object with metadata")
    return cast("Obj", result)


def unfit(kind: Kind, target: Obj, body: Any, patch_type: PatchType, why: str) -> StatusError:
    """The refusal of a patch of `target` whose result has a field of a wrong type.

    why: the decoder's words; a strategic patch is told of in those of Kubernetes' converter.
    """
    result = _apply(kind, target, body, patch_type)
    if patch_type != "strategic":
        return invalid_patch(_text(result, body if patch_type == "merge" else {}), why)
    schema = declarations.of(kind).schema
    return invalid_patch(golang.shown(body), unstructured.problem(result, schema) or why)


def _text(result: Any, body: Any) -> str:
    """The patched object as JSON: objects that were patched come with sorted members."""
    return json.dumps(_sorted(result, body), separators=(",", ":"), ensure_ascii=False)


def _sorted(result: Any, body: Any) -> Any:
    if not isinstance(result, dict) or not isinstance(body, dict):
        return result
    return {key: _sorted(result[key], body.get(key)) for key in sorted(result)}


def _check_form(body: Any, patch_type: PatchType) -> None:
    """A list of operations for a JSON patch, an object for the other two."""
    if patch_type != "json":
        if not isinstance(body, dict):
            raise _undecodable(body, "map[string]interface {}")
        return
    if not isinstance(body, list):
        raise _undecodable(body, "[]handlers.jsonPatchOp")
    if len(body) > json_patch.MOST_OPERATIONS:
        raise too_many_operations(json_patch.MOST_OPERATIONS, len(body))
    if odd := [each for each in body if not isinstance(each, dict)]:
        raise _undecodable(odd[0], "handlers.jsonPatchOp")


def _undecodable(value: Any, go: str) -> StatusError:
    given = golang.json_type(value)
    return bad_request(
        f"error decoding patch: json: cannot unmarshal {given} into Go value of type {go}"
    )


def _apply(kind: Kind, target: Obj, body: Any, patch_type: PatchType) -> Any:
    """What cannot be merged is a bare error of the server's in kube-apiserver, code 500."""
    described = declarations.of(kind).schema if target["kind"] == kind.kind else shapes.ANY
    try:
        if patch_type == "json":
            return json_patch.apply(target, body)
        if patch_type == "merge":
            return json_patch.merge(target, body)
        return strategic.merge(target, body, described)
    except strategic.FormatError as error:
        raise bad_request(str(error)) from error
    except json_patch.PatchError as error:
        raise (rejected() if patch_type == "json" else bare(str(error))) from error
