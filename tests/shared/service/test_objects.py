from __future__ import annotations

from typing import Any

import pytest

from shared.service.objects import (
    annotated_number,
    condition,
    controller_of,
    controller_uid,
    is_true,
    labels_of,
    unix_seconds,
    wanted_replicas,
)


@pytest.mark.parametrize(
    ("spec", "expected"), [({}, 1), ({"replicas": 0}, 0), ({"replicas": 4}, 4)]
)
def test_replicas_default_to_one(spec: dict[str, Any], expected: int) -> None:
    assert wanted_replicas({"spec": spec}) == expected
    assert wanted_replicas({"spec": {"replicas": None}}) == 1


def test_labels_of_what_has_none() -> None:
    assert labels_of(None) == labels_of({}) == labels_of({"metadata": {"labels": None}}) == {}
    assert labels_of({"metadata": {"labels": {"a": "b"}}}) == {"a": "b"}


@pytest.mark.parametrize(
    ("text", "number"), [("0", 0), ("12", 12), ("", None), ("-1", None), ("²", None), ("1.0", None)]
)
def test_a_number_in_an_annotation_is_digits(text: str, number: int | None) -> None:
    assert annotated_number({"metadata": {"annotations": {"n": text}}}, "n") == number
    assert annotated_number(None, "n") is None


def test_a_condition_is_found_by_its_type() -> None:
    ready = {"type": "Ready", "status": "True"}
    unbound = {"type": "PodScheduled", "status": "False"}
    pod = {"status": {"conditions": [unbound, ready]}}
    assert condition(pod, "Ready") is ready
    assert is_true(pod, "Ready")
    assert not is_true(pod, "PodScheduled")
    for none in ({}, {"status": None}, {"status": {"conditions": None}}):
        assert condition(none, "Ready") is None
        assert not is_true(none, "Ready")


def test_the_controller_is_the_owner_that_says_so() -> None:
    owner, controller = {"uid": "1"}, {"uid": "2", "controller": True}
    obj = {"metadata": {"ownerReferences": [owner, controller]}}
    assert (controller_of(obj), controller_uid(obj)) == (controller, "2")
    orphan = {"metadata": {"ownerReferences": [owner]}}
    assert (controller_of(orphan), controller_uid(orphan)) == (None, "")


@pytest.mark.parametrize(
    "text", ["2023-11-14T22:13:20Z", "2023-11-14T22:13:20.000000Z", "2023-11-14T23:13:20+01:00"]
)
def test_times_of_both_precisions_and_any_zone_are_read(text: str) -> None:
    assert unix_seconds(text) == 1_700_000_000


def test_what_is_no_time_is_refused() -> None:
    with pytest.raises(ValueError, match="yesterday"):
        unix_seconds("yesterday")
