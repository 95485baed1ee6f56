from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson
import pytest

from scaler.control.standing import Standing
from scaler.decision import Condition, PodClass, PodView, Signal
from scaler.report.admin import describe
from scaler.report.leader import Leader, Told, last_decision, leader_of
from scaler.report.stats import ServiceStatus
from shared.service import names
from tests.scaler.report.test_metrics import DECISION

WHOLE = replace(
    DECISION,
    signal=Signal("arrivals", 400, 30, 25.0, 93),
    held_until=7.5,
    pods=(PodView("a-1", PodClass.WARMING, 80, "young"), PodView("a-2", PodClass.READY)),
    conditions=(Condition("AbleToScale", "True", "ReadyForNewScale"),),
)


def answered(status: ServiceStatus) -> Any:
    return orjson.loads(orjson.dumps({"a": describe(status)}))


def test_a_decision_is_read_as_it_was_made() -> None:
    told = last_decision(answered(ServiceStatus(decision=WHOLE, decided=5.0)), "a")
    assert told == Told(WHOLE, 5.0)
    unmarked = ServiceStatus(decision=WHOLE, decided=5.0, unmarked=True)
    assert last_decision(answered(unmarked), "a") == Told(WHOLE, 5.0, unmarked=True)


def test_fields_of_another_version_are_left_out() -> None:
    answer = answered(ServiceStatus(decision=WHOLE, decided=5.0))
    answer["a"]["decision"]["mood"] = "good"
    answer["a"]["decision"]["signal"]["mood"] = "good"
    assert last_decision(answer, "a") == Told(WHOLE, 5.0)


@pytest.mark.parametrize(
    "status",
    [ServiceStatus(), ServiceStatus(Standing.PAUSED, decision=WHOLE), None],
)
def test_what_is_not_decided_at_present_is_none(status: ServiceStatus | None) -> None:
    assert last_decision({} if status is None else answered(status), "a") is None


@pytest.mark.parametrize("answer", [[], {"a": 1}, {"a": {"decision": {"x": 1}}}, {"a": {"b": 1}}])
def test_another_form_is_refused(answer: Any) -> None:
    with pytest.raises(ValueError, match="/decisions has another form"):
        last_decision(answer, "a")


def test_a_leader_that_gave_its_lease_back_is_not_asked() -> None:
    told = {names.SCALER_CONFIG: "{}", names.SCALER_ADMIN: "http://127.0.0.1:8083"}
    lease: dict[str, Any] = {"metadata": {"annotations": told}, "spec": {"holderIdentity": "one"}}
    assert leader_of(lease) == Leader("one", "{}", "http://127.0.0.1:8083")
    lease["spec"] = {"holderIdentity": ""}
    assert leader_of(lease) == Leader("", "{}", "")
