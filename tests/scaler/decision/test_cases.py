"""All decision cases of Kubernetes 1.36, through the same door as the command.

`cases.json` is the contract's file; `further.json` holds more of the same form: the other rows of
upstream's tables about CPU, and edges that follow from its source ("derived").
"""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from scaler.decision import HPA, RESPONSIVE, Behavior, Rules, decide
from scaler.decision.cases import FieldError, evaluate, inputs
from scaler.decision.cases.fields import Fields
from scaler.decision.hpa.state import HpaState


def _read(name: str) -> list[dict[str, Any]]:
    text = (Path(__file__).parent / "data" / name).read_text(encoding="utf-8")
    cases: list[dict[str, Any]] = json.loads(text)["cases"]
    return cases


CASES = _read("cases.json")
ALL = CASES + _read("further.json")


def _of(*suites: str) -> list[Any]:
    return [pytest.param(case, id=case["id"]) for case in ALL if case["suite"] in suites]


def test_every_case_is_there() -> None:
    assert len(CASES) == 144
    assert len({case["id"] for case in ALL}) == len(ALL) == 266


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in ALL])
def test_hpa_decides_as_kubernetes(case: dict[str, Any]) -> None:
    outcome = evaluate(case)
    expected = {name: value for name, value in case["expect"].items() if value is not None}
    if "error_contains" in expected:
        assert expected["error_contains"] in outcome["error"]
    else:
        assert {name: outcome[name] for name in expected} == expected


@pytest.mark.parametrize("case", _of("replica_calc"))
def test_the_entry_computes_the_same_number(case: dict[str, Any]) -> None:
    given = Fields(case["input"], "case")
    current = given.integer("current_replicas")
    decision, _ = decide(
        inputs.observation(given, current, current),
        inputs.policy(given, HPA),
        HpaState(recommendations=()),
        inputs.NOW,
    )
    assert decision.raw == case["expect"].get("replicas")
    assert decision.utilisation_pct == case["expect"].get("utilization_pct")


@pytest.mark.parametrize("case", _of("replica_calc", "reconcile"))
def test_responsive_answers_in_the_same_fields(case: dict[str, Any]) -> None:
    outcome = evaluate(case, RESPONSIVE)
    answerable = {"replicas", "utilization_pct", "avg_usage_m"}  # where only the HPA gives up
    fields = answerable if "error_contains" in case["expect"] else set(case["expect"])
    assert set(outcome) <= {*fields, "error"}


def test_without_expectation_all_fields_of_the_suite_are_given() -> None:
    case = {name: value for name, value in CASES[1].items() if name != "expect"}
    assert evaluate(case) == {"replicas": 5, "utilization_pct": 50, "avg_usage_m": 1000}


def _broken(path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    case = copy.deepcopy(CASES[1])
    place: Any = case
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return case


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("suite",), "other", "case.suite: is 'other'; give one of replica_calc, reconcile"),
        (("input",), None, "case.input: is missing; give a JSON object"),
        (("input", "target_utilization_pct"), 0, "is 0; give a whole number from 1"),
        (("input", "current_replicas"), "3", "case.input.current_replicas: is '3'"),
        (("input", "current_replicas"), True, "case.input.current_replicas: is True"),
        (("input", "tolerance_up"), float("nan"), "case.input.tolerance_up: is nan"),
        (("input", "pods", 0, "ready"), "Yes", "case.input.pods[0].ready: is 'Yes'"),
        (("input", "pods", 0, "deleted"), 1, "give true or false"),
        (("input", "pods"), {}, "case.input.pods: is an object; give a list"),
        (("input", "pods", 1, "containers", 0, "usage_m"), -1, "containers[0].usage_m: is -1"),
        (("input", "current_replicas"), 2**53 + 1, "give a number of at most 2^53"),
        (("input", "tolerance_up"), 1e300, "is 1e+300; give a number of at most 2^53"),
        (("input", "tolerance_up"), float("inf"), "is inf; give a number of at most 2^53"),
    ],
)
def test_a_wrong_field_is_named(path: tuple[Any, ...], value: Any, message: str) -> None:
    with pytest.raises(FieldError) as caught:
        evaluate(_broken(path, value))
    assert message in str(caught.value)


def test_what_a_behavior_leaves_out_is_kubernetes_default() -> None:
    given = {
        "target_utilization_pct": 50,
        "downscale_stabilization_s": 120,
        "behavior": {"scale_down": {"select_policy": "Min"}, "scale_up": {"policies": []}},
    }
    behavior = inputs.policy(Fields(given, "case"), HPA).hpa.behavior
    assert behavior is not None
    assert behavior.down == Rules(120.0, Behavior().down.rates, "Min")
    assert behavior.up == Rules(0.0, ())
