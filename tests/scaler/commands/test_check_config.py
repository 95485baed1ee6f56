from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from scaler.__main__ import main

if TYPE_CHECKING:
    from pathlib import Path


def checked(folder: Path, text: str) -> Result:
    path = folder / "config.yaml"
    path.write_text(text)
    return CliRunner().invoke(main, ["check-config", str(path)])


def test_a_right_file_is_told(tmp_path: Path) -> None:
    result = checked(tmp_path, "services: {a: {pause: true}}")
    assert result.exit_code == 0
    assert "1 service named" in result.output


def test_all_problems_are_told_and_the_exit_code_says_so(tmp_path: Path) -> None:
    result = checked(tmp_path, "defaults: {period: 0, policy: smart, fallbak: {}}")
    assert result.exit_code == 1
    assert "did you mean fallback?" in result.output
    assert "defaults.period" in result.output
    assert "defaults.policy" in result.output


def test_oddities_are_told_but_no_failure(tmp_path: Path) -> None:
    result = checked(tmp_path, "servces: {}")
    assert result.exit_code == 0
    assert "did you mean services?" in result.output


@pytest.mark.parametrize(
    ("command", "environment", "problem"),
    [
        (["check-config"], {}, "is not UTF-8 text"),
        (["explain", "a", "--config"], {}, "is not UTF-8 text"),
        (["check-config"], {"SCALER_PERIOD": "soon"}, "SCALER_PERIOD"),
    ],
)
def test_what_cannot_be_read_is_told_in_a_sentence(
    tmp_path: Path, command: list[str], environment: dict[str, str], problem: str
) -> None:
    path = tmp_path / "config.yaml"
    path.write_bytes(b"\xff\xfe")
    result = CliRunner(env=environment).invoke(main, [*command, str(path)])
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    assert problem in result.output
