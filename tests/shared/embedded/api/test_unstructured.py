"""Why a patched object is none of its kind."""

from __future__ import annotations

from typing import Any

import pytest

from shared.embedded import declarations
from shared.embedded.api import unstructured
from shared.embedded.kinds import DEPLOYMENT


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"spec": {"replicas": 1}}, ""),
        ({"spec": {"replicas": "x"}}, "unrecognized type: int32"),
        ({"spec": {"template": {"spec": {"containers": {}}}}}, "cannot restore slice from map"),
        ({"metadata": {"labels": "x"}}, "cannot restore map from string"),
        ({"spec": [1]}, "cannot restore struct from: slice"),
        ({"spec": {"replicas": None}}, ""),
    ],
)
def test_problems(value: Any, expected: str) -> None:
    assert unstructured.problem(value, declarations.of(DEPLOYMENT).schema) == expected
