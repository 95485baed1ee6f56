"""Exchanges as a client has them: what it sends, and what it must find in the answer.

The files beside this one hold them, written down from the clients' sources. `finds` is the shape
that a client decodes the answer into, in the types of its language: Go's decoder leaves out what is
missing and null, and gives up the whole answer for a value of another type; TypeScript is told what
must be there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "int": (int,),
    "bool": (bool,),
    "any": (object,),
}


@dataclass(frozen=True)
class Exchange:
    """One request and what the client makes of its answer."""

    name: str
    method: str
    path: str
    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None
    finds: Any = None
    says: dict[str, Any] = field(default_factory=dict)
    """Values at dotted places of the answer."""
    answers: dict[str, str] = field(default_factory=dict)
    """Header fields of the answer."""


def read(name: str) -> tuple[dict[str, str], list[Exchange]]:
    """The header fields of all requests of a client, and its exchanges in their order."""
    document = yaml.safe_load((Path(__file__).parent / name).read_text())
    return document["headers"], [Exchange(**one) for one in document["exchanges"]]


def faults(value: Any, shape: Any, *, strict: bool, path: str = "$") -> Iterator[str]:
    """Where `value` is not what the client decodes; `strict` clients need every field."""
    if value is None and not strict:
        return
    if isinstance(shape, str):
        kinds = TYPES[shape]
        if not isinstance(value, kinds) or (isinstance(value, bool) and shape == "int"):
            yield f"{path}: {value!r} is no {shape}"
    elif isinstance(shape, list):
        if not isinstance(value, list):
            yield f"{path}: {value!r} is no list"
        else:
            for index, item in enumerate(value):
                yield from faults(item, shape[0], strict=strict, path=f"{path}[{index}]")
    elif not isinstance(value, dict):
        yield f"{path}: {value!r} is no object"
    elif "*" in shape:
        for key, item in value.items():
            yield from faults(item, shape["*"], strict=strict, path=f"{path}.{key}")
    else:
        for key, inner in shape.items():
            yield from faults(value.get(key), inner, strict=strict, path=f"{path}.{key}")


def at(value: Any, place: str) -> Any:
    """What stands at the dotted `place`."""
    for step in place.split("."):
        value = value[int(step)] if isinstance(value, list) else value[step]
    return value


def decoded(text: str, exchange: Exchange, *, strict: bool) -> None:
    """Assert that the client finds in the answer `text` what it looks for."""
    value = json.loads(text) if exchange.finds is not None or exchange.says else None
    if exchange.finds is not None:
        assert list(faults(value, exchange.finds, strict=strict)) == []
    for place, said in exchange.says.items():
        assert at(value, place) == said, place
