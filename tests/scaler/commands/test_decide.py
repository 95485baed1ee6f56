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


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("{", "is not JSON"),
        ([CASES[1], {"id": "mine", "suite": "reconcile"}], "case[1] (mine).input: is missing"),
        ([3], "case[0]: is 3; give a JSON object"),
        ({"cases": {}}, "cases: is no list"),
    ],
)
def test_bad_input_prints_nothing_and_names_the_field(data: Any, message: str) -> None:
    result = _run(data)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert message in result.stderr
