"""Conditions keep their times, and a deadline that can pass is known."""

from __future__ import annotations

from shared.embedded.controllers.deployment_status import deadline_in, progressing, with_condition
from shared.embedded.schema.times import timestamp
from shared.service.objects import Obj


def one(conditions: list[Obj]) -> tuple[str, str, str, str]:
    (found,) = conditions
    return (
        found["status"], found["reason"], found["lastUpdateTime"], found["lastTransitionTime"]
    )  # fmt: skip


def test_times_of_a_condition() -> None:
    first = with_condition([], progressing("True", "A", "m"), 10)
    assert one(first) == ("True", "A", timestamp(10), timestamp(10))
    assert with_condition(first, progressing("True", "A", "other"), 20) == first
    again = with_condition(first, progressing("True", "A", "m"), 20, refresh=True)
    assert one(again) == ("True", "A", timestamp(20), timestamp(10))
    reason = with_condition(first, progressing("True", "B", "m"), 20)
    assert one(reason) == ("True", "B", timestamp(20), timestamp(10))
    turned = with_condition(first, progressing("False", "C", "m"), 20)
    assert one(turned) == ("False", "C", timestamp(20), timestamp(20))


def deployment(reason: str, deadline: int | None = 600) -> Obj:
    condition = {"type": "Progressing", "reason": reason, "lastUpdateTime": timestamp(100)}
    spec = {} if deadline is None else {"progressDeadlineSeconds": deadline}
    return {"metadata": {}, "spec": spec, "status": {"conditions": [condition]}}


def test_a_deadline_is_waited_for_while_something_moves() -> None:
    assert deadline_in(deployment("ReplicaSetUpdated"), 100) == 601
    assert deadline_in(deployment("ReplicaSetUpdated"), 5000) == 1
    assert deadline_in(deployment("NewReplicaSetAvailable"), 100) is None
    assert deadline_in(deployment("ProgressDeadlineExceeded"), 100) is None
    assert deadline_in(deployment("ReplicaSetUpdated", None), 100) is None
