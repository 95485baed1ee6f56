"""The rules against the code and the runbook: what they name exists, and each alert is explained.

What promtool and Prometheus say of them is asked in `tests/operations`.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gateway.protocol.reasons import REASONS
from scaler.control.actuator import Result as Written
from scaler.control.standing import Standing
from scaler.decision.reasons import TOO_MANY
from tests.manifests import exposition
from tests.operations import rules

DOCS = Path(__file__).parents[2] / "docs" / "operate"
ALERTS = rules.alerts()
EXPRESSIONS = [rule["expr"] for rule in rules.rules()]
_SECTION = re.compile(r"^### (\w+)\n+(.*?)(?=^##|\Z)", re.MULTILINE | re.DOTALL)
SECTIONS = dict(_SECTION.findall((DOCS / "alerts.md").read_text()))
SEVERITIES = {"critical", "warning", "info"}


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_says_what_happened_and_what_to_do(name: str) -> None:
    alert = ALERTS[name]
    assert alert["labels"]["severity"] in SEVERITIES
    assert alert["labels"]["part_of"] == "exposed-services"
    notes = alert["annotations"]
    assert set(notes) == {"summary", "description", "runbook_url"}
    assert notes["runbook_url"] == f"docs/operate/alerts.md#{name.lower()}"
    assert notes["description"].endswith(".")
    assert not notes["summary"].endswith(".")


def test_each_alert_has_its_section_and_the_other_way_round() -> None:
    assert SECTIONS.keys() == ALERTS.keys()


@pytest.mark.parametrize("name", SECTIONS)
def test_a_section_begins_with_what_to_type(name: str) -> None:
    found = re.fullmatch(r"```sh\n(.+?)```\n(.+)", SECTIONS[name], re.DOTALL)
    assert found is not None
    command, rest = found.groups()
    assert command.strip()
    assert "**Means**" in rest
    assert "**Causes**" in rest or "**Remedies**" in rest


def test_metrics_and_labels_that_rules_name_are_those_of_the_code() -> None:
    known = exposition.labels_of_series()
    named = set().union(*map(rules.metrics, EXPRESSIONS))
    assert len(named) > 40, "the names are found"
    assert named <= known.keys()
    picked = {pair for expression in EXPRESSIONS for pair in rules.matched(expression)}
    assert len(picked) > 15, "the labels are found"
    unknown = {(metric, label) for metric, label in picked if label not in known[metric]}
    assert unknown == set()


def values(metric: str, label: str) -> set[str]:
    """What the rules ask of a label, alternatives one by one."""
    picks = rf'{metric}\s*{{[^}}]*\b{label}\s*(?:=~|!~|!=|=)\s*"([^"]*)"'
    asked = re.findall(picks, " ".join(EXPRESSIONS))
    return {value for each in asked for value in each.split("|")}


@pytest.mark.parametrize(
    ("metric", "label", "known"),
    [
        ("gateway_refusals_total", "reason", set(REASONS)),
        ("scaler_service_standing", "standing", {each.value for each in Standing}),
        ("scaler_service_limit", "limit", {TOO_MANY}),
        ("scaler_writes_total", "result", {each.value for each in Written}),
        ("gateway_endpoints", "state", {"ready", "new", "held", "ejected", "leaving"}),
    ],
)
def test_values_of_labels_are_those_of_the_code(metric: str, label: str, known: set[str]) -> None:
    asked = values(metric, label)
    assert asked
    assert asked <= known


def test_the_table_of_metrics_is_that_of_the_code() -> None:
    page = exposition.PAGE.read_text()
    assert exposition.filled(page) == page, "python -m tests.manifests.exposition writes it"


def test_every_metric_says_what_it_means() -> None:
    for described in exposition.programs().values():
        assert all(one.meaning for one in described)
