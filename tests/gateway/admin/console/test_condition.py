"""States in words."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.admin.console.condition import condition, system
from gateway.admin.console.history import Track
from shared.service.progress import Phase, Progress
from tests.gateway.admin.console.scene import pod, service

READY = service({"a:1": pod("a-1-x")})
OUT = service({"a:1": pod("a-1-x") | {"ejected": True}})
BESIDE = service({"a:1": pod("a-1-x"), "b:1": pod("a-1-y") | {"ejected": True}})
STARTS = service({"a:1": pod("a-1-x", unready=True)})
ENDS = service({"a:1": pod("a-1-x", ends=True)})
HELD = READY | {"endpoints": {"ready": 0, "held": 2}}
NONE = service({})


def said(phase: Phase, words: str = "") -> Progress:
    return Progress("a", phase, words)


@pytest.mark.parametrize(
    ("numbers", "progress", "told", "state", "words"),
    [
        (READY, None, True, "ready", ""),
        (READY, said(Phase.STARTING), True, "ready", ""),
        (BESIDE, None, True, "ready", "1 of 2 pods left out"),
        (OUT, None, True, "failing", "left out"),
        (HELD, None, True, "failing", "are kept"),
        (NONE | {"stopped": True}, None, True, "stopped", "definition"),
        (NONE, said(Phase.STOPPED, "the service is stopped"), True, "stopped", "is stopped"),
        (NONE, said(Phase.DISABLED, "it is at 0 replicas"), True, "stopped", "0 replicas"),
        (NONE, said(Phase.ASLEEP), True, "asleep", "the next request wakes it"),
        (NONE | {"waiting": 1}, said(Phase.ASLEEP, "it is asked to wake"), True, "asleep", "asked"),
        (NONE, said(Phase.PULLING, "pulling the image"), True, "starting", "pulling"),
        (NONE, said(Phase.SCHEDULING), True, "starting", "it is scheduling"),
        (STARTS, said(Phase.CRASHING, "exit code 1"), True, "failing", "exit code 1"),
        (NONE, said(Phase.UNSCHEDULABLE, "no node has 64 CPU"), True, "failing", "64 CPU"),
        (STARTS, None, False, "starting", "readiness probe"),
        (STARTS, said(Phase.ASLEEP), False, "starting", "readiness probe"),
        (NONE, None, True, "starting", "no pod yet"),
        (NONE, None, False, "failing", "no scaler"),
        (ENDS, said(Phase.ASLEEP), False, "failing", "no scaler"),
    ],
)
def test_each_state(
    numbers: dict[str, Any], progress: Progress | None, told: bool, state: str, words: str
) -> None:
    found, why = condition(numbers, None, progress, told=told)
    assert found == state
    assert words in why


@pytest.mark.parametrize(
    ("requests", "errors", "state"),
    [(100, 0, "ready"), (100, 3, "ready"), (100, 4, "ready"), (60, 4, "failing"), (1, 1, "failing"),
     (40, 2, "ready")],
)  # fmt: skip
def test_a_service_fails_by_the_share_of_a_minutes_requests(
    requests: int, errors: int, state: str
) -> None:
    track = Track()
    track.values.extend((requests, errors, *[0.0] * 10))
    found, why = condition(READY, track, None, told=True)
    assert found == state
    assert why == (
        f"{errors} of {requests} requests in the last minute failed" * (state != "ready")
    )


def test_the_services_api_fails_without_an_address_and_requests_to_nobody_never_do() -> None:
    assert system(READY, None, pods=True) == ("ready", "")
    assert system({"endpoints": {"ready": 0}}, None, pods=True)[0] == "failing"
    assert system({}, None, pods=False) == ("ready", "")
