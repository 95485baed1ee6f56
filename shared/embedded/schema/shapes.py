"""How the shape of an object is described, as far as the server's rules depend on it. Pure.

One description serves type checks, strategic merge patches and server-side apply. Marks follow
https://kubernetes.io/docs/reference/using-api/server-side-apply/#merge-strategy (list type map, set
or atomic) and the patchMergeKey and patchStrategy tags of k8s.io/api. Fields not described are kept
as they come: objects as granular structs, lists as one value. `kind_schemas` describes the kinds.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Scalar:
    """A leaf; `go` is its Go type, which messages name; `types` are the JSON types it takes."""

    go: str
    types: tuple[type, ...]


@dataclass(frozen=True, slots=True)
class Struct:
    """An object with known fields. atomic: owned and replaced as a whole."""

    fields: Mapping[str, Schema] = field(default_factory=dict)
    atomic: bool = False


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

ANY: Final = Struct()
"""Any value at all."""

OBJECT: Final = Struct()
"""An object of any fields; told from ANY by identity."""

STRING: Final = Scalar("string", (str,))
INT: Final = Scalar("int32", (int,))
LONG: Final = Scalar("int64", (int,))
BOOL: Final = Scalar("bool", (bool,))
INT_OR_STRING: Final = Scalar("intstr.IntOrString", (int, str))
QUANTITY: Final = Scalar("resource.Quantity", (int, float, str))
STRINGS: Final = List(STRING)
LABELS: Final = Map(STRING)
QUANTITIES: Final = Map(QUANTITY)
ITEMS: Final = List(ANY)


def child(schema: Schema, name: str) -> Schema:
    """What is known of the field `name` of an object described by `schema`."""
    if isinstance(schema, Map):
        return schema.value
    return schema.fields.get(name, ANY) if isinstance(schema, Struct) else ANY


def keyed(item: Schema, key: str, *keys: str) -> List:
    """A list of type map; strategic patches merge by the first key alone."""
    return List(item, keys=(key, *keys), merge_key=key)


def strings(*names: str) -> dict[str, Schema]:
    """Fields that hold text."""
    return dict.fromkeys(names, STRING)


def ints(*names: str) -> dict[str, Schema]:
    """Fields that hold 32-bit whole numbers."""
    return dict.fromkeys(names, INT)
