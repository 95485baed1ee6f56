"""Completion: what a real shell offers, and that it is silent whatever goes wrong."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from shared.cli import main
from tests.shared.cli.commands.test_apply import entry, written
from tests.shared.cli.conftest import Cli
from tests.shared.cli.real import RealApi

PROGRAM = Path(sys.executable).parent / "exposed"
BASH = """
source <({program} completion bash)
COMP_WORDS=({words}); COMP_CWORD={last}
_exposed_completion {program}
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


def offered(exposed: Cli, *words: str) -> list[str]:
    """What the shell's function would be given, by click's protocol."""
    environment = {
        **exposed.environment,
        "_EXPOSED_COMPLETE": "bash_complete",
        "COMP_WORDS": " ".join(("exposed", *words)),
        "COMP_CWORD": str(len(words)),
    }
    output = CliRunner().invoke(main, env=environment, prog_name="exposed").output
    return [line.partition(",")[2] for line in output.splitlines() if line]


def test_commands_and_options(exposed: Cli) -> None:
    assert {"apply", "diff", "delete", "lint", "list"} <= set(offered(exposed, ""))
    assert "--dry-run" in offered(exposed, "apply", "--dr")
    assert offered(exposed, "list", "-o", "y") == ["yaml"]
    assert offered(exposed, "completion", "") == ["bash", "zsh", "fish"]


def test_services_are_asked_for(exposed: Cli, real: RealApi, tmp_path: Path) -> None:
    exposed("apply", written(tmp_path, entry("one"), entry("two")))
    assert offered(exposed, "get", "") == ["one", "two"]
    assert offered(exposed, "delete", "one", "t") == ["two"]
    assert offered(exposed, "stop", "service/t") == ["service/two"]
    home = exposed.environment.pop("EXPOSED_HOME")
    more = ("--endpoint", real.url, "--credentials", f"{home}/credentials")
    assert offered(exposed, *more, "get", "o") == ["one"]
    assert offered(exposed, "get", *more, "o") == ["one"]


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:1", "nonsense"])
def test_silence_when_there_is_no_answer(exposed: Cli, endpoint: str) -> None:
    exposed.environment["EXPOSED_ENDPOINT"] = endpoint
    assert offered(exposed, "get", "") == []


def test_profiles(exposed: Cli, tmp_path: Path) -> None:
    file = tmp_path / "config" / "exposed" / "profiles.yaml"
    file.parent.mkdir(parents=True)
    file.write_text("profiles: {lab: {endpoint: https://x, credentials: y}}\n")
    assert offered(exposed, "list", "--profile", "") == ["local", "lab"]


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_have_a_script(exposed: Cli, shell: str) -> None:
    result = exposed("completion", shell)
    assert result.exit_code == 0
    assert f"_EXPOSED_COMPLETE={shell}_complete" in result.output


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_in_bash(exposed: Cli, real: RealApi, tmp_path: Path) -> None:
    exposed("apply", written(tmp_path, entry("one")))
    script = BASH.format(program=PROGRAM, words="exposed get ''", last=2)
    ended = subprocess.run(
        ["bash", "--norc", "-c", script],
        env={**os.environ, **exposed.environment},
        capture_output=True,
        text=True,
        check=True,
        timeout=50,
    )
    assert ended.stdout == "one\n", ended.stderr
