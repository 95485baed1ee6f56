"""The commands of the documents: what stands in blocks of `sh`, cut into single programs. Pure.

A block that names a file is a script of a service; `make test-apps` runs those.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tests.documentation.pages import BLOCKS, Block

if TYPE_CHECKING:
    from collections.abc import Iterator

_PLACEHOLDER: Final = re.compile(r"<([a-z][\w-]*)>")
_NUMBERS: Final = {"number": "3"}
_COMMENT: Final = re.compile(r"(?:^|\s+)# .*$")
_VARIABLE: Final = re.compile(r"\w+=")
_INNER: Final = re.compile(r"\$\(([^()]*)\)")
_OPERATORS: Final = frozenset("|&;<>()")


@dataclass(frozen=True)
class Command:
    """One line, and the programs that it starts, each with its arguments."""

    block: Block
    line: str
    programs: tuple[tuple[str, ...], ...]

    def __str__(self) -> str:
        return f"{self.block.page}: {self.line[:60]}"


def lines(block: Block) -> Iterator[str]:
    """The lines of a block, continued ones as one, without comments."""
    for line in block.text.replace("\\\n", " ").splitlines():
        if text := _COMMENT.sub("", line).strip():
            yield text


def filled(line: str) -> str:
    """A line with each `<name>` as somebody might fill it in."""
    return _PLACEHOLDER.sub(lambda found: _NUMBERS.get(found[1], found[1]), line)


def programs(line: str) -> tuple[tuple[str, ...], ...]:
    """The words of each program of a line, those in `$(…)` too; without variables set before it,
    and files that it is led to."""
    found: list[list[str]] = [[]]
    led = False
    words = shlex.shlex(filled(line), posix=True, punctuation_chars=True)
    words.whitespace_split = True
    for word in words:
        if set(word) <= _OPERATORS:
            led = word in (">", "<", ">>")
            found += [] if led else [[]]
        elif led:
            led = False
        elif found[-1] or not _VARIABLE.match(word):
            found[-1].append(word)
    inner = (each for part in _INNER.findall(line) for each in programs(part))
    return (*(tuple(words) for words in found if words), *inner)


SHELL: Final = tuple(
    block for block in BLOCKS if block.language in ("sh", "bash") and not block.name
)
COMMANDS: Final = tuple(
    Command(block, line, programs(line)) for block in SHELL for line in lines(block)
)
