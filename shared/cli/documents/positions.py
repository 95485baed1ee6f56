"""Where in an FDL text each field stands: line and column of what a problem's path names. Pure.

Used by `lint`. A problem names the field as the reader knows it, which may be an alias of what is
written (`NodePort` for `nodePort`); what is missing has no place but that of what should hold it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import yaml

from shared.service import bounds

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TOLD: Final = re.compile(r"\bline (\d+), column (\d+)")
_ENTRY: Final = re.compile(r"functions\.oscar\[\d+\]")
_ALIASES: Final = {"port": "apiport"}


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a text, both counted from 1."""

    line: int
    column: int


START: Final = Position(1, 1)


class Positions:
    """The places of all fields of one text; of a text that is no YAML, only what messages say."""

    def __init__(self, text: str) -> None:
        self._exact: dict[str, Position] = {}
        self._folded: dict[str, Position] = {}
        for path, position in _walked(text):
            self._exact.setdefault(path, position)
            self._folded.setdefault(_fold(path), position)

    def of(self, problem: str) -> Position:
        """The place of a problem `path: sentence`, or the nearest one around it."""
        if told := _TOLD.search(problem):
            return Position(int(told[1]), int(told[2]))
        path = problem.partition(": ")[0]
        while path:
            if found := self._exact.get(path) or self._folded.get(_fold(path)):
                return found
            path = path[: max(path.rfind("."), path.rfind("["), 0)]
        return START


def _walked(text: str) -> Iterator[tuple[str, Position]]:
    try:
        bounds.check(text)
        root = yaml.compose(text, _Loader)
    except (yaml.YAMLError, ValueError):
        return
    if root is not None:
        yield from _nodes(root, "")


def _nodes(node: yaml.Node, path: str) -> Iterator[tuple[str, Position]]:
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield f"{path}[{index}]", _position(item)
            yield from _nodes(item, f"{path}[{index}]")
    elif isinstance(node, yaml.MappingNode):
        for key, item in node.value:
            name = str(key.value)
            inner = f"{path}.{name}" if path else name
            yield inner, _position(key)
            yield from _nodes(item, inner)
            if _ENTRY.fullmatch(path):  # problems of a service leave its cluster out
                yield from _nodes(item, path)


def _position(node: yaml.Node) -> Position:
    return Position(node.start_mark.line + 1, node.start_mark.column + 1)


def _fold(path: str) -> str:
    """Alike for all ways to write a field."""
    words = path.replace("_", "").lower().split(".")
    return ".".join(_ALIASES.get(word, word) for word in words)
