"""The command `decide`, as a user calls it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from scaler.commands.decide import decide

DATA = Path(__file__).parents[1] / "decision" / "data" / "cases.json"
CASES: list[dict[str, Any]] = json.loads(DATA.read_text(encoding="utf-8"))["cases"]


def _run(data: Any, *options: str) -> Result:
    text = data if isinstance(data, str) else json.dumps(data)
    return CliRunner().invoke(decide, ["-", *options], input=text)


def test_the_whole_file_gives_a_line_a_case_in_order() -> None:
    result = CliRunner().invoke(decide, [str(DATA)])
    assert result.exit_code == 0
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert len(lines) == len(CASES)
    for line, case in zip(lines, CASES, strict=True):
        if "error_contains" in case["expect"]:
            assert list(line) == ["error"]
        else:
            assert set(line) == set(case["expect"])


def test_one_case_and_a_list_are_read_from_standard_input() -> None:
    assert (
        _run(CASES[1]).stdout
        == _run([CASES[1]]).stdout
        == ('{"replicas": 5, "utilization_pct": 50, "avg_usage_m": 1000}\n')
    )


def test_the_policy_can_be_chosen() -> None:
    case = next(case for case in CASES if case["id"] == "reconcile/TestScaleUp")
    answer = json.loads(_run(case, "--policy", "responsive").stdout)
    assert answer["action"] == "ScaleUp"
    assert answer["desired_replicas"] == 5


def test_without_expect_a_case_gets_all_fields_of_its_suite() -> None:
    case = {name: value for name, value in CASES[1].items() if name != "expect"}
    assert set(json.loads(_run(case).stdout)) == {"replicas", "utilization_pct", "avg_usage_m"}


@pytest.mark.parametrize(
    ("case", "message"),
    [
        ({"id": "mine", "suite": "reconcile"}, "case[1] (mine).input: is missing; give"),
        ({"id": "mine", "suite": "recon"}, "case[1] (mine).suite: is 'recon'; give one of replica"),
        ({"suite": "reconcile", "input": []}, "case[1].input: is a list; give a JSON object"),
        (3, "case[1]: is 3; give a JSON object"),
        (None, "case[1]: is None; give a JSON object"),
    ],
)
def test_a_broken_case_keeps_its_line_and_the_rest_is_decided(case: Any, message: str) -> None:
    result = _run([CASES[1], case, CASES[1]])
    assert result.exit_code == 1
    first, broken, last = (json.loads(line) for line in result.stdout.splitlines())
    assert first == last == {"replicas": 5, "utilization_pct": 50, "avg_usage_m": 1000}
    assert list(broken) == ["error"]
    assert broken["error"].startswith(message)
    assert broken["error"] in result.stderr


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("", "is not JSON"),
        ("{", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("9" * 5_000, "is not JSON"),
        ({"cases": {}}, "cases is no list; give a list of cases"),
    ],
)
def test_an_unusable_file_prints_nothing(data: Any, message: str) -> None:
    result = _run(data)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert message in result.stderr


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_any_encoding_of_json_is_read(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "cases.json"
    file.write_text(json.dumps([CASES[1]]), encoding=encoding)
    assert CliRunner().invoke(decide, [str(file)]).exit_code == 0


def test_a_file_that_is_not_text_is_named(tmp_path: Path) -> None:
    file = tmp_path / "cases.bin"
    file.write_bytes(b"\xff\xfe\x00")
    result = CliRunner().invoke(decide, [str(file)])
    assert result.exit_code == 2
    assert "cases.bin: is not JSON" in result.stderr
