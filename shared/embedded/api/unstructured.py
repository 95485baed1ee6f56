"""Why a patched object is none of its kind, in the words of Kubernetes' own conversion. Pure.

Strategic merge patches are not read back as JSON but converted field by field
(k8s.io/apimachinery/pkg/runtime, converter.go), with messages of its own. Asked by `patching` once
decoding has failed; the schema is an argument.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shared.embedded.schema import shapes

if TYPE_CHECKING:
    from shared.embedded.schema.shapes import Schema

_GO_KINDS = {
    str: "string",
    bool: "bool",
    int: "int64",
    float: "float64",
    dict: "map",
    list: "slice",
}


def problem(value: Any, schema: Schema) -> str:
    """The first value that does not fit `schema`; empty when all do."""
    if value is None or schema is shapes.ANY:
        return ""
    if isinstance(schema, shapes.Scalar):
        return "" if type(value) in schema.types else f"unrecognized type: {schema.go}"
    given = _GO_KINDS.get(type(value), "interface")
    if isinstance(schema, shapes.List):
        if not isinstance(value, list):
            return f"cannot restore slice from {given}"
        return next(filter(None, (problem(item, schema.item) for item in value)), "")
    if not isinstance(value, dict):
        known = isinstance(schema, shapes.Map)
        return (
            f"cannot restore map from {given}" if known else f"cannot restore struct from: {given}"
        )
    inner = ((item, shapes.child(schema, key)) for key, item in value.items())
    return next(filter(None, (problem(item, below) for item, below in inner)), "")
