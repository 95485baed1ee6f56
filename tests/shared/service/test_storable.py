"""What cannot be stored is named, wherever it stands."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from shared.service import storable


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ({"a": "b\0"}, ["a: holds the character NUL"]),
        ({"a": [{"b": "\ud800"}]}, ["a[0].b: holds half a pair of surrogates"]),
        ({"a": {"b\0": 1}}, ["a: the key b\\x00 holds the character NUL"]),
        ({"a": {1: 1}}, ["a: the key 1 is not text"]),
        ({"a": float("nan"), "b": float("-inf")}, ["a: is not a finite", "b: is not a finite"]),
        ({"a": Decimal("1" + "0" * 400)}, ["a: is not a finite number"]),
        ({"a": 10**30}, ["a: is a larger number than JSON holds"]),
        ("\0", ["document: holds the character NUL"]),
        ({"a": "ok é 🚀\t\r\n\x1b", "b": [1, -1.5, None, True, 2**63]}, []),
    ],
)
def test_each_is_named(value: Any, told: list[str]) -> None:
    found = storable.problems(value)
    assert len(found) == len(told)
    assert all(one.startswith(start) for one, start in zip(found, told, strict=True))


def test_the_first_ones_are_told_and_paths_are_short() -> None:
    found = storable.problems({"k" * 1000: ["\0"] * 100})
    assert len(found) == storable.MOST
    assert max(map(len, found)) < 150
