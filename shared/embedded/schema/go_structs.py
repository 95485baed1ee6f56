"""What Kubernetes' Go types say that its OpenAPI document does not. Pure.

Whether a zero is shown (`replicas: 0` of a pointer, `name: ""` without `omitempty`) or left out
(`paused: false`), and what named types are called in messages. Read from `types.go` by `make
schemas` for `compaction`; the server never runs it.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_STRUCT: Final = re.compile(r"^type (\w+) struct \{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
_FIELD: Final = re.compile(r'^\t(?:(\w+)\s+)?(\S+)\s+`[^`\n]*json:"([^"]*)"', re.MULTILINE)


class GoField(NamedTuple):
    """kept: whether a zero is shown. named: the type, be it of the items, if it has a name of its
    own in Go; else empty."""

    kept: bool
    named: str


def fields(source: str) -> dict[str, dict[str, GoField]]:
    """By struct and JSON name; fields of embedded structs count as those of the outer one."""
    bodies = {name: _FIELD.findall(body) for name, body in _STRUCT.findall(source)}
    return {name: _flat(name, bodies) for name in bodies}


def _flat(name: str, bodies: dict[str, list[tuple[str, str, str]]]) -> dict[str, GoField]:
    found: dict[str, GoField] = {}
    for _, kind, tag in bodies.get(name, []):
        label, *marks = tag.split(",")
        if "inline" in marks or not label:
            found |= _flat(kind.rpartition(".")[2], bodies)
        else:
            found[label] = _field(kind, marks)
    return found


def _field(kind: str, marks: list[str]) -> GoField:
    bare = kind.lstrip("*[]").replace("metav1.", "v1.")
    named = bare if re.fullmatch(r"(?:\w+\.)?[A-Z]\w*", bare) else ""
    return GoField(kind.startswith("*") or "omitempty" not in marks, named)
