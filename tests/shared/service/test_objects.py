from __future__ import annotations

from typing import Any

import pytest

from shared.service.objects import annotated_number, labels_of, wanted_replicas


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
