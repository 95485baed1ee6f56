"""Values as Go prints them."""

from __future__ import annotations

from typing import Any

import pytest

from shared.embedded.api import golang


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"b": 1, "a": ["x", None]}, "map[a:[x <nil>] b:1]"),
        ({}, "map[]"),
        ([True, 1.5, "two words"], "[true 1.5 two words]"),
    ],
)
def test_values_are_shown_as_by_fmt(value: Any, expected: str) -> None:
    assert golang.shown(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [({}, "object"), ([], "array"), ("", "string"), (True, "bool"), (1, "number"), (1.5, "number")],
)
def test_json_types_have_the_names_of_go(value: Any, expected: str) -> None:
    assert golang.json_type(value) == expected
