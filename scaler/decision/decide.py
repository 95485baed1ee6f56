"""The one entry to both policies, and to what they have stored. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scaler.decision.hpa.decide import decide as hpa
from scaler.decision.hpa.state import HpaState
from scaler.decision.policy import HPA
from scaler.decision.responsive.decide import decide as responsive
from scaler.decision.responsive.state import ResponsiveState

if TYPE_CHECKING:
    from scaler.decision.policy import Policy
    from scaler.decision.state import State
    from scaler.decision.types import Decision, Observation

_SET_BACK_S = 60.0  # what is remembered from later than this after now shows that clocks differ


def decide(
    observation: Observation, policy: Policy, state: State | None, now: float
) -> tuple[Decision, State]:
    """How many replicas the service should have at `now`, and what to remember.

    Equal arguments give equal results. The returned state supposes that a valid decision is
    carried out; when its write fails, keep the old state and decide again. A state of the other
    policy counts as none. Where the clock was set back, what is remembered from after `now` would
    hold until then, so all begins anew.
    """
    if state is not None and state.newest > now + _SET_BACK_S:
        state = state.after_clock_reset()
    if policy.name == HPA:
        return hpa(observation, policy, state if isinstance(state, HpaState) else HpaState(), now)
    own = state if isinstance(state, ResponsiveState) else ResponsiveState()
    return responsive(observation, policy, own, now)


def restored(policy: str, data: Any) -> State:
    """The state that the policy of this name gave as JSON.

    Raises ValueError when `data` has another form.
    """
    kind = HpaState if policy == HPA else ResponsiveState
    try:
        return kind.from_json(data)
    except (TypeError, KeyError, AttributeError, ValueError) as error:
        raise ValueError(f"state: {error}; delete it to begin anew") from error
