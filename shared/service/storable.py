"""Whether a value that somebody sent can be stored and answered again: its texts and numbers. Pure.

Called for whole definitions before a field is read, also for the fields that nothing here reads.
NUL ends a text in a container's environment and in a shell, half a pair of surrogates is no
character at all, and JSON has no number that is infinite or none.
"""

from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST: Final = 20
"""Problems told of one value."""
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_INTEGERS: Final = range(-(2**63), 10**19)
"""Those that our readers and writers of JSON and of YAML all take for numbers."""


def problems(value: Any, path: str = "") -> list[str]:
    """`path: sentence` for each text or number in `value` that cannot be stored, the first 20."""
    if _is_clean(value):
        return []
    found: list[str] = []
    level = [(path, value)]
    while level and len(found) < MOST:
        for at, one in level:
            sentence = _wrong(one)
            if sentence:
                found.append(f"{at or 'document'}: {sentence}")
        level = [inner for at, one in level for inner in _inside(at, one)]
    return found[:MOST]


def _is_clean(value: Any) -> bool:
    """Whether there is nothing to tell: the usual case, which needs no paths."""
    level = [value]
    while level:
        if any(map(_wrong, level)):
            return False
        inner: list[Any] = []
        for one in level:
            if isinstance(one, dict):
                inner += one.values()
            elif isinstance(one, list):
                inner += one
        level = inner
    return True


def shown(name: Any) -> str:
    """A key as a path names it: short, and of characters that can be written anywhere."""
    text = name if isinstance(name, str) else str(name)
    if text.isprintable() and len(text) <= 60:
        return text
    text = text if text.isprintable() else ascii(text)[1:-1]
    return text if len(text) <= 60 else f"{text[:57]}…"


def _wrong(value: Any) -> str:
    if isinstance(value, str):
        return _wrong_text(value)
    if isinstance(value, dict):
        return next(filter(None, map(_wrong_key, value)), "")
    if isinstance(value, float | Decimal) and not math.isfinite(float(value)):
        return "is not a finite number"
    if isinstance(value, int) and value not in _INTEGERS:
        return "is a larger number than JSON holds; write it as text"
    return ""


def _wrong_key(key: Any) -> str:
    if not isinstance(key, str):
        return f"the key {shown(key)} is not text"
    wrong = _wrong_text(key)
    return f"the key {shown(key)} {wrong}" if wrong else ""


def _wrong_text(text: str) -> str:
    if "\0" in text:
        return "holds the character NUL; take it out"
    if not text.isascii() and _SURROGATE.search(text):
        return "holds half a pair of surrogates, which is no character; take it out"
    return ""


def _inside(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield (f"{path}.{shown(key)}" if path else shown(key)), item
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield f"{path}[{index}]", item
