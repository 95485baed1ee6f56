"""The one entry to both policies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaler.decision.hpa.decide import decide as hpa
from scaler.decision.policy import HPA
from scaler.decision.responsive.decide import decide as responsive
from scaler.decision.state import State

if TYPE_CHECKING:
    from scaler.decision.policy import Policy
    from scaler.decision.types import Decision, Observation

_SET_BACK_S = 60.0  # what is remembered from later than this after now shows that clocks differ


def decide(
    observation: Observation, policy: Policy, state: State, now: float
) -> tuple[Decision, State]:
    """How many replicas the service should have at `now`, and what to remember.

    Pure: equal arguments give equal results. The returned state supposes that a valid decision is
    carried out; when its write fails, keep the old state and decide again. Where the clock was set
    back, what is remembered from after `now` would hold until then, so all begins anew.
    """
    if state.newest > now + _SET_BACK_S:
        state = State(ready_times=state.ready_times)
    rule = hpa if policy.name == HPA else responsive
    return rule(observation, policy, state, now)
