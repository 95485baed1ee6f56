"""Classes of priority and of runtimes: what a pod is given and refused."""

from __future__ import annotations

from typing import Any

import pytest

from shared.embedded.api.pod_admission import admit
from shared.embedded.errors import StatusError


def pod(**spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": "p"}, "spec": spec}


@pytest.mark.parametrize(
    ("spec", "priority"),
    [({}, None), ({"priority": 0}, 0), ({"priorityClassName": "system-node-critical"}, 2000001000)],
)
def test_priorities(spec: dict[str, Any], priority: int | None) -> None:
    given = pod(**spec)
    admit(given)
    assert given["spec"].get("priority") == priority


def test_a_stored_class_says_what_its_pods_get() -> None:
    given = pod(priorityClassName="ours")
    admit(given, {"value": 7, "preemptionPolicy": "Never"})
    assert (given["spec"]["priority"], given["spec"]["preemptionPolicy"]) == (7, "Never")
    with pytest.raises(StatusError, match="computed 7 from"):
        admit(pod(priorityClassName="ours", priority=5), {"value": 7})


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        ({"priorityClassName": "nope"}, "no PriorityClass with name nope was found"),
        (
            {"priority": 5},
            "the integer value of priority (5) must not be provided in pod spec; priority "
            "admission controller computed 0 from the given PriorityClass name",
        ),
        (
            {"preemptionPolicy": "Never"},
            "the string value of PreemptionPolicy (Never) must not be provided in pod spec; "
            "priority admission controller computed PreemptLowerPriority from the given "
            "PriorityClass name",
        ),
        ({"runtimeClassName": "x"}, 'pod rejected: RuntimeClass "x" not found'),
    ],
)
def test_what_is_refused(spec: dict[str, Any], why: str) -> None:
    with pytest.raises(StatusError) as caught:
        admit(pod(**spec))
    assert (caught.value.code, caught.value.message) == (403, f'pods "p" is forbidden: {why}')
