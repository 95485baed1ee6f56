"""Asking on a terminal, and never waiting for an answer where there is none."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ASK = "from shared.cli.commands.confirming import confirm; confirm('all would go', {yes})"


def asked(answer: bytes | None, *, yes: bool = False) -> tuple[int, str]:
    """A process that asks, on a terminal that types `answer`, or without one."""
    ours, theirs = os.openpty()
    if answer is not None:
        os.write(ours, answer)
    try:
        ended = subprocess.run(
            [sys.executable, "-c", ASK.format(yes=yes)],
            cwd=Path(__file__).parents[4],
            stdin=theirs if answer is not None else subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=50,
            check=False,
        )
    finally:
        os.close(ours)
        os.close(theirs)
    return ended.returncode, ended.stderr


@pytest.mark.parametrize(
    ("answer", "yes", "code", "words"),
    [
        (b"y\n", False, 0, "all would go. Go on? [y/N]"),
        (b"n\n", False, 1, "nothing was done"),
        (None, False, 1, "give --yes"),
        (None, True, 0, ""),
    ],
)
def test_ask(answer: bytes | None, yes: bool, code: int, words: str) -> None:
    ended, said = asked(answer, yes=yes)
    assert ended == code
    assert words in said
