"""What both policies decide without a metric, as Kubernetes 1.36 (reconcileAutoscaler) does. Pure.

A service at 0 replicas stays there, and one outside its minimum and maximum goes back between them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from scaler.decision.reasons import ABOVE_MAXIMUM, BELOW_MINIMUM
from scaler.decision.types import Decision, Observation, action_of, conditions

if TYPE_CHECKING:
    from scaler.decision.policy import Policy


def unchanged(observation: Observation, policy: Policy) -> Decision:
    """A decision that leaves everything as it is."""
    return Decision(
        service=observation.service,
        policy=policy.name,
        current=observation.spec_replicas,
        replicas=observation.spec_replicas,
        valid=True,
        target_pct=policy.target_pct,
    )


def without_metrics(decision: Decision, policy: Policy) -> Decision | None:
    """The decision where no metric is needed: stopped, or outside a new minimum or maximum; else
    None."""
    current = decision.current
    if current == 0:
        return replace(
            decision,
            reasons=("ScalingDisabled",),
            conditions=conditions("SucceededGetScale", active=("False", "ScalingDisabled")),
        )
    if policy.min_replicas <= current <= policy.max_replicas:
        return None
    above = current > policy.max_replicas
    replicas = policy.max_replicas if above else policy.min_replicas
    return replace(
        decision,
        replicas=replicas,
        action=action_of(current, replicas),
        reasons=(ABOVE_MAXIMUM if above else BELOW_MINIMUM,),
        conditions=conditions("SucceededRescale"),
    )
