"""Thresholds of probes, and the defaults of Kubernetes."""

from __future__ import annotations

import pytest

from shared.embedded.node.probing import Schedule, Verdict


def test_defaults() -> None:
    assert Schedule.of({}) == Schedule(0, 10, 1, 1, 3)
    assert Schedule.of({"periodSeconds": 2, "failureThreshold": 1}).period == 2


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ("f", None),
        ("ff", None),
        ("fff", False),
        ("ffpf", None),
        ("p", None),
        ("pp", True),
        ("ppff", True),
        ("ppfff", False),
        ("fffp", False),
        ("fffpp", True),
    ],
)
def test_only_results_in_a_row_count(results: str, expected: bool | None) -> None:
    verdict = Verdict()
    for result in results:
        verdict = verdict.after(result == "p", Schedule(successes=2, failures=3))
    assert verdict.passed is expected
