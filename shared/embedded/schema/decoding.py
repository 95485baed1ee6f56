"""From the bytes of a request to an object whose described fields have the right types. Pure.

Called by the HTTP exchange and the API, with the schema as an argument. Messages copy those of
kube-apiserver, which show Go's words for JSON errors.
"""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any, Final

import orjson
import yaml

from shared.embedded.errors import UndecodableError, bad_request
from shared.embedded.schema import shapes as schemas
from shared.service import bounds

if TYPE_CHECKING:
    from shared.embedded.kinds import Kind
    from shared.embedded.schema.shapes import Schema
    from shared.service.objects import Obj

_SHOWN: Final = 30
_MOST_VALUES: Final = 200_000
_GO_ERRORS: Final = {
    "Expecting property name enclosed in double quotes": "looking for beginning of object key "
    "string",
    "Illegal trailing comma before end of object": "looking for beginning of object key string",
    "Expecting ':' delimiter": "after object key",
    "Expecting ',' delimiter": "after object key:value pair",
    "Extra data": "after top-level value",
}
_OMITTED_WHEN_EMPTY: Final = ("annotations", "finalizers", "labels", "ownerReferences")
_Loader: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def parse_json(body: bytes) -> Any:
    """The value of a JSON text; raises ValueError with Go's words."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise ValueError(_go_error(body)) from error


def parse_yaml(body: bytes) -> Any:
    """The value of one YAML document, JSON included; raises ValueError."""
    if body.lstrip().startswith(b"{"):
        with contextlib.suppress(ValueError):
            return parse_json(body)
    try:
        bounds.check(body, nodes=_MOST_VALUES)
        value = yaml.load(body, Loader=_Loader)  # noqa: S506  the C twin of SafeLoader
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ValueError(f"error parsing YAML: {error}") from error
    return _plain(value)


def decode(body: bytes, kind: Kind, schema: Schema, *, yaml_body: bool = False) -> Obj:
    """The object of `kind` that `body` holds; its `kind` and `apiVersion` may be left out."""
    try:
        value = parse_yaml(body) if yaml_body else parse_json(body)
        if not isinstance(value, dict):
            raise ValueError("json: cannot unmarshal into an object")
    except ValueError as error:
        raise bad_request(
            f"the object provided is unrecognized (must be of type {kind.kind}): couldn't get "
            f"version/kind; json parse error: {error} ({_summary(body)})"
        ) from error
    return typed(value, kind, schema)


def typed(value: Obj, kind: Kind, schema: Schema) -> Obj:
    """A clean copy of `value`: right type, nulls dropped, every described field well-typed."""
    given = value.get("apiVersion", kind.api_version), value.get("kind", kind.kind)
    if given[0] != kind.api_version:
        raise bad_request(
            f"the API version in the data ({given[0]}) does not match the expected API version "
            f"({kind.api_version})"
        )
    if given[1] != kind.kind:
        raise bad_request(
            f'{given[1]} in version "{kind.version}" cannot be handled as a {kind.kind}: '
            "the kinds differ"
        )
    head = {"kind": kind.kind, "apiVersion": kind.api_version}
    metadata, managed = _without_managed_fields(value.get("metadata"))
    try:
        clean = checked({**value, **head, "metadata": metadata}, schema, kind.kind)
    except TypeError as error:
        raise UndecodableError(kind.kind, kind.version, str(error)) from error
    for name in _OMITTED_WHEN_EMPTY:
        if name in clean["metadata"] and not clean["metadata"][name]:
            del clean["metadata"][name]
    if managed is not None:
        clean["metadata"]["managedFields"] = managed
    return {**head, **clean}


def _without_managed_fields(metadata: Any) -> tuple[Any, Any]:
    """managedFields are the server's own and larger than all the rest: they are not looked into."""
    if not isinstance(metadata, dict) or "managedFields" not in metadata:
        return {} if metadata is None else metadata, None
    rest = {key: value for key, value in metadata.items() if key != "managedFields"}
    return rest, metadata["managedFields"]


def checked(value: Any, schema: Schema, path: str) -> Any:
    """`value` without nulls, or TypeError naming the first field of a wrong type."""
    if isinstance(schema, schemas.Scalar):
        if type(value) not in schema.types:
            raise _mismatch(value, path, schema.go)
        return value
    if isinstance(schema, schemas.List):
        if not isinstance(value, list):
            raise _mismatch(value, path, "[]" + getattr(schema.item, "go", "struct"))
        return [checked(item, schema.item, path) for item in value]
    if schema is schemas.ANY and not isinstance(value, dict):
        return _without_nulls(value)
    if not isinstance(value, dict):
        raise _mismatch(value, path, "map" if isinstance(schema, schemas.Map) else "struct")
    fields, others = (
        ({}, schema.value) if isinstance(schema, schemas.Map) else (schema.fields, schemas.ANY)
    )
    return {
        key: checked(item, fields.get(key, others), f"{path}.{key}")
        for key, item in value.items()
        if item is not None
    }


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_nulls(item) for item in value]
    return value


def _mismatch(value: Any, path: str, go: str) -> TypeError:
    names = {dict: "object", list: "array", str: "string", bool: "bool"}
    given = names.get(type(value), "number")
    return TypeError(f"json: cannot unmarshal {given} into Go struct field {path} of type {go}")


def _plain(value: Any) -> Any:
    """YAML knows more than JSON: keys become strings, dates text."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, str | int | float | bool):
        return value
    if hasattr(value, "isoformat"):
        text: str = value.isoformat()
        return text.replace("+00:00", "Z")
    raise ValueError(f"error parsing YAML: a value of type {type(value).__name__} has no JSON form")


def _go_error(body: bytes) -> str:
    try:
        json.loads(body)
    except json.JSONDecodeError as error:
        text = error.doc
        position = len(text) - len(text[error.pos :].lstrip(" \t\r\n"))
        if position >= len(text):
            return "unexpected end of JSON input"
        where = _GO_ERRORS.get(error.msg, "looking for beginning of value")
        return f"invalid character {text[position]!r} {where}"
    except RecursionError:
        return "exceeded max depth"
    except UnicodeDecodeError:
        return "invalid UTF-8 in the text"
    return "the text is not strict JSON (RFC 8259)"


def _summary(body: bytes) -> str:
    if not body:
        return "<empty>"
    cut = " ..." if len(body) > _SHOWN else ""
    shown = body[:_SHOWN]
    return (shown.decode(errors="replace") if body[:1] == b"{" else shown.hex()) + cut
