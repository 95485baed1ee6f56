"""What server-side apply refuses in a configuration before it merges it. Pure.

k8s.io/structured-merge-diff, typed/validate.go, whose messages these are: values of another type,
list items that cannot be told apart. Called by
`operations`; the schema is an argument.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shared.embedded.api import fields, golang
from shared.embedded.errors import bad_request, bare
from shared.embedded.schema import shapes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shared.embedded.api.fields import Path
    from shared.embedded.schema.shapes import Schema
    from shared.service.objects import Obj

_GO_TYPES: dict[type, str] = {
    str: "string",
    bool: "bool",
    dict: "map[string]interface {}",
    list: "[]interface {}",
}


def check(config: Obj, api_version: str, kind: str, schema: Schema) -> None:
    """Raises 400 or 500 for a configuration of `kind` that cannot be applied."""
    metadata = config.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    if metadata.get("managedFields") is not None:
        raise bad_request("metadata.managedFields must be nil")
    found = list(problems(config, schema))
    if not found:
        return
    place = f"{metadata.get('namespace') or ''}/{metadata.get('name') or ''}"
    typed = api_version if "/" in api_version else f"/{api_version}"
    what = found[0] if len(found) == 1 else "\n  ".join(["errors:", *found])
    raise bare(f"failed to create typed patch object ({place}; {typed}, Kind={kind}): {what}")


def problems(value: Any, schema: Schema, path: Path = ()) -> Iterator[str]:
    """Everything in `value` that does not fit, each as `.path: what`."""
    if value is None or schema is shapes.ANY:
        return
    if isinstance(schema, shapes.Scalar):
        if type(value) not in schema.types:
            yield _at(path, _mismatch(value, schema))
    elif isinstance(schema, shapes.List):
        yield from _of_list(value, schema, path)
    elif not isinstance(value, dict):
        yield _at(path, f"expected map, got &{{{golang.shown(value)}}}")
    else:
        yield from _of_map(value, schema, path)


def _of_map(value: dict[str, Any], schema: Schema, path: Path) -> Iterator[str]:
    for key in sorted(value):
        below = (*path, f"f:{key}")
        if isinstance(schema, shapes.Struct) and not schema.open and key not in schema.fields:
            yield _at(below, "field not declared in schema")
        else:
            yield from problems(value[key], shapes.child(schema, key), below)


def _of_list(value: Any, schema: shapes.List, path: Path) -> Iterator[str]:
    if not isinstance(value, list):
        yield _at(path, f"expected list, got &{{{golang.shown(value)}}}")
        return
    told: set[str] = set()
    for index, item in enumerate(value):
        step = f"i:{index}"
        if schema.keys or schema.unique:
            try:
                step = fields.item_step(item, schema)
            except (fields.ItemKeyError, TypeError) as error:
                yield _at(path, f"element {index}: {error}")
                continue
            if step in told:
                yield _at(path, f"duplicate entries for key {fields.text((step,))}")
                continue
            told.add(step)
        yield from problems(item, schema.item, (*path, step))


def _mismatch(value: Any, schema: shapes.Scalar) -> str:
    if schema.types == (str,):
        return f"expected string, got &value.valueUnstructured{{Value:{_literal(value)}}}"
    if bool in schema.types:
        return f"expected boolean, got &value.valueUnstructured{{Value:{_literal(value)}}}"
    given = _GO_TYPES.get(type(value), "float64")
    wanted = "any scalar" if str in schema.types else "numeric (int or float)"
    return f"expected {wanted}, got {given}"


def _literal(value: Any) -> str:
    """Go's `%#v` of a scalar; of others, what `%v` shows."""
    return f'"{value}"' if isinstance(value, str) else golang.shown(value)


def _at(path: Path, what: str) -> str:
    return f"{fields.text(path)}: {what}" if path else what
