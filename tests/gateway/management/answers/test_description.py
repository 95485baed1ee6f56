"""How far a rollout is, and what the scaler left: values."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.management.answers.description import MOST_PODS, decision, description, rollout
from gateway.management.store.surroundings import Surroundings
from shared.service.model import Service


def deployment(wanted: int, generation: int = 1, **status: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": "a-dlp", "generation": generation},
        "spec": {"replicas": wanted},
        "status": {"observedGeneration": 1, **status},
    }


@pytest.mark.parametrize(
    ("given", "complete"),
    [
        (deployment(2, replicas=2, updatedReplicas=2, availableReplicas=2), True),
        (deployment(0), True),
        (deployment(2, 2, replicas=2, updatedReplicas=2, availableReplicas=2), False),
        (deployment(2, replicas=3, updatedReplicas=2, availableReplicas=3), False),
        (deployment(2, replicas=2, updatedReplicas=2, availableReplicas=1), False),
        (deployment(2), False),
        ({"metadata": {"name": "a", "generation": 1}, "spec": {}}, False),
    ],
)
def test_when_a_rollout_is_complete(given: dict[str, Any], complete: bool) -> None:
    assert rollout(given)["complete"] is complete


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "3"])
def test_a_decision_that_cannot_be_read_is_none(text: str) -> None:
    note = {"annotations": {"oscar.grycap.io/scaler-decision": text}}
    assert decision({"metadata": note}) is None


def test_of_many_pods_those_that_fail_and_the_newest_are_told(service: Service) -> None:
    def pod(number: int) -> dict[str, Any]:
        ready = {"type": "Ready", "status": "True" if number else "False"}
        created = f"2026-01-01T00:{number // 60:02}:{number % 60:02}Z"
        metadata = {"name": f"p{number}", "creationTimestamp": created}
        return {"metadata": metadata, "status": {"conditions": [ready]}}

    around = Surroundings([pod(number) for number in range(MOST_PODS + 5)])
    told = description(service, None, {}, around, "now")
    assert told["pods_left_out"] == 5
    assert [one["name"] for one in told["pods"]][:2] == ["p0", "p6"]
    assert told["pods"][-1]["name"] == f"p{MOST_PODS + 4}"
