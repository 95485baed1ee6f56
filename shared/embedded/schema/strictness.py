"""What a strict reader finds wrong with an object: fields that are unknown, or written twice. Pure.

Told in the words of sigs.k8s.io/json (`unknown field "spec.x"`) and, of YAML, of its parser. Asked
by `decoding` for bodies and by the API for what patches make.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from shared.embedded.schema import parsing
from shared.embedded.schema.shapes import ANY, STRING, List, Map, Scalar, Struct

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shared.embedded.schema.shapes import Schema

_MOST: Final = 100
_OPERATIONS: Final = List(Struct({"op": STRING, "from": STRING, "path": STRING, "value": ANY}))


def of_body(
    body: bytes, value: Any, schema: Schema, *, yaml_body: bool, unknown: list[str]
) -> list[str]:
    """All that is wrong with `body`, whose value is `value`; `unknown` is known already."""
    if yaml_body and not parsing.looks_like_json(body):
        twice = parsing.yaml_duplicates(body)
        return [twice, *unknown] if twice else unknown
    if not parsing.may_repeat(body, value):
        return unknown
    return _limited(_problems(parsing.json_pairs(body), schema, ""))


def unknown_fields(value: Any, schema: Schema) -> list[str]:
    """A sentence for each field of `value` that `schema` does not describe."""
    return _limited(_problems(value, schema, ""))


def of_patch(body: bytes, value: Any, patch_type: str) -> list[str]:
    """What is wrong with the patch itself, whatever it is applied to."""
    if patch_type == "apply":
        if parsing.looks_like_json(body) and not parsing.may_repeat(body, value):
            return []
        twice = parsing.yaml_duplicates(body)
        return [f"error converting YAML to JSON: {twice}"] if twice else []
    schema = _OPERATIONS if patch_type == "json" else ANY
    given = parsing.json_pairs(body) if parsing.may_repeat(body, value) else value
    found = _limited(_problems(given, schema, ""))
    return [f"json patch {each}" for each in found] if patch_type == "json" else found


def _limited(found: Iterator[str]) -> list[str]:
    return list(dict.fromkeys(found))[:_MOST]


def _problems(value: Any, schema: Schema, path: str) -> Iterator[str]:
    if isinstance(value, list):
        inner = schema.item if isinstance(schema, List) else ANY
        for index, item in enumerate(value):
            yield from _problems(item, inner, f"{path}[{index}]")
    elif isinstance(value, dict | parsing.Pairs) and not isinstance(schema, Scalar | List):
        yield from _fields(value, schema, path)


def _fields(
    value: dict[str, Any] | parsing.Pairs, schema: Struct | Map, path: str
) -> Iterator[str]:
    seen: set[str] = set()
    for key, item in value.items():
        below = f"{path}.{key}" if path else key
        inner = schema.value if isinstance(schema, Map) else schema.fields.get(key)
        if inner is None and isinstance(schema, Struct) and not schema.open:
            yield f'unknown field "{below}"'
            continue
        if key in seen:
            yield f'duplicate field "{below}"'
        seen.add(key)
        yield from _problems(item, inner or ANY, below)
