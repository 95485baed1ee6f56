"""The rules by promtool: that they are well formed, when alerts fire, and when they do not."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.operations import rules
from tests.operations.prometheus import PROMTOOL

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(not PROMTOOL, reason="no promtool; apt-get install prometheus")

CASES = list(rules.cases())


def promtool(*arguments: object, standard_input: str = "") -> str:
    """What it prints; it must be content."""
    command = [PROMTOOL, *map(str, arguments)]
    done = subprocess.run(
        command, input=standard_input, capture_output=True, text=True, timeout=150
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("file", rules.FILES, ids=lambda file: file.name)
def test_the_rules_are_well_formed(file: Path) -> None:
    assert "SUCCESS" in promtool("check", "rules", "--lint-fatal", file)


@pytest.mark.parametrize("alert", rules.alerts())
def test_it_fires_when_it_should_and_only_then(tmp_path: Path, alert: str) -> None:
    cases = [case for case in CASES if case.alert == alert]
    assert {case.fires for case in cases} == {True, False}, "cases of both kinds"
    needed, tests = tmp_path / "needed.yaml", tmp_path / "tests.yaml"
    needed.write_text(yaml.safe_dump(rules.needed(alert)))
    document = {
        "rule_files": [str(needed)],
        "evaluation_interval": cases[0].every,
        "tests": [case.promtool() for case in cases],
    }
    tests.write_text(yaml.safe_dump(document, sort_keys=False))
    promtool("test", "rules", tests)


def test_every_case_is_of_an_alert() -> None:
    assert {case.alert for case in CASES} == rules.alerts().keys()
