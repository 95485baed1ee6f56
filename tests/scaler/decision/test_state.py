"""The state to and from JSON."""

from __future__ import annotations

import json

import pytest

from scaler.decision.state import Recommendation, Return, ScaleEvent, State


def test_what_is_written_is_read_again() -> None:
    state = State(
        recommendations=(Recommendation(3, 10.5, 4.0),),
        ups=(ScaleEvent(2, 9.0, outdated=True),),
        downs=(ScaleEvent(1, 8.0),),
        burst_until=12.0,
        failures=2,
        ready_times=(3.5, 4.0),
        decided=11.0,
        returns=(Return(300.0, 7.0, 4),),
    )
    assert State.from_json(json.loads(json.dumps(state.to_json()))) == state


def test_a_newcomer_and_another_version_are_read() -> None:
    assert State.from_json(State().to_json()) == State()
    assert State.from_json({"failures": 3, "unheard_of": [1]}) == State(failures=3)


@pytest.mark.parametrize("broken", [{"ups": 3}, {"ups": [{"x": 1}]}, {"ready_times": [None]}])
def test_what_is_no_state_is_refused(broken: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"state: .*; delete it to begin anew"):
        State.from_json(broken)
