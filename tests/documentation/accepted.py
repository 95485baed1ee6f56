"""Whether a program takes a command as it is written; asked of the program itself, without effect.

Each check fails with what the program says. What can be run for real is, by the tests that
`tests/documentation/runs.py` names.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from click.testing import CliRunner

from gateway.__main__ import main as gateway
from gateway.management.__main__ import main as management
from scaler.__main__ import main as scaler
from shared.cli import main as exposed
from tests.documentation.pages import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import click

KUBECTL: Final = Path(sys.executable).with_name("kubectl")
NOBODY: Final = "--server=http://127.0.0.1:9"
"""A server that is not there: what kubectl refuses by itself, it refuses before it asks."""
PIPED: Final = "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}"


def by_click(command: click.Command, words: Sequence[str]) -> None:
    """Unknown options and missing values are refused before the help is printed."""
    ended = CliRunner().invoke(command, [*words, "--help"])
    assert ended.exit_code == 0, ended.output


def by_kubectl(words: Sequence[str]) -> None:
    folder = next((after for word, after in pairwise(words) if word == "-k"), None)
    if folder is not None:
        assert (ROOT / folder / "kustomization.yaml").is_file(), f"{folder} is no kustomization"
        return
    for word, after in pairwise(words):
        if word == "-f" and after != "-" and after.startswith("manifests/"):
            assert (ROOT / after).exists(), f"{after} is not there"
    inner = words.index("--") if "--" in words else len(words)
    command = [str(KUBECTL), NOBODY, "--request-timeout=1s", *words[:inner], *words[inner:]]
    ended = subprocess.run(command, input=PIPED, capture_output=True, text=True, check=False)
    nobody_there = re.search(r"refused|no such file|does not exist", ended.stderr)
    assert ended.returncode == 0 or nobody_there, ended.stderr


def by_make(words: Sequence[str]) -> None:
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert {word for word in words if "=" not in word} <= targets


def by_python(words: Sequence[str]) -> None:
    if words[:2] == ("-m", "pytest"):
        missing = [word for word in words[2:] if not (ROOT / word).exists()]
        assert not missing, f"{missing} are not there"
        return
    assert words[0] == "-m", "a module of ours"
    module, *arguments = words[1:]
    ours: Mapping[str, click.Command] = {
        "gateway": gateway,
        "gateway.management": management,
        "scaler": scaler,
    }
    if module in ours:
        by_click(ours[module], arguments)
        return
    command = [sys.executable, "-m", module, *arguments, "--help"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr


def by_curl(words: Sequence[str]) -> None:
    ended = subprocess.run(["curl", *words, "--version"], capture_output=True, check=False)
    assert ended.returncode == 0, ended.stderr


@cache
def _has(program: str) -> str | None:
    return shutil.which(program)


def by_itself(program: str, *arguments: str) -> Callable[[Sequence[str]], None]:
    """Ask a program for its help with these words; skipped where it is not installed."""

    def check(words: Sequence[str]) -> None:
        if _has(program) is None:
            pytest.skip(f"{program} is not installed")
        command = [program, *words, *arguments]
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
        assert ended.returncode == 0, ended.stderr

    return check


def nothing(words: Sequence[str]) -> None:
    """A part of the shell, or a program that is not ours to ask."""


PROGRAMS: Final[Mapping[str, Callable[[Sequence[str]], None]]] = {
    "exposed": lambda words: by_click(exposed, words),
    "kubectl": by_kubectl,
    "make": by_make,
    "python": by_python,
    "curl": by_curl,
    "promtool": by_itself("promtool", "--help"),
    **dict.fromkeys(("docker", "oscar-cli", "jq", "git", "openssl"), nothing),
    **dict.fromkeys(("export", "source", "cat", "printf", "sha256sum", "date"), nothing),
}
"""By the name of the program; a new one is added here, with how it can be asked."""


def check(words: Sequence[str]) -> None:
    """Fail unless the program takes these words."""
    program = words[0].removeprefix(".venv/bin/")
    assert program in PROGRAMS, f"how can {program} be asked? see {__name__}"
    PROGRAMS[program](words[1:])
