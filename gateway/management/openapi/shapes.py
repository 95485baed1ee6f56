"""The words in which schemas are written. Pure. Source: JSON Schema 2020-12."""

from __future__ import annotations

from typing import Any, Final

Json = dict[str, Any]

TEXT: Final[Json] = {"type": "string"}
WHOLE: Final[Json] = {"type": "integer"}
COUNT: Final[Json] = {"type": "integer", "minimum": 0}
FLAG: Final[Json] = {"type": "boolean"}
ANY: Final[Json] = {"type": "object"}
TIME: Final[Json] = {"type": ["string", "null"], "description": "RFC 3339."}


def ref(name: str) -> Json:
    """The schema `name` of the document."""
    return {"$ref": f"#/components/schemas/{name}"}


def many(items: Json, *, or_null: bool = False) -> Json:
    """A list; null too where OSCAR's Go slices are nil."""
    return {"type": ["array", "null"] if or_null else "array", "items": items}


def texts(*, or_null: bool = False) -> Json:
    """A list of strings."""
    return many(TEXT, or_null=or_null)


def mapping(values: Json) -> Json:
    """Words to `values`."""
    return {"type": "object", "additionalProperties": values}


def fields(known: Json, required: tuple[str, ...] | None = None) -> Json:
    """A mapping with `known` fields, and perhaps others; all are required if not told otherwise."""
    needed = list(known if required is None else required)
    return {"type": "object", "properties": known} | ({"required": needed} if needed else {})


def said(schema: Json, description: str, **more: Any) -> Json:
    """`schema` with what it means."""
    return schema | {"description": description} | more
