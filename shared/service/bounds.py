"""How large a document may be, and a YAML text told from its events before it is built. Pure.

Called by whoever reads YAML that somebody else wrote. libyaml composes nested nodes by recursion in
C, so that a few hundred kilobytes of `- - - …` end the process; aliases and merge keys (`<<`) make
gigabytes of half a kilobyte. Its parser, which makes the events, does neither.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_DEPTH: Final = 100
"""Lists and mappings in one another; JSON parsers of Kubernetes and Python stop at about ten times
as many."""
MAX_NODES: Final = 120_000
"""Values and keys of a document, aliases counted as often as what they stand for."""
MAX_SENT: Final = 110_000
"""The same of what is sent to be stored: defaults and fields of ours are added to it."""

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def check(text: str | bytes, *, depth: int = MAX_DEPTH, nodes: int = MAX_NODES) -> None:
    """Raise ValueError when a document of `text` is deeper than `depth` or has more than `nodes`.

    Raises yaml.YAMLError when the text is not YAML.
    """
    sizes = _Sizes(depth, nodes)
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.DocumentStartEvent):
            sizes = _Sizes(depth, nodes)
        elif isinstance(event, yaml.NodeEvent):
            sizes.begin(event)
        elif isinstance(event, yaml.CollectionEndEvent):
            sizes.end()


class _Sizes:
    """The sizes of the nodes that are open, and of those that have an anchor."""

    __slots__ = ("_anchored", "_depth", "_nodes", "_open", "_total")

    def __init__(self, depth: int, nodes: int) -> None:
        self._depth = depth
        self._nodes = nodes
        self._total = 0
        self._open: list[tuple[str | None, int]] = []
        """Anchor of each open node, and the total when it began."""
        self._anchored: dict[str, int] = {}

    def begin(self, event: yaml.NodeEvent) -> None:
        """A scalar, an alias, or the beginning of a list or a mapping."""
        if isinstance(event, yaml.AliasEvent):
            self._add(self._size(event))
            return
        if isinstance(event, yaml.CollectionStartEvent):
            self._open.append((event.anchor, self._total))
            if len(self._open) > self._depth:
                raise ValueError(f"it is nested more than {self._depth} deep, the most read")
        elif event.anchor is not None:
            self._anchored[event.anchor] = 1
        self._add(1)

    def end(self) -> None:
        """The innermost list or mapping is complete."""
        anchor, before = self._open.pop()
        if anchor is not None:
            self._anchored[anchor] = self._total - before

    def _size(self, alias: yaml.AliasEvent) -> int:
        if any(anchor == alias.anchor for anchor, _ in self._open):
            raise ValueError(f"the alias *{alias.anchor} stands inside what it names")
        return self._anchored.get(alias.anchor or "", 1)  # an unknown one is the parser's to refuse

    def _add(self, size: int) -> None:
        self._total += size
        if self._total > self._nodes:
            raise ValueError(f"it expands to more than {self._nodes} values, the most read")


def check_value(value: Any, *, depth: int = MAX_DEPTH, nodes: int = MAX_SENT) -> None:
    """The same of a value that was read from JSON: what is too large must not be stored either."""
    count = 1
    level: list[Any] = [value]
    for _ in range(depth + 1):
        count += sum(len(one) for one in level if isinstance(one, dict))  # the keys
        level = [inner for one in level for inner in _inside(one)]
        count += len(level)
        if count > nodes:
            raise ValueError(f"it has more than {nodes} values and keys, the most read")
        if not level:
            return
    raise ValueError(f"it is nested more than {depth} deep, the most read")


def _inside(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
