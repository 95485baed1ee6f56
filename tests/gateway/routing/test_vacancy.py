"""What is told to requests that find no pod."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.limits import Limits
from gateway.routing.vacancy import (
    NOBODY_HEARS,
    disabled,
    is_hopeless,
    remaining,
    retry_after,
    starting,
    timed_out,
)
from gateway.services.spec import Endpoint
from gateway.services.state import ServiceState
from gateway.stats import ServiceStats
from shared.service.progress import Phase, Progress

LOADING = Endpoint("127.0.0.2", 80, "pod", ready=False)
PULLING = Progress("a", Phase.PULLING, "pulling the image", usual_s=30.0, pods=1)


def vacant(seconds: float, now: float = 100.0) -> ServiceState:
    """A service for which requests have found no pod for so long, at `now`."""
    state = ServiceState("a", ServiceStats(), Limits(), lambda: 0.0, 0.0)
    state.vacant = now - seconds
    return state


def test_how_far_a_start_is_as_far_as_the_gateway_sees() -> None:
    assert starting(vacant(0.0), 100.0, 60.0, 0).detail == "there is no pod yet"
    assert starting(vacant(60.0), 100.0, 60.0, 0).seconds == 60.0
    assert starting(vacant(60.1), 100.0, 60.0, 0).reason == "no_ready_pod"
    assert starting(vacant(90.0), 100.0, 0.0, 0).reason == "starting"
    state = vacant(10.0)
    state.balancer.update([LOADING], 60.0)
    refusal = starting(state, 100.0, 60.0, 0)
    assert (refusal.reason, refusal.seconds) == ("starting", 40.0)
    assert "readiness" in refusal.detail
    state.vacant = 39.9
    assert starting(state, 100.0, 60.0, 0).reason == "not_ready"


def test_what_the_scaler_says_is_told_however_long_it_takes() -> None:
    state = vacant(90.0)
    state.progress = PULLING
    refusal = starting(state, 100.0, 60.0, 1)
    assert (refusal.reason, refusal.detail) == ("starting", "pulling the image")
    assert (refusal.progress, refusal.retry_after) == (PULLING, 0)
    state.vacant = 80.0
    assert starting(state, 100.0, 60.0, 1).retry_after == 10
    assert starting(state, 100.0, 60.0, 0).progress is None  # nobody would say it anew


def test_why_no_pod_came_in_time() -> None:
    state = vacant(300.0)
    assert timed_out(state, 100.0, 300.0, 0).detail == NOBODY_HEARS
    assert timed_out(state, 100.0, 300.0, 1).detail == "there is none"
    state.progress = replace(PULLING, usual_s=400.0)
    refusal = timed_out(state, 100.0, 300.0, 1)
    assert (refusal.reason, refusal.detail) == ("no_ready_pod", "pulling the image")
    assert refusal.retry_after == 100
    state.balancer.update([LOADING], 0.0)
    assert timed_out(state, 100.0, 300.0, 1).status == 503
    state.progress = Progress("a", Phase.STARTING, usual_s=400.0)
    assert timed_out(state, 100.0, 300.0, 1).reason == "no_ready_pod"
    state.progress = Progress("a", Phase.STARTING, usual_s=None)
    assert timed_out(state, 100.0, 300.0, 1).reason == "not_ready", "it may listen elsewhere"
    state.progress = Progress("a", Phase.CRASHING)
    assert timed_out(state, 100.0, 300.0, 1).reason == "not_ready"
    state.balancer.update([replace(LOADING, ready=True)], 100.0)
    assert timed_out(state, 100.0, 300.0, 1).reason == "queue_timeout"


def test_a_size_of_zero_is_believed_while_no_pod_is_seen() -> None:
    assert not vacant(0.0).is_off
    state = vacant(0.0)
    state.progress = Progress("a", Phase.DISABLED, "scaling is paused")
    assert disabled(state).detail == "scaling is paused"
    for pods, off in (([], True), ([replace(LOADING, terminating=True)], True), ([LOADING], False)):
        state.balancer.update(pods, 0.0)
        assert state.is_off is off


def test_a_pod_that_has_not_become_ready_for_long_is_given_up() -> None:
    state = vacant(0.0)
    assert not is_hopeless(state, 100.0, 60.0)
    state.balancer.update([LOADING], 30.0)
    assert is_hopeless(state, 100.0, 60.0)
    assert not is_hopeless(state, 100.0, 70.0)
    assert not is_hopeless(state, 100.0, 0.0)
    state.progress = replace(PULLING, usual_s=80.0)
    assert not is_hopeless(state, 100.0, 60.0)
    assert is_hopeless(state, 110.1, 60.0)


@pytest.mark.parametrize(
    ("usual", "waited", "after"),
    [(None, 1.0, 0), (30.0, 0.0, 30), (30.0, 12.5, 18), (30.0, 29.9, 1), (30.0, 31.0, 0)],
)
def test_when_to_ask_again(usual: float | None, waited: float, after: int) -> None:
    assert retry_after(Progress("a", Phase.STARTING, usual_s=usual), waited) == after


def test_what_remains_of_a_limit() -> None:
    assert remaining(300.0, 100.0) == 200.0
    assert 0.0 < remaining(300.0, 400.0) < 0.1
    assert remaining(0.0, 400.0) == 0.0
