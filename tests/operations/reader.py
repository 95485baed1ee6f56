"""Somebody who does what the documents say: runs their commands and their programs as they stand.

What is of the reader's own machine is replaced: addresses, ports and names in `<>`. What goes on
for ever or long is cut short.
"""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.documentation.commands import filled, lines
from tests.documentation.pages import BY_NAME
from tests.e2e.conftest import PROGRAMS

if TYPE_CHECKING:
    from tests.documentation.pages import Block
    from tests.e2e.conftest import Run

SHORTER: Final = {"--seconds 60": "--seconds 2"}


def block(page: str, containing: str, language: str = "sh") -> Block:
    """The first block of a page in this language that has these words."""
    found = (one for one in BY_NAME[page].blocks if one.language == language)
    return next(one for one in found if containing in one.text)


def named(page: str, name: str) -> str:
    """The text of the block that is the file `name`."""
    return next(one.text for one in BY_NAME[page].blocks if one.name == name)


@dataclass
class Reader:
    """One reader before a run; `folder` is where he works, where nothing else is said."""

    run: Run
    folder: Path
    kubeconfig: Path | None = None
    """Of another cluster than the run's."""

    def __post_init__(self) -> None:
        (self.folder / ".curlrc").write_text("fail\n")

    def script(self, text: str, *, cwd: Path | None = None, **names: str) -> str:
        """What these lines print, in one shell that ends with the first failure. `names` are
        filled in for those in `<>`."""
        for name, value in names.items():
            text = text.replace(f"<{name}>", value)
        for long, short in SHORTER.items():
            text = text.replace(long, short)
        text = text.replace("$PWD/.local/", f"{self.run.home}/").replace(".venv/bin/", "")
        text = text.replace("http://127.0.0.1:8080", self.run.url)
        return self._ended(["bash", "-euo", "pipefail", "-c", filled(text)], cwd or self.folder)

    def block(self, page: str, containing: str, *, cwd: Path | None = None, **names: str) -> str:
        """What the commands of a block print."""
        return self.script("\n".join(lines(block(page, containing))), cwd=cwd, **names)

    def program(self, page: str, name: str, **environ: str) -> str:
        """What the Python program `name` of a page prints."""
        (self.folder / name).write_text(named(page, name))
        return self._ended([sys.executable, name], self.folder, **environ)

    def _ended(self, command: list[str], cwd: Path, **environ: str) -> str:
        ours = self.run.environment()
        if self.kubeconfig:
            ours["KUBECONFIG"] = str(self.kubeconfig)
        ours |= {"PATH": f"{PROGRAMS}:{ours['PATH']}", "CURL_HOME": str(self.folder)} | environ
        ended = subprocess.run(
            command, cwd=cwd, env=ours, capture_output=True, text=True, timeout=150, check=False
        )
        assert ended.returncode == 0, f"{command[-1]}\n{ended.stdout}{ended.stderr}"
        return ended.stdout
