from __future__ import annotations

import json
from typing import Any

import pytest

from gateway.management.objects.spans import grace, progress_deadline
from shared.service.model import Expose

EXPOSE = Expose(api_port=(5000,))


def deployment(has: int | None = 30, note: object = None) -> dict[str, Any]:
    noted = {} if note is None else {"oscar.grycap.io/scaler-decision": note}
    spec = {} if has is None else {"terminationGracePeriodSeconds": has}
    return {"metadata": {"annotations": noted}, "spec": {"template": {"spec": spec}}}


def longest(seconds: object) -> str:
    return json.dumps({"longest_request_s": seconds})


@pytest.mark.parametrize(
    ("live", "same", "anew"),
    [
        (None, 30, 30),
        (deployment(None), 30, 30),
        (deployment(30, longest(5)), 30, 30),
        (deployment(30, longest(28.5)), 30, 60),
        (deployment(30, longest(200)), 30, 300),
        (deployment(30, longest(10**6)), 30, 3600),
        (deployment(600, longest(3)), 600, 600),
        (deployment(600), 600, 600),
        (deployment(30, "{"), 30, 30),
        (deployment(30, "[]"), 30, 30),
        (deployment(30, longest("x")), 30, 30),
        (deployment(30, longest(None)), 30, 30),
        (deployment(30, longest(-5)), 30, 30),
    ],
)
def test_a_pod_has_time_for_the_longest_request_when_it_is_made_anew(
    live: dict[str, Any] | None, same: int, anew: int
) -> None:
    assert grace(EXPOSE, live) == same
    assert grace(EXPOSE, live, anew=True) == anew


def test_what_the_definition_says_holds() -> None:
    said = Expose(api_port=(5000,), grace=7)
    assert grace(said, deployment(600, longest(3000)), anew=True) == 7


def test_a_rollout_waits_for_longer_than_a_start() -> None:
    assert progress_deadline(EXPOSE) == 1200
    assert progress_deadline(Expose(api_port=(5000,), startup_timeout=3600)) == 4200
