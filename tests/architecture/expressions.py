"""A rule of regular expressions: what Debian 12's CPython does not match as it is written."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tests.architecture.layout import Layout
from tests.architecture.sources import Sources, Violation

POSSESSIVE = (
    "CPython before 3.11.5, and Debian 12 has 3.11.2, does not give back what an alternative in it"
    " has tried (gh-106052)"
)

_ESCAPED = re.compile(r"\\.", re.DOTALL)
_SET = re.compile(r"\[\^?\]?[^\]]*\]")
_GROUP = re.compile(r"(?<!\()\)(?:[*+?]|\{[0-9,]+\})\+")


def no_possessive_groups(sources: Sources, layout: Layout) -> Iterator[Violation]:
    """A group is not repeated possessively; a single character or a set may be."""
    del layout
    for module in sources:
        for node, _ in module.nodes:
            if isinstance(node, ast.Constant) and _holds(node.value):
                yield module.breaks("repeats a group possessively", POSSESSIVE)


def _holds(value: object) -> bool:
    text = value.decode("latin-1") if isinstance(value, bytes) else value
    if not isinstance(text, str):
        return False
    return _GROUP.search(_SET.sub("S", _ESCAPED.sub("E", text))) is not None
