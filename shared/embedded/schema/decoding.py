"""From the bytes of a request to an object whose described fields have the right types. Pure.

Called by the HTTP exchange and the API, with the schema as an argument. Messages copy those of
kube-apiserver, which show Go's words for JSON errors. What is unknown or written twice is left out
and told by `strictness`, as https://kubernetes.io/docs/reference/using-api/api-concepts/#field-validation
has it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from shared.embedded.errors import UndecodableError, bad_request
from shared.embedded.schema import kubernetes, mismatches, strictness
from shared.embedded.schema.parsing import parse_json, parse_yaml, summary
from shared.embedded.schema.shapes import ANY, List, Scalar, Struct

if TYPE_CHECKING:
    from shared.embedded.kinds import Kind
    from shared.embedded.schema.shapes import Schema
    from shared.service.objects import Obj

_HEAD: Final = (
    'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; '
    'Kind string "json:\\"kind,omitempty\\"" }'
)
_SCHEME: Final = "pkg/api/legacyscheme/scheme.go:30"
_ZERO: Final = {str: "", int: 0, bool: False, float: 0}


class _MisfitError(Exception):
    """Some field has a wrong type; which, `mismatches` finds out."""


def decode(
    body: bytes,
    kind: Kind,
    schema: Schema,
    *,
    yaml_body: bool = False,
    strict: list[str] | None = None,
) -> Obj:
    """The object of `kind` that `body` holds; its `kind` and `apiVersion` may be left out.

    strict: takes what is wrong with the body, but does not keep it from being read.
    """
    try:
        value = parse_yaml(body) if yaml_body else parse_json(body)
        if value is not None and not isinstance(value, dict):
            name = mismatches.go_name(value)
            raise ValueError(f"json: cannot unmarshal {name} into Go value of type {_HEAD}")
    except ValueError as error:
        raise bad_request(
            f"the object provided is unrecognized (must be of type {kind.kind}): couldn't get "
            f"version/kind; json parse error: {error} ({summary(body)})"
        ) from error
    value = value or {}
    unknown: list[str] = []
    clean = typed(value, kind, schema, unknown)
    if strict is not None:
        strict += strictness.of_body(body, value, schema, yaml_body=yaml_body, unknown=unknown)
    return clean


def typed(
    value: Obj,
    kind: Kind,
    schema: Schema,
    strict: list[str] | None = None,
    *,
    whole: bool = False,
) -> Obj:
    """A clean copy of `value`: right type, nulls and what is unknown dropped, every described field
    well-typed and in canonical form.

    strict: takes a sentence for each unknown field. whole: with zeros that Go leaves out.
    """
    _check_head(value, kind)
    head = {"kind": kind.kind, "apiVersion": kind.api_version}
    metadata, managed = _without_managed_fields(value.get("metadata"))
    given = {**value, **head, "metadata": metadata}
    reader = _Reader(whole=whole)
    try:
        clean: Obj = reader.read(given, schema)
    except (_MisfitError, ValueError) as error:
        why = mismatches.first(given, schema) or str(error)
        raise UndecodableError(kind.kind, kind.version, why) from error
    if strict is not None and reader.unknown:
        strict += strictness.unknown_fields(given, schema)
    clean.setdefault("metadata", {})
    if managed is not None:
        clean["metadata"]["managedFields"] = managed
    return {**head, **clean}


def checked(value: Any, schema: Schema) -> Any:
    """`value` as `typed` would have it, be it no object of a kind; raises TypeError."""
    try:
        return _Reader(whole=True).read(value, schema)
    except (_MisfitError, ValueError) as error:
        raise TypeError(mismatches.first(value, schema) or str(error)) from error


def _check_head(value: Obj, kind: Kind) -> None:
    """What the object says of its type must be what the URL says."""
    version, name = value.get("apiVersion") or "", value.get("kind") or ""
    for field, text in (("apiVersion", version), ("kind", name)):
        if not isinstance(text, str):
            raise bad_request(
                f"couldn't get version/kind; json parse error: json: cannot unmarshal "
                f"{mismatches.go_name(text)} into Go struct field .{field} of type string"
            )
    group, _, short = version.rpartition("/")
    if name and name != kind.kind:
        raise bad_request(_other_kind(group or "", short or kind.version, name, kind))
    if version and version != kind.api_version:
        raise bad_request(
            f"the API version in the data ({version}) does not match the expected API version "
            f"({kind.api_version})"
        )


def _other_kind(group: str, version: str, name: str, kind: Kind) -> str:
    wrong = f'{name} in version "{version}" cannot be handled as a {kind.kind}: '
    if kubernetes.definition(group, version, name):
        to = (kind.group or "core").split(".")[0]
        return f"{wrong}converting ({version}.{name}) to ({to}.{kind.kind}): unknown conversion"
    full = f"{group}/{version}" if group else version
    return f'{wrong}no kind "{name}" is registered for version "{full}" in scheme "{_SCHEME}"'


def _without_managed_fields(metadata: Any) -> tuple[Any, Any]:
    """managedFields are the server's own and larger than all the rest: they are not looked into."""
    if not isinstance(metadata, dict) or "managedFields" not in metadata:
        return {} if metadata is None else metadata, None
    rest = {key: value for key, value in metadata.items() if key != "managedFields"}
    return rest, metadata["managedFields"]


class _Reader:
    """Makes clean values. whole: keep zeros that Go would leave out, for who states them owns them.

    unknown: whether something was found that nobody knows.
    """

    __slots__ = ("unknown", "whole")

    def __init__(self, *, whole: bool) -> None:
        self.whole = whole
        self.unknown = False

    def read(self, value: Any, schema: Schema) -> Any:
        shape = type(schema)
        if shape is Scalar:
            return _scalar(value, schema)  # type: ignore[arg-type]
        if shape is Struct:
            return self.struct(value, schema)  # type: ignore[arg-type]
        if shape is List:
            if not isinstance(value, list):
                raise _MisfitError
            item = schema.item  # type: ignore[union-attr]
            return [self.read(_zero(item) if each is None else each, item) for each in value]
        if not isinstance(value, dict):
            raise _MisfitError
        inner = schema.value  # type: ignore[union-attr]
        return {
            key: self.read(_zero(inner) if item is None else item, inner)
            for key, item in value.items()
        }

    def struct(self, value: Any, schema: Struct) -> Any:
        if not isinstance(value, dict):
            if schema is ANY:
                return _without_nulls(value)
            raise _MisfitError
        fields, kept = schema.fields, schema.kept
        found = {}
        for key, item in value.items():
            inner = fields.get(key)
            if inner is None:
                if not schema.open:
                    self.unknown = True
                elif item is not None:
                    found[key] = _without_nulls(item)
            elif item is None:
                continue
            elif type(inner) is Struct:  # shown even when it is empty
                found[key] = self.struct(item, inner)
            else:
                clean = self.read(item, inner)
                if clean or key in kept or self.whole or (type(inner) is Scalar and inner.decodes):
                    found[key] = clean
        return found


def _scalar(value: Any, schema: Scalar) -> Any:
    if type(value) not in schema.types and not schema.decodes:
        raise _MisfitError
    if schema.convert is not None:
        return schema.convert(value)
    if schema.bits and not -(1 << schema.bits - 1) <= value < 1 << schema.bits - 1:
        raise _MisfitError
    return value


def _zero(schema: Schema) -> Any:
    """What Go makes of a null in a list or as the value of a map."""
    if isinstance(schema, Scalar):
        return "0" if schema.decodes else _ZERO.get(schema.types[0])
    return [] if isinstance(schema, List) else None if schema is ANY else {}


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_nulls(item) for item in value]
    return value
