"""The command line."""

from __future__ import annotations

from click.testing import CliRunner

from gateway.__main__ import main
from gateway.settings import VARIABLES


def test_help_documents_every_setting() -> None:
    result = CliRunner().invoke(main, ["--help"])
    assert result.exit_code == 0
    assert [name for name in VARIABLES if name not in result.output] == []


def test_settings_can_be_checked() -> None:
    assert CliRunner().invoke(main, ["--check"], env={"GATEWAY_PORT": "80"}).exit_code == 0


def test_wrong_settings_are_all_named() -> None:
    wrong = {"GATEWAY_PORT": "eighty", "GATEWAY_WORKERS": "-1"}
    result = CliRunner().invoke(main, [], env=wrong)
    assert result.exit_code == 2
    assert "GATEWAY_PORT" in result.output
    assert "GATEWAY_WORKERS" in result.output
