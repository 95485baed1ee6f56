"""The schemas of Kubernetes' own kinds, from its OpenAPI document. Pure.

`kubernetes.json` is that document, less what is not needed; made by `compaction`. It is part of the
package as its source does, and is read once, when the first schema is asked for. Taken by
`kind_schemas`; the OpenAPI documents are made of it too.
"""

from __future__ import annotations

import pkgutil
from dataclasses import replace
from functools import cache
from typing import Any, Final

import orjson

from shared.embedded.schema import shapes
from shared.embedded.schema.shapes import Schema, Struct

_LEAVES: Final[dict[str, Schema]] = {
    "string": shapes.STRING,
    "boolean": shapes.BOOL,
    "int32": shapes.INT,
    "int64": shapes.LONG,
    "double": shapes.DOUBLE,
    "byte": shapes.BYTES,
    "time": shapes.TIME,
    "micro-time": shapes.MICRO_TIME,
    "quantity": shapes.QUANTITY,
    "int-or-string": shapes.INT_OR_STRING,
    "object": shapes.OBJECT,
}


@cache
def data() -> dict[str, Any]:
    """`kinds` by group/version/kind, and `definitions` by name."""
    return orjson.loads(pkgutil.get_data(__package__, "kubernetes.json") or b"{}")  # type: ignore[no-any-return]


def definition(group: str, version: str, kind: str) -> str:
    """The name of a kind's definition; empty for a kind that Kubernetes does not describe."""
    return str(data()["kinds"].get(f"{group}/{version}/{kind}", ""))


def schema(group: str, version: str, kind: str) -> Struct:
    """The schema of one of Kubernetes' kinds; raises KeyError for others."""
    return _struct(data()["kinds"][f"{group}/{version}/{kind}"])


@cache
def _struct(name: str) -> Struct:
    described = data()["definitions"][name]
    version, kind = name.split(".")[-2:]
    fields, named = described["fields"].items(), described.get("named", {})
    return Struct(
        {field: _named(_type(given), version, named.get(field, "")) for field, given in fields},
        atomic=described.get("atomic", False),
        name=kind,
        go=f"{version}.{kind}",
        kept=frozenset(described.get("kept", ())),
    )


def _named(schema: Schema, version: str, name: str) -> Schema:
    """A plain value, or a list of such, whose Go type is called `name`."""
    if not name:
        return schema
    if isinstance(schema, shapes.List):
        return replace(schema, item=_named(schema.item, version, name))
    return _scalar(schema, name if "." in name else f"{version}.{name}")


@cache
def _scalar(plain: Schema, go: str) -> Schema:
    return replace(plain, go=go) if isinstance(plain, shapes.Scalar) else plain


def _type(given: Any) -> Schema:
    if isinstance(given, str):
        return _struct(given[1:]) if given.startswith("#") else _LEAVES[given]
    if "granular" in given:
        return shapes.granular(_struct(given["granular"][1:]))
    if "map" in given:
        return shapes.Map(_type(given["map"]), atomic=given.get("atomic", False))
    return shapes.List(
        _type(given["list"]),
        keys=tuple(given.get("keys", ())),
        merge_key=given.get("merge", ""),
        unique=given.get("set", False),
    )
