"""The documents as a code host reads them: headings, links and fenced blocks. Pure but for reading.

Anchors are those of GitHub: lower case, without punctuation, `-` for a space, `-1` for the second
of a name (https://docs.github.com/en/get-started/writing-on-github, section links).
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
_FENCE: Final = re.compile(r"^( *)```(\w*)(?: (\S+))?\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
_HEADING: Final = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)
_LINK: Final = re.compile(r"\]\(([^)\s]+)\)")


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, the name of a file if it has one, and its text."""

    page: str
    line: int
    language: str
    name: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


@dataclass(frozen=True)
class Page:
    """One document."""

    path: Path

    @property
    def name(self) -> str:
        """Its path from the root of the repository."""
        return self.path.relative_to(ROOT).as_posix()

    @cached_property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def prose(self) -> str:
        """The text without its fenced blocks."""
        return _FENCE.sub("", self.text)

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        return tuple(
            Block(
                self.name,
                self.text.count("\n", 0, found.start()) + 1,
                found[2],
                found[3] or "",
                re.sub(f"^{found[1]}", "", found[4], flags=re.MULTILINE),
            )
            for found in _FENCE.finditer(self.text)
        )

    @cached_property
    def anchors(self) -> frozenset[str]:
        seen: Counter[str] = Counter()
        anchors = []
        for heading in _HEADING.findall(self.prose):
            words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
            slug = re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-")
            anchors.append(f"{slug}-{seen[slug]}" if seen[slug] else slug)
            seen[slug] += 1
        return frozenset(anchors)

    @cached_property
    def links(self) -> tuple[str, ...]:
        return tuple(_LINK.findall(self.prose))

    def table(self, heading: str) -> list[list[str]]:
        """The cells of the rows below a heading, of all its tables, without their heads."""
        part = re.split(rf"^#+ {re.escape(heading)}$", self.text, maxsplit=1, flags=re.MULTILINE)[1]
        part = re.split(r"^#{1,2} ", part, maxsplit=1, flags=re.MULTILINE)[0]
        rows = [
            [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
            for line in part.splitlines()
            if line.startswith("|")
        ]
        heads = {at - 1 for at, row in enumerate(rows) if set("".join(row)) <= set("-: ")}
        return [row for at, row in enumerate(rows) if at not in heads | {at + 1 for at in heads}]


PAGES: Final = tuple(
    Page(path)
    for path in (ROOT / "README.md", ROOT / "ARCHITECTURE.md", *sorted(ROOT.glob("docs/**/*.md")))
)
BY_NAME: Final = {page.name: page for page in PAGES}
BLOCKS: Final = tuple(block for page in PAGES for block in page.blocks)
