"""Policy `responsive`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaler.decision.types import Decision, Observation

if TYPE_CHECKING:
    from scaler.decision.policy import Policy
    from scaler.decision.state import State


def decide(
    observation: Observation, policy: Policy, state: State, now: float
) -> tuple[Decision, State]:
    """Holds the size for now."""
    current = observation.spec_replicas
    return Decision(observation.service, policy.name, current, current, valid=False), state
