"""The first field of a wrong type, told as Go's encoding/json tells it. Pure.

Asked by `decoding` once it knows that there is one, so that right objects pay nothing for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shared.embedded.schema.leaves import go_name, shown
from shared.embedded.schema.shapes import ANY, List, Map, Scalar, Struct, go_type

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shared.embedded.schema.shapes import Schema

__all__ = ["first", "go_name"]


def first(value: Any, schema: Schema) -> str:
    """The error of the first field that does not fit `schema`; empty when all do."""
    return next(_errors(value, schema, "", ""), "")


def _errors(value: Any, schema: Schema, owner: str, path: str) -> Iterator[str]:
    """owner: the Go struct whose field `path` leads to; paths have no indices."""
    if isinstance(schema, Scalar):
        yield from _leaf(value, schema, owner, path)
    elif isinstance(schema, List):
        if not isinstance(value, list):
            yield _cannot(go_name(value), schema, owner, path)
            return
        for item in value:
            if item is not None:
                yield from _errors(item, schema.item, owner, path)
    elif not isinstance(value, dict):
        if schema is not ANY:
            yield _cannot(go_name(value), schema, owner, path)
    else:
        yield from _members(value, schema, owner, path)


def _members(value: dict[str, Any], schema: Struct | Map, owner: str, path: str) -> Iterator[str]:
    for key, item in value.items():
        if item is None:
            continue
        if isinstance(schema, Map):
            yield from _errors(item, schema.value, owner, path)
        elif key in schema.fields:
            below = f"{path}.{key}" if path else key
            yield from _errors(item, schema.fields[key], schema.name, below)


def _leaf(value: Any, schema: Scalar, owner: str, path: str) -> Iterator[str]:
    fits = schema.decodes or type(value) in schema.types
    if not fits or (schema.bits and not -(1 << schema.bits - 1) <= value < 1 << schema.bits - 1):
        numeric = schema.bits and go_name(value) == "number"
        yield _cannot(shown(value) if numeric else go_name(value), schema, owner, path)
    elif schema.convert:
        try:
            schema.convert(value)
        except ValueError as error:
            yield str(error)


def _cannot(given: str, schema: Schema, owner: str, path: str) -> str:
    where = f"Go struct field {owner}.{path}" if path else "Go value"
    return f"json: cannot unmarshal {given} into {where} of type {go_type(schema)}"
