"""lint: every problem with its place, without a cluster."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner, Result

from shared.cli import main
from tests.shared.cli.commands.test_apply import HEAD, entry, written


def lint(*arguments: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(main, ["lint", *arguments], input=stdin)


def test_every_problem_has_a_place(tmp_path: Path) -> None:
    file = written(tmp_path, entry("one", "{api_port: 80, min_scale: -1, hm: 1}"), entry("Two"))
    (tmp_path / "run.sh").unlink()
    result = lint(file)
    assert result.exit_code == 1
    assert f"{file}:7:30: error: functions.oscar[0].expose.min_scale: -1 is below 0" in (
        result.output
    )
    assert f"{file}:6:7: error: functions.oscar[0].script: cannot read 'run.sh'" in result.output
    assert f"{file}:9:7: error: functions.oscar[1].name: 'Two' cannot name" in result.output
    lines = [int(line.split(":")[1]) for line in result.output.splitlines()[:-1]]
    assert lines == sorted(lines)


def test_warnings_fail_only_strictly(tmp_path: Path) -> None:
    file = written(tmp_path, entry("one", more="      memroy: 1Gi\n"))
    result = lint(file)
    assert result.exit_code == 0
    assert f"{file}:7:7: warning: functions.oscar[0].memroy: " in result.output
    assert "did you mean memory?" in result.output
    assert lint("--strict", file).exit_code == 1
    good = written(tmp_path, entry("one"))
    assert lint("--strict", good).output == "0 errors, 0 warnings\n"


def test_for_programs_and_from_standard_input(tmp_path: Path) -> None:
    inline = entry("one", "{api_port: x}").replace("run.sh", '"exec server\\n"')
    result = lint("-", "-o", "json", stdin=HEAD + inline)
    found = json.loads(result.stdout)
    assert [(one["file"], one["path"], one["severity"]) for one in found] == [
        ("-", "functions.oscar[0].expose.api_port", "error")
    ]
    assert (found[0]["line"], found[0]["column"]) == (7, 16)


def test_what_is_no_yaml_or_no_text(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("functions: [\n")
    (tmp_path / "b.yaml").write_bytes(b"\xff")
    result = lint(str(tmp_path / "a.yaml"), str(tmp_path / "b.yaml"))
    assert result.exit_code == 1
    assert "a.yaml:2:1: error: document: " in result.output
    assert "b.yaml:1:1: error: document: " in result.output
    assert "is not UTF-8" in result.output


def test_what_apply_would_skip_is_told(tmp_path: Path) -> None:
    result = lint(written(tmp_path, entry("batch", ""), entry("one")))
    assert result.exit_code == 0
    assert "2:3: warning: functions.oscar: `apply` skips batch: it has no `expose`" in result.output


def test_one_cluster_alone(tmp_path: Path) -> None:
    other = entry("Bad").replace("- cluster:", "- other:")
    file = written(tmp_path, entry("one"), other)
    assert lint(file).exit_code == 1
    assert lint("--cluster", "cluster", file).exit_code == 0
    assert "has no service for cluster 'third'" in lint("--cluster", "third", file).output
