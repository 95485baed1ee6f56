from __future__ import annotations

import pytest

from gateway.services.spec import Endpoint


@pytest.mark.parametrize(
    ("ready", "terminating", "usable"),
    [(True, False, True), (True, True, False), (False, False, False)],
)
def test_usable_endpoints(ready: bool, terminating: bool, usable: bool) -> None:
    assert Endpoint("1.2.3.4", 80, ready=ready, terminating=terminating).usable is usable


def test_a_mark_is_one_pods_and_tells_nothing() -> None:
    one = Endpoint("10.0.0.1", 8080, "p", uid="u")
    assert one.mark == Endpoint("10.0.0.1", 8080, "p", ready=False, uid="u").mark
    assert len(one.mark) == 32
    others = [
        Endpoint("10.0.0.2", 8080, "p", uid="u"),
        Endpoint("10.0.0.1", 8081, "p", uid="u"),
        Endpoint("10.0.0.1", 8080, "q", uid="u"),
        Endpoint("10.0.0.1", 8080, "p", uid="v"),
    ]
    assert one.mark not in {other.mark for other in others}
