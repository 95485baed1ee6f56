"""Characters that look like a space or like nothing, named where they stand in a YAML text. Pure.

Called for texts that people write or copy from pages: a no-break space before a name makes another
name of it, and a tab indents nothing. Such characters may stand in quotes, in comments and in block
scalars, where they are what they are.
"""

from __future__ import annotations

import unicodedata
from typing import Any, Final

import yaml

MOST: Final = 20
"""Places told of one text."""
_BOM: Final = "\ufeff"
_BREAKS: Final = "\x85\u2028\u2029"
"""Line ends for YAML 1.1 alone; no editor shows them as such."""

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def problems(text: str) -> list[str]:
    """A sentence with line and column for each such character outside quotes, the first 20.

    `text` must be YAML: raises yaml.YAMLError.
    """
    text = text.removeprefix(_BOM)
    if text.isascii():
        return []
    found: list[int] = []
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.ScalarEvent) and not event.style:
            marks: Any = event
            start, end = marks.start_mark.index, marks.end_mark.index
            found += [at for at in range(start, end) if is_odd(text[at])]
    odd = set(found)
    firsts = [at for at in found if at - 1 not in odd]
    return [f"{_where(text, at)}: {_sentence(text[at])}" for at in firsts[:MOST]]


def explain(text: str, error: yaml.YAMLError) -> str:
    """Where and why `text` is no YAML, with the odd character that may be the cause."""
    if isinstance(error, yaml.reader.ReaderError):
        before = text.encode(errors="replace")[: error.position].decode(errors="ignore")
        char = text[len(before) : len(before) + 1] or "\0"
        where = _where(text.removeprefix(_BOM), len(before.removeprefix(_BOM)))
        return f"{where}: {_named(char)} cannot stand in YAML; remove it"
    text = text.removeprefix(_BOM)
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error)
    if mark is None:
        return str(problem)
    at = min(mark.index, len(text))
    if text[at : at + 1] == "\t":
        return f"{_where(text, at)}: a tab stands here; indent with spaces alone"
    cause = _before(text, at)
    hint = f". {_where(text, cause)}: {_sentence(text[cause])}" if cause >= 0 else ""
    return f"{_where(text, at)}: {problem}{hint}"


def is_odd(char: str) -> bool:
    """Whether a character is a blank other than space, tab and line ends, or cannot be seen."""
    return char > "\x7f" and (
        char in _BREAKS or unicodedata.category(char) in ("Zs", "Zl", "Zp", "Cf")
    )


def _before(text: str, at: int) -> int:
    """The last odd character up to the end of the line of `at`, comments aside; -1 if none."""
    end = text.find("\n", at)
    for index in range((len(text) if end < 0 else end) - 1, -1, -1):
        if is_odd(text[index]) and " #" not in text[text.rfind("\n", 0, index) + 1 : index]:
            return index
    return -1


def _where(text: str, at: int) -> str:
    before = text[:at].replace("\r\n", "\n").replace("\r", "\n")
    return f"line {before.count(chr(10)) + 1}, column {len(before) - before.rfind(chr(10))}"


def _sentence(char: str) -> str:
    if unicodedata.category(char) == "Zs":
        what = "looks like a space and is none; write a space"
    else:
        what = "cannot be seen; remove it"
    return f"{_named(char)} stands here, which {what}, or quote the text if it is meant"


def _named(char: str) -> str:
    name = unicodedata.name(char, "character").lower()
    article = "an" if name[0] in "aeiou" else "a"
    return f"{article} {name} (U+{ord(char):04X})"
