from __future__ import annotations

from typing import Any

import pytest

from shared.service.objects import wanted_replicas


@pytest.mark.parametrize(
    ("spec", "expected"), [({}, 1), ({"replicas": 0}, 0), ({"replicas": 4}, 4)]
)
def test_replicas_default_to_one(spec: dict[str, Any], expected: int) -> None:
    assert wanted_replicas({"spec": spec}) == expected
    assert wanted_replicas({"spec": {"replicas": None}}) == 1
