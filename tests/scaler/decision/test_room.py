"""Growth ends where no node has room, and goes on by itself."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scaler.decision import Action, Decision, Pod
from scaler.decision.room import BOUND_S, shortage, within_room

NOW = 1_800_000_000.0
WAITS = Pod(
    "p1",
    phase="Pending",
    ready=None,
    waiting="Unschedulable",
    waiting_since=NOW - BOUND_S - 1,
    shortage="no node has 1 GPU free",
)
GROWS = Decision("a", "hpa", 2, 5, True, Action.UP, raw=5, reasons=("AboveTarget",))


def test_pods_that_wait_for_long_tell_what_is_short() -> None:
    assert shortage([Pod("p0"), WAITS], NOW) == "no node has 1 GPU free"
    longest = replace(WAITS, waiting_since=NOW - 900, shortage="no node has 4Gi memory free")
    assert shortage([WAITS, longest], NOW) == "no node has 4Gi memory free"
    assert shortage([replace(WAITS, shortage="")], NOW) == "no node has room"


@pytest.mark.parametrize(
    "pod",
    [
        replace(WAITS, waiting_since=NOW - BOUND_S),
        replace(WAITS, waiting_since=None),
        replace(WAITS, deleted=True),
        replace(WAITS, waiting="ImagePullBackOff"),
        Pod("p1"),
    ],
    ids=["not long enough", "unknown", "going", "an image", "ready"],
)
def test_others_do_not(pod: Pod) -> None:
    assert shortage([pod], NOW) == ""


def test_growth_stops_and_says_why() -> None:
    decision = within_room(GROWS, "no node has 1 GPU free")
    assert (decision.replicas, decision.action) == (2, Action.NONE)
    assert decision.reasons == ("AboveTarget", "Unschedulable")
    assert decision.limits == ("Unschedulable",)
    assert decision.cause == "no node has 1 GPU free"
    assert decision.raw == 5, "what is needed is still told"


def test_shrinking_goes_on_and_without_a_shortage_nothing_changes() -> None:
    shrinks = replace(GROWS, replicas=1, action=Action.DOWN)
    assert within_room(shrinks, "no node has 1 GPU free").replicas == 1
    assert within_room(GROWS, "") is GROWS
