"""Gathers the pages of the guides and builds the site: `python docs/site.py`, for `make docs`.

The pages stay where a code host shows them: README.md and ARCHITECTURE.md at the root, guides in
`docs/`, results beside their benchmarks. MkDocs wants them all in one folder; so the pages in its
`nav` are copied to build/docs-source, in the same tree, with every file that they link to.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path(__file__).resolve().parents[1]
CONFIG: Final = ROOT / "docs" / "mkdocs.yml"
SOURCE: Final = ROOT / "build" / "docs-source"
_LINK: Final = re.compile(r"\]\((?!\w+:|#)([^)#\s]+)")
_NAMED: Final = re.compile(r"^```(\w+) ([\w.-]+)$", re.MULTILINE)
"""A fence that names a file, in the form of code hosts."""


def gathered(root: Path) -> Iterator[Path]:
    """The pages below `docs/`, those at the root, and all files that they link to, once each."""
    waiting = [root / "README.md", root / "ARCHITECTURE.md", *sorted(root.glob("docs/**/*.md"))]
    seen = set()
    while waiting:
        file = waiting.pop()
        if file in seen or not file.is_file():
            continue
        seen.add(file)
        yield file
        if file.suffix == ".md":
            waiting += [(file.parent / link).resolve() for link in _LINK.findall(file.read_text())]


def page(text: str) -> str:
    """A page as MkDocs reads it: a fence's file name becomes its title."""
    return _NAMED.sub(r'```\1 title="\2"', text)


def stage(root: Path, target: Path) -> None:
    """Copy all that is `gathered` to `target`, which is emptied first."""
    shutil.rmtree(target, ignore_errors=True)
    for file in gathered(root):
        copy = target / file.relative_to(root)
        copy.parent.mkdir(parents=True, exist_ok=True)
        if file.suffix == ".md":
            copy.write_text(page(file.read_text()))
        else:
            shutil.copyfile(file, copy)


def build() -> str:
    """What MkDocs complains of; empty when the site is built.

    Its output is caught, not silenced: quiet, it would pass over what strict mode is to refuse.
    """
    stage(ROOT, SOURCE)
    environ = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    command = [sys.executable, "-m", "mkdocs", "build", "--config-file", str(CONFIG)]
    ended = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    return ended.stderr if ended.returncode else ""


if __name__ == "__main__":
    sys.exit(build() or 0)
