"""The one entry to both policies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaler.decision import hpa, responsive
from scaler.decision.policy import HPA

if TYPE_CHECKING:
    from scaler.decision.policy import Policy
    from scaler.decision.state import State
    from scaler.decision.types import Decision, Observation


def decide(
    observation: Observation, policy: Policy, state: State, now: float
) -> tuple[Decision, State]:
    """How many replicas the service should have at `now`, and what to remember.

    Pure: equal arguments give equal results. The returned state supposes that a valid decision is
    carried out; when its write fails, keep the old state and decide again.
    """
    rule = hpa.decide if policy.name == HPA else responsive.decide
    return rule(observation, policy, state, now)
