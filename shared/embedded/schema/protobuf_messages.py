"""The fields of Kubernetes' protobuf messages, of all kinds that are served and of what is only
asked: reviews, options, a Binding.

The table is `protobuf.txt`. A line in brackets begins an API version, one with one word a message;
the others are `number name type`. Types are `string`, `bytes`, `int`, `bool` or a message, of the
same API version unless it is named. `[]` marks a list, `{}` a map from strings, and `?` a pointer,
whose zero says something; the name `.` is of a message whose fields JSON has one level higher. The
table is read when the first body comes in protobuf.
"""

from __future__ import annotations

import pkgutil
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Shape = Literal["one", "list", "map"]

SCALARS: Final = ("string", "bytes", "int", "bool")
INLINE: Final = "."
OPTIONS: Final = ("DeleteOptions",)
"""What a body names by the API version of the object that it is about."""

_SHAPES: Final[dict[str, Shape]] = {"[]": "list", "{}": "map"}


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a message; `type` is a scalar's name or that of a message."""

    name: str
    type: str
    shape: Shape = "one"
    pointer: bool = False


Messages = dict[str, dict[int, Field]]
"""Message → field number → field; a message is called `v1.Pod`, `apps/v1.Deployment`, `Time`."""


@cache
def messages() -> Mapping[str, Mapping[int, Field]]:
    """All of them."""
    return parse((pkgutil.get_data("shared.embedded.schema", "protobuf.txt") or b"").decode())


def named(api_version: str, kind: str) -> str:
    """The message of a body that says to be of `api_version` and `kind`."""
    return f"meta.k8s.io/v1.{kind}" if kind in OPTIONS else f"{api_version}.{kind}"


def parse(table: str) -> Messages:
    """The messages of a table such as that of this module's description."""
    found: Messages = {}
    version = ""
    plain = {*SCALARS}
    for line in table.splitlines():
        words = line.split()
        if line.startswith("["):
            version = f"{line[1:-1]}." if len(line) > 2 else ""
        elif len(words) == 1:
            fields = found.setdefault(f"{version}{words[0]}", {})
            if not version:
                plain.add(words[0])
        elif words and not line.startswith("#"):
            number, name, kind = words
            fields[int(number)] = _field(name, kind, version, plain)
    return found


def _field(name: str, kind: str, version: str, plain: set[str]) -> Field:
    shape = _SHAPES.get(kind[:2], "one")
    bare = kind.lstrip("?[]{}")
    full = bare if bare in plain or "." in bare else f"{version}{bare}"
    return Field(name, full, shape, pointer=kind.startswith("?"))
