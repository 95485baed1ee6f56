from __future__ import annotations

import subprocess
import sys

from click.testing import CliRunner

from scaler.__main__ import main


def test_help_names_every_command() -> None:
    output = CliRunner().invoke(main, ["--help"]).output
    for name in ("run", "explain", "check-config", "decide"):
        assert name in output


def test_every_command_can_be_asked_for_help() -> None:
    for name in main.list_commands(None):  # type: ignore[arg-type]
        result = CliRunner().invoke(main, [name, "--help"])
        assert result.exit_code == 0, result.output


def test_to_run_does_not_load_what_draws() -> None:
    code = "import sys, scaler.__main__ as m; m.main.get_command(None, 'run'); print(*sys.modules)"
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout
    assert b"scaler.control.loop" in output
    assert b"matplotlib" not in output


def test_a_command_that_does_not_exist_is_refused() -> None:
    assert CliRunner().invoke(main, ["dance"]).exit_code == 2
