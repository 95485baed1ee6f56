"""How the shape of an object is described, as far as the server's rules depend on it. Pure.

One description serves type checks, strategic merge patches and server-side apply. Marks follow
https://kubernetes.io/docs/reference/using-api/server-side-apply/#merge-strategy (list type map, set
or atomic) and the patchMergeKey and patchStrategy tags of k8s.io/api. `kind_schemas` describes the
kinds.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from shared.embedded.schema import leaves, quantities

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass(frozen=True, slots=True)
class Scalar:
    """A leaf; `go` is its Go type, which messages name; `types` are the JSON types it takes.

    bits: of a whole number; 0 for none.
    convert: gives the canonical value, or raises ValueError with the words that the server uses.
    decodes: whether `convert` reads values of any JSON type, as Go types with a decoder do.
    """

    go: str
    types: tuple[type, ...]
    bits: int = 0
    convert: Callable[[Any], Any] | None = None
    decodes: bool = False


@dataclass(frozen=True, slots=True)
class Struct:
    """An object with known fields. atomic: owned and replaced as a whole.

    name, go: of the Go type, bare and with its package, for messages.
    kept: fields of which Go shows even a zero; it leaves out the others' (false, 0, "", [], {}).
    open: whether fields that are not described are kept as they come, instead of being unknown.
    """

    fields: Mapping[str, Schema] = field(default_factory=dict)
    atomic: bool = False
    name: str = ""
    go: str = "struct"
    kept: frozenset[str] = frozenset()
    open: bool = False


@dataclass(frozen=True, slots=True)
class Map:
    """An object with free keys."""

    value: Schema
    atomic: bool = False


@dataclass(frozen=True, slots=True)
class List:
    """A list: of type map when it has `keys`, a set when `unique`, else one value (atomic).

    merge_key: what a strategic patch merges elements by; a `unique` list of scalars merges too.
    """

    item: Schema
    keys: tuple[str, ...] = ()
    merge_key: str = ""
    unique: bool = False


Schema = Scalar | Struct | Map | List

ANY: Final = Struct(open=True)
"""Any value at all."""

OBJECT: Final = Struct(open=True)
"""An object of any fields; told from ANY by identity."""

STRING: Final = Scalar("string", (str,))
INT: Final = Scalar("int32", (int,), bits=32)
LONG: Final = Scalar("int64", (int,), bits=64)
DOUBLE: Final = Scalar("float64", (int, float))
BOOL: Final = Scalar("bool", (bool,))
BYTES: Final = Scalar("[]uint8", (str,), convert=leaves.base64_text)
TIME: Final = Scalar("v1.Time", (str,), convert=leaves.time, decodes=True)
MICRO_TIME: Final = Scalar("v1.MicroTime", (str,), convert=leaves.micro_time, decodes=True)
INT_OR_STRING: Final = Scalar(
    "intstr.IntOrString", (int, str), convert=leaves.int_or_string, decodes=True
)
QUANTITY: Final = Scalar(
    "resource.Quantity", (int, float, str), convert=quantities.canonical, decodes=True
)


def child(schema: Schema, name: str) -> Schema:
    """What is known of the field `name` of an object described by `schema`."""
    if isinstance(schema, Map):
        return schema.value
    return schema.fields.get(name, ANY) if isinstance(schema, Struct) else ANY


def granular(struct: Struct) -> Struct:
    """The same fields, each owned for itself."""
    return replace(struct, atomic=False)


def go_type(schema: Schema) -> str:
    """The Go type of a field, as messages name it."""
    if isinstance(schema, List):
        return f"[]{go_type(schema.item)}"
    if isinstance(schema, Map):
        return (
            "v1.ResourceList" if schema.value is QUANTITY else f"map[string]{go_type(schema.value)}"
        )
    return schema.go
