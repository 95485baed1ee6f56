from __future__ import annotations

from typing import Any

import pytest

from gateway.management.objects.scale import born, born_stopped, corrected, start, stop

STOPPED = "oscar.grycap.io/stopped"
PREVIOUS = "oscar.grycap.io/previous-replicas"
ASLEEP = "oscar.grycap.io/asleep-since"
OWNED: dict[str, Any] = {"managedFields": [{"fieldsV1": {"f:spec": {"f:replicas": {}}}}]}


def deployment(replicas: int, *, owned: bool = False, **marks: str) -> dict[str, Any]:
    names = {"stopped": STOPPED, "previous": PREVIOUS, "asleep": ASLEEP}
    annotations = {names[key]: text for key, text in marks.items()}
    return {
        "metadata": {"annotations": annotations, **(OWNED if owned else {})},
        "spec": {"replicas": replicas},
    }


def test_a_new_deployment_gets_its_size() -> None:
    assert born("d", 3)["spec"] == {"replicas": 3}
    assert born_stopped()["spec"] == {"replicas": 0}


@pytest.mark.parametrize(
    ("found", "stopped", "replicas"),
    [
        (deployment(4), False, None),
        (deployment(1), False, 2),  # nobody gave it a size: a create died before it did
        (deployment(1, owned=True), False, None),  # somebody did
        (deployment(0), False, None),  # somebody scaled it to none, and the scaler sees to that
        (deployment(0, stopped="true", previous="4"), False, 4),  # a start that died
        (deployment(0, stopped="true"), False, 2),
        (deployment(0, stopped="true", previous="many"), False, 2),
        (deployment(5, stopped="true", previous="3"), False, 5),  # kubectl rollout undo
        (deployment(4), True, 0),  # a stop that died
        (deployment(0), True, 0),
        (deployment(4, stopped="true", previous="3"), True, 0),
        (deployment(0, stopped="true", previous="4"), True, None),
        (deployment(0, asleep="2026-01-01T00:00:00Z"), False, None),  # the scaler's, too
        (deployment(0, asleep="2026-01-01T00:00:00Z"), True, 0),
    ],
)
def test_whether_there_are_pods_is_as_the_definition_is_marked(
    found: dict[str, Any], stopped: bool, replicas: int | None
) -> None:
    body = corrected(found, 2, stopped=stopped)
    if replicas is None:
        assert body == {}
        return
    assert body["spec"] == {"replicas": replicas}
    if found["spec"]["replicas"] and stopped:
        assert body["metadata"]["annotations"][PREVIOUS] == str(found["spec"]["replicas"])


def test_a_stop_and_a_start_end_the_sleep() -> None:
    """The size of before an earlier stop says nothing of one that slept since."""
    asleep = deployment(0, asleep="2026-01-01T00:00:00Z", previous="9")
    assert stop(asleep)["metadata"]["annotations"] == {
        STOPPED: "true",
        PREVIOUS: None,
        ASLEEP: None,
    }
    assert start(asleep, 2) == {
        "metadata": {"annotations": {STOPPED: "false", ASLEEP: None}},
        "spec": {"replicas": 2},
    }
    assert start(asleep, 2, woken=3)["spec"] == {"replicas": 3}
    assert start(asleep, 2, woken=1)["spec"] == {"replicas": 2}
    assert start(deployment(0, previous="9"), 2, woken=3)["spec"] == {"replicas": 9}
