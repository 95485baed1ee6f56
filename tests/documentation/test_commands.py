"""Every command of the documents is taken by its program, and run by a test or said why not."""

from __future__ import annotations

import re
import subprocess

import pytest

from tests.documentation import accepted
from tests.documentation.commands import COMMANDS, SHELL, Command, filled
from tests.documentation.pages import ROOT, Block
from tests.documentation.runs import NOT_RUN, RUN, fate

PROGRAMS = sorted({words for command in COMMANDS for words in command.programs})


@pytest.mark.parametrize("block", SHELL, ids=str)
def test_a_block_is_a_script(block: Block) -> None:
    ended = subprocess.run(
        ["bash", "-n"], input=filled(block.text), capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.parametrize("words", PROGRAMS, ids=lambda words: " ".join(words)[:80])
def test_a_command_is_taken_by_its_program(words: tuple[str, ...]) -> None:
    accepted.check(words)


@pytest.mark.parametrize("command", COMMANDS, ids=str)
def test_a_command_is_run_by_a_test_or_not_for_a_reason(command: Command) -> None:
    known = fate(command.line)
    assert known, "name its test, or the reason why it has none, in tests/documentation/runs.py"


@pytest.mark.parametrize(("pattern", "test"), RUN)
def test_what_is_run_is_in_the_documents_and_so_is_its_test(pattern: str, test: str) -> None:
    assert any(re.fullmatch(pattern, command.line) for command in COMMANDS)
    assert (ROOT / test).exists()


@pytest.mark.parametrize("pattern", [pattern for pattern, _ in NOT_RUN])
def test_no_reason_is_left_over(pattern: str) -> None:
    assert any(re.fullmatch(pattern, command.line) for command in COMMANDS)


@pytest.mark.parametrize(
    "line",
    ["exposed list --outptu json", "kubectl get pods --wacht", "kubectl aply -f a.yaml",
     "make locla", "python -m scaler simulat", "kubectl apply -k manifests/bases",
     "curl --heder a http://b", "exposde list"],
)  # fmt: skip
def test_a_mistyped_command_is_found(line: str) -> None:
    with pytest.raises(AssertionError):
        accepted.check(tuple(line.split()))
