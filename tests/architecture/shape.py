"""Rules of the shape of files: how long, documented, mirrored by tests, named in the page."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Final

from tests.architecture.layout import Layout
from tests.architecture.sources import Sources, Violation

LONGEST_FILE: Final = 400
LONGEST_ENTRY: Final = 80
LONGEST_FUNCTION: Final = 50
PAGE: Final = "ARCHITECTURE.md"

SHORT = "what does not fit into the head at once is more than one idea"
ENTRY = "an entry point reads its options and hands over"
DOCUMENTED = "a reader wants to know whether to read on"
MIRRORED = "the tests of a room stand in the folder that is called so"
NAMED = "whoever looks for a room begins with the page"
STALE = "a page that names what is not there is not believed"

_WORD = re.compile(r"`([^`\s]+)`")
_PLACEHOLDER = re.compile(r"<[^>]+>")


def short_files(sources: Sources, layout: Layout) -> Iterator[Violation]:
    """Files are short, entry points shorter."""
    del layout
    for module in sources:
        lines = len(module.text.splitlines())
        entry = module.path.stem == "__main__"
        most = LONGEST_ENTRY if entry else LONGEST_FILE
        if lines > most:
            yield module.breaks(f"has {lines} lines, more than {most}", ENTRY if entry else SHORT)


def short_functions(sources: Sources, layout: Layout) -> Iterator[Violation]:
    """Functions are short."""
    del layout
    for module in sources:
        for node, _ in module.nodes:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or 0) - node.lineno + 1
                if lines > LONGEST_FUNCTION:
                    what = f"has {node.name} of {lines} lines, more than {LONGEST_FUNCTION}"
                    yield module.breaks(what, SHORT)


def documented(sources: Sources, layout: Layout) -> Iterator[Violation]:
    """Every module says what it is."""
    del layout
    for module in sources:
        if not module.docstring:
            yield module.breaks("has no docstring", DOCUMENTED)


def mirrored(sources: Sources, layout: Layout) -> Iterator[Violation]:
    """Each folder of tests mirrors a folder of sources."""
    for package in sources.packages:
        for path in sorted((sources.root / "tests" / package).rglob("test_*.py")):
            file = path.relative_to(sources.root)
            room = file.parent.relative_to("tests")
            mirror = (sources.root / room / "__init__.py").is_file()
            if not mirror and file.parent.as_posix() not in layout.unmirrored:
                yield Violation(file.as_posix(), f"mirrors {room}, which does not exist", MIRRORED)


def page(sources: Sources, layout: Layout) -> Iterator[Violation]:
    """The page names every room, and nothing that does not exist.

    Paths are words in backticks that contain a slash or end in .py or .md, from the root of the
    repository; `<name>` stands for any name. What begins with a slash is an address.
    """
    text = (sources.root / PAGE).read_text(encoding="utf-8")
    words = {word.rstrip("/") for word in _WORD.findall(text)}
    for package, steps in layout.order.items():
        for name in (name for step in steps for name in step if name.endswith("/")):
            room = "/".join([*package.split("."), name.rstrip("/")]).lstrip("/")
            if room not in words:
                yield Violation(PAGE, f"does not name `{room}`", NAMED)
    for word in sorted(words):
        path = ("/" in word or word.endswith((".py", ".md"))) and not word.startswith("/")
        if path and not any(sources.root.glob(_PLACEHOLDER.sub("*", word))):
            yield Violation(PAGE, f"names `{word}`, which does not exist", STALE)
