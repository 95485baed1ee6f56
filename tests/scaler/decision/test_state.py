"""The states of both policies: to and from JSON, and from one policy to the other."""

from __future__ import annotations

import json
from typing import Any

import pytest

from scaler.decision import HPA, RESPONSIVE, Action, Policy, State, decide, restored
from scaler.decision.hpa import state as hpa
from scaler.decision.hpa.state import HpaState
from scaler.decision.responsive import state as responsive
from scaler.decision.responsive.state import DemandReturn, ResponsiveState
from tests.scaler.decision.build import NOW, observe, pods

OF_HPA = HpaState(
    recommendations=(hpa.Recommendation(3, 10.5),),
    ups=(hpa.ScaleEvent(2, 9.0, outdated=True),),
    downs=(hpa.ScaleEvent(1, 8.0),),
)
OF_RESPONSIVE = ResponsiveState(
    recommendations=(responsive.Recommendation(3, 10.5, 4.0),),
    grown=9.0,
    shrunk=8.0,
    burst_until=12.0,
    failures=2,
    ready_times=(3.5, 4.0),
    decided=11.0,
    since=1.0,
    returns=(DemandReturn(300.0, 7.0, 4),),
)
FORMER = {
    "recommendations": [{"replicas": 3, "time": 10.5, "seconds": 4.0}],
    "ups": [{"change": 2, "time": 9.0, "outdated": True}],
    "downs": [{"change": 1, "time": 8.0, "outdated": False}],
    "burst_until": 12.0,
    "failures": 2,
    "ready_times": [3.5, 4.0],
    "decided": 11.0,
    "since": 1.0,
    "returns": [{"gap_s": 300.0, "time": 7.0, "replicas": 4}],
}
"""As versions wrote it in which both policies had one type."""


@pytest.mark.parametrize(
    ("policy", "state"),
    [
        (HPA, OF_HPA),
        (HPA, HpaState()),
        (RESPONSIVE, OF_RESPONSIVE),
        (RESPONSIVE, ResponsiveState()),
    ],
)
def test_what_is_written_is_read_again(policy: str, state: State) -> None:
    assert restored(policy, json.loads(json.dumps(state.to_json()))) == state


def test_what_former_versions_wrote_is_read_as_far_as_it_means_the_same() -> None:
    assert restored(HPA, FORMER) == OF_HPA
    steps_forgotten = ResponsiveState.from_json(
        {**OF_RESPONSIVE.to_json(), "grown": None, "shrunk": None}
    )
    assert restored(RESPONSIVE, FORMER) == steps_forgotten


def test_fields_that_nobody_knows_are_left_out_and_those_that_lack_are_defaults() -> None:
    assert restored(RESPONSIVE, {"failures": 3, "unheard_of": [1]}) == ResponsiveState(failures=3)
    assert restored(HPA, {"unheard_of": [1]}) == HpaState()


@pytest.mark.parametrize(
    ("policy", "broken"),
    [
        (HPA, {"ups": 3}),
        (HPA, {"ups": [{"x": 1}]}),
        (HPA, {"recommendations": [{"replicas": "many", "time": 1.0}]}),
        (HPA, 3),
        (RESPONSIVE, {"ready_times": [None]}),
        (RESPONSIVE, {"recommendations": [{"replicas": "many", "time": 1.0}]}),
        (RESPONSIVE, {"returns": {"gap_s": 1}}),
        (RESPONSIVE, []),
    ],
)
def test_what_is_no_state_is_refused(policy: str, broken: Any) -> None:
    with pytest.raises(ValueError, match=r"state: .*; delete it to begin anew"):
        restored(policy, broken)


@pytest.mark.parametrize(
    ("policy", "strange", "window_s"),
    [
        (HPA, ResponsiveState(recommendations=(responsive.Recommendation(9, NOW, 60.0),)), 300),
        (RESPONSIVE, HpaState(recommendations=(hpa.Recommendation(9, NOW),)), 700),
    ],
)
def test_after_a_change_of_policy_the_size_found_holds_for_one_window(
    policy: str, strange: State, window_s: int
) -> None:
    """What the other one recommended does not: 9 replicas are nobody's need."""
    asked, state = Policy(name=policy), strange
    for second in range(0, window_s, 20):
        now = NOW + second
        decision, state = decide(observe(pods([1] * 4, now=now)), asked, state, now)
        assert (decision.valid, decision.replicas) == (True, 4)
    later = NOW + window_s + 20
    decision, _ = decide(observe(pods([1] * 4, now=later)), asked, state, later)
    assert decision.action is Action.DOWN


@pytest.mark.parametrize("before", [OF_HPA, OF_RESPONSIVE, None])
@pytest.mark.parametrize("after", [OF_HPA, OF_RESPONSIVE])
def test_a_change_that_is_not_written_leaves_no_step_behind(
    before: State | None, after: State
) -> None:
    known = before if type(before) is type(after) else type(after)()
    steps = ("ups", "downs") if isinstance(after, HpaState) else ("grown", "shrunk")
    result = after.not_written(before)
    for name in steps:
        assert getattr(result, name) == getattr(known, name)


def test_what_took_long_to_find_out_is_learnt() -> None:
    assert OF_RESPONSIVE.learnt == (DemandReturn(300.0, 7.0, 4), 3.5, 4.0)
    assert not ResponsiveState(failures=3).learnt
    assert not OF_HPA.learnt
