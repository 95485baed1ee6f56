from __future__ import annotations

import pytest

from gateway.services.spec import Endpoint


@pytest.mark.parametrize(
    ("ready", "terminating", "usable"),
    [(True, False, True), (True, True, False), (False, False, False)],
)
def test_usable_endpoints(ready: bool, terminating: bool, usable: bool) -> None:
    assert Endpoint("1.2.3.4", 80, ready=ready, terminating=terminating).usable is usable
