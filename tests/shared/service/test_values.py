from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from shared.service.values import value


@value
class Point:
    x: int
    y: tuple[int, ...] = ()


def test_values_are_compared_hashed_and_replaced_by_their_fields() -> None:
    assert Point(1, (2,)) == replace(Point(3, (2,)), x=1)
    assert len({Point(1), Point(1), Point(2)}) == 2


def test_a_value_has_no_field_but_its_own() -> None:
    point: Any = Point(1)
    with pytest.raises(AttributeError):
        point.z = 2
