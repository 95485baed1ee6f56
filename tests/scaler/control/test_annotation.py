from __future__ import annotations

import json
from dataclasses import replace

import pytest

from scaler.control.annotation import ANNOTATION, MAX_ANNOTATION, annotation, recall, restore
from scaler.decision import HPA, RESPONSIVE, Action, Decision, Signal
from scaler.decision.responsive.state import Recommendation, ResponsiveState
from tests.scaler.objects import NOW, deployment

DECISION = Decision(
    service="a", policy=RESPONSIVE, current=2, replicas=4, valid=True, action=Action.UP, raw=5,
    utilisation_pct=190, target_pct=80, reasons=("Burst",), limits=("ScaleUpLimit",),
    signal=Signal("cpu", 380), held_until=NOW + 9,
)  # fmt: skip
STATE = ResponsiveState(recommendations=(Recommendation(5, NOW - 10),), failures=1)


def test_the_annotation_tells_the_decision_and_gives_the_state_back() -> None:
    text = annotation(DECISION, STATE, NOW)
    told = json.loads(text)
    assert (told["from"], told["to"], told["action"], told["raw"]) == (2, 4, "ScaleUp", 5)
    assert told["reasons"] == ["Burst"]
    assert told["limits"] == ["ScaleUpLimit"]
    assert told["signal"]["name"] == "cpu"
    assert told["held_until"] == "2027-01-15T08:00:09.000+00:00"
    assert told["time"] == "2027-01-15T08:00:00.000+00:00"
    assert recall(deployment("a", 4, annotations={ANNOTATION: text}), RESPONSIVE) == STATE


def test_a_restored_state_takes_the_size_found_as_recommended_now() -> None:
    found = deployment("a", 7, annotations={ANNOTATION: annotation(DECISION, STATE, NOW)})
    state = restore(found, RESPONSIVE, NOW + 3600)
    assert state == replace(
        STATE, recommendations=(Recommendation(5, NOW - 10), Recommendation(7, NOW + 3600))
    )


def test_what_another_policy_remembered_begins_anew() -> None:
    found = deployment("a", 7, annotations={ANNOTATION: annotation(DECISION, STATE, NOW)})
    assert restore(found, HPA, NOW) is None


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "[]", "{}", "3", '{"state": 3}', '{"state": {"ups": [1]}}'),
        '{"policy": "responsive", "state": {"recommendations": [1]}}',
        '{"policy": "responsive", "state": 3}',
        '{"policy": "responsive"}',
    ],
)
def test_what_is_no_annotation_of_ours_begins_anew(text: str) -> None:
    assert restore(deployment("a", 7, annotations={ANNOTATION: text}), RESPONSIVE, NOW) is None


def test_a_state_that_is_too_long_is_left_out() -> None:
    long = ResponsiveState(recommendations=tuple(Recommendation(1, NOW) for _ in range(2000)))
    text = annotation(DECISION, long, NOW)
    assert len(text) < MAX_ANNOTATION
    assert "state" not in json.loads(text)
