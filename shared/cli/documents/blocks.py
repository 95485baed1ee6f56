"""YAML for people: a text of several lines stands as a literal block, `|`, as it is. Pure.

PyYAML writes such a text in one quoted line as soon as a tab is in it, or a blank at the end of a
line, though YAML 1.2 (section 8.1.2) has no need of that. So it writes a word in place of each
text, and the blocks are put there afterwards.
"""

from __future__ import annotations

import re
from typing import Any, Final

import yaml

from shared.service.blanks import is_odd
from shared.service.documents import PlainDumper, plain

_INDENT: Final = 2
_LITERAL: Final = re.compile(
    "[\t\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]*"
)
"""What a reader gives back as it stands; no other line ends than the line feed."""


class _QuotingDumper(PlainDumper):
    """Quotes a text with blanks that would be taken for a mistake."""


def _text(dumper: Any, value: str) -> yaml.ScalarNode:
    style = '"' if any(map(is_odd, value)) else None
    node: yaml.ScalarNode = dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)
    return node


_QuotingDumper.add_representer(str, _text)


def write(value: Any) -> str:
    """Block-style YAML of plain values, keys in their order."""
    value = plain(value)
    texts: list[str] = []
    word = _unused(value)
    marked = _marked(value, word, texts)
    text: str = yaml.dump(
        marked,
        Dumper=_QuotingDumper,
        sort_keys=False,
        allow_unicode=True,
        default_flow_style=False,
        width=100,
    )
    at = re.compile(rf"^(?P<before>(?: |- |: )*)(?P<key>.*?){word}(?P<number>\d+)x$", re.MULTILINE)
    return at.sub(lambda found: _placed(found, texts), text)


def _unused(value: Any) -> str:
    """A word that stands nowhere in `value`."""
    text, word = repr(value), "block"
    while word in text:
        word += "k"
    return word


def _marked(value: Any, word: str, texts: list[str]) -> Any:
    """`value` with a word for each text that will be a block, which is added to `texts`."""
    if isinstance(value, dict):
        return {key: _marked(item, word, texts) for key, item in value.items()}
    if isinstance(value, list):
        return [_marked(item, word, texts) for item in value]
    if isinstance(value, str) and "\n" in value and _LITERAL.fullmatch(value):
        texts.append(value)
        return f"{word}{len(texts) - 1}x"
    return value


def _placed(found: re.Match[str], texts: list[str]) -> str:
    """The lines in place of a word: its key, the block's header, the block."""
    before, key = found["before"], found["key"]
    column = len(before) - (0 if key else _INDENT)  # of the key, or of the mark before the text
    margin = " " * (column + _INDENT)
    text = texts[int(found["number"])]
    lines = text.removesuffix("\n").split("\n")
    shown = "\n".join(margin + line if line else "" for line in lines)
    return f"{before}{key}{_header(text)}\n{shown}"


def _header(text: str) -> str:
    """`|` with the indentation where it cannot be seen, and what becomes of line ends at the end
    (YAML 1.2, section 8.1.1)."""
    indentation = str(_INDENT) if text[0] in " \t\n" else ""
    end = "-" if not text.endswith("\n") else "+" if text in ("\n",) or text[-2] == "\n" else ""
    return f"|{indentation}{end}"
