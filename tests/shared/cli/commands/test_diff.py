"""diff: exit codes as kubectl's, no secret, nothing written."""

from __future__ import annotations

from pathlib import Path

from tests.shared.cli.commands.test_apply import entry, writes, written
from tests.shared.cli.conftest import Cli
from tests.shared.cli.real import RealApi

SECRET = "      environment: {secrets: {KEY: hunter2}}\n"


def test_same_differs_and_unknown(exposed: Cli, real: RealApi, tmp_path: Path) -> None:
    file = written(tmp_path, entry("one", more=SECRET), entry("batch", ""))
    new = exposed("diff", file)
    assert new.exit_code == 1
    assert "+name: one" in new.output
    assert "service/batch would be skipped" in new.output
    exposed("apply", file)
    real.calls.clear()
    same = exposed("diff", file)
    assert same.exit_code == 0, same.output
    assert "values of secrets are not compared" in same.output
    differs = exposed("diff", written(tmp_path, entry("one", "{api_port: 81}", SECRET)))
    assert differs.exit_code == 1
    assert "-  - 80\n+  - 81\n" in differs.output
    assert "hunter2" not in new.output + same.output + differs.output
    assert writes(real) == []


def test_an_error_is_not_taken_for_a_difference(exposed: Cli, tmp_path: Path) -> None:
    assert exposed("diff", written(tmp_path, entry("One"))).exit_code == 2
    exposed.environment["EXPOSED_ENDPOINT"] = "http://127.0.0.1:1"
    assert exposed("diff", written(tmp_path, entry("one"))).exit_code == 2
    exposed.environment["EXPOSED_HOME"] = "/nowhere"
    assert exposed("diff", written(tmp_path, entry("one"))).exit_code == 2
