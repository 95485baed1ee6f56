"""Policy `hpa`: what the HorizontalPodAutoscaler of Kubernetes 1.36 decides, quirks included. Pure.

Source: kubernetes/pkg/controller/podautoscaler/horizontal.go (reconcileAutoscaler).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from scaler.decision import bounds
from scaler.decision.hpa import limits
from scaler.decision.hpa.calculator import MetricsError, Proposal, propose
from scaler.decision.hpa.stabilisation import stabilise, stabilise_legacy
from scaler.decision.hpa.state import HpaState, Recommendation
from scaler.decision.types import (
    Action,
    Decision,
    Observation,
    PodView,
    action_of,
    conditions,
)
from shared.service.values import value

if TYPE_CHECKING:
    from scaler.decision.policy import Policy

BELOW_TARGET = "All metrics below target"


@value
class _Outcome:
    """A number on its way to the decision, with the names of what changed it."""

    stabilised: int
    replicas: int
    able: str
    limit: str


def decide(
    observation: Observation, policy: Policy, state: HpaState, now: float
) -> tuple[Decision, HpaState]:
    """The HPA's answer and its memory."""
    current = observation.spec_replicas
    if state.recommendations is None:
        state = replace(state, recommendations=(Recommendation(current, now),))
    blank = bounds.unchanged(observation, policy)
    if decision := bounds.without_metrics(blank, policy):
        return decision, _remember(decision, policy, state, now)
    try:
        proposal = propose(observation, policy, now)
    except MetricsError as error:
        return _failed(blank, policy, error), state
    outcome, state = _normalise(current, proposal.replicas, policy, state, now)
    decision = _explain(blank, observation, policy, proposal, outcome, now)
    return decision, _remember(decision, policy, state, now)


def _failed(blank: Decision, policy: Policy, error: MetricsError) -> Decision:
    metric = "ContainerResource" if policy.hpa.container is not None else "Resource"
    return replace(
        blank,
        valid=False,
        reasons=(f"FailedGet{metric}Metric",),
        conditions=conditions("SucceededGetScale", active=("False", f"FailedGet{metric}Metric")),
        error=str(error),
    )


def _normalise(
    current: int, desired: int, policy: Policy, state: HpaState, now: float
) -> tuple[_Outcome, HpaState]:
    """Windows, then rates, then minimum and maximum."""
    options = policy.hpa
    history = state.recommendations or ()
    low, high = policy.min_replicas, policy.max_replicas
    if options.behavior is None:
        stable, history = stabilise_legacy(history, desired, options.stabilization_s, now)
        replicas, limit = limits.clamp_legacy(
            current, stable, low, high, options.up_factor, options.up_minimum
        )
        able = "ScaleDownStabilized"
    else:
        up, down = options.behavior.up, options.behavior.down
        stable, history = stabilise(history, current, desired, up.window_s, down.window_s, now)
        replicas, limit = limits.clamp_rates(
            current, stable, low, high, options.behavior, state.ups, state.downs, now
        )
        able = "ScaleUpStabilized" if desired >= current else "ScaleDownStabilized"
    outcome = _Outcome(stable, replicas, able if stable != desired else "ReadyForNewScale", limit)
    return outcome, replace(state, recommendations=history)


def _explain(
    blank: Decision,
    observation: Observation,
    policy: Policy,
    proposal: Proposal,
    outcome: _Outcome,
    now: float,
) -> Decision:
    action = action_of(blank.current, outcome.replicas)
    able = outcome.able if action is Action.NONE else "SucceededRescale"
    limited = "False" if outcome.replicas == outcome.stabilised else "True"
    bit = [outcome.able] if outcome.able != "ReadyForNewScale" else []
    bit += [outcome.limit] if limited == "True" else []
    reasons = {Action.NONE: (), Action.UP: (_above(policy),), Action.DOWN: (BELOW_TARGET,)}[action]
    return replace(
        blank,
        replicas=outcome.replicas,
        action=action,
        raw=proposal.replicas,
        stabilised=outcome.stabilised,
        limited=outcome.replicas,
        utilisation_pct=proposal.utilisation.percent,
        average_usage_m=proposal.utilisation.average_m,
        base_m=sum(proposal.requests.values()) // len(proposal.requests),
        sample_age_s=now - min(usage.sample.time for usage in proposal.usages.values()),
        reasons=(*reasons, *bit),
        limits=tuple(bit),
        pods=_views(observation, proposal),
        conditions=conditions(
            able, active=("True", "ValidMetricFound"), limited=(limited, outcome.limit)
        ),
    )


def _above(policy: Policy) -> str:
    source = "cpu" if policy.hpa.container is None else "cpu container"
    return f"{source} resource utilization (percentage of request) above target"


def _views(observation: Observation, proposal: Proposal) -> tuple[PodView, ...]:
    return tuple([_view(pod.name, proposal) for pod in observation.pods])


def _view(name: str, proposal: Proposal) -> PodView:
    usage, request_m = proposal.usages.get(name), proposal.requests[name]
    share = usage.value_m * 100 // request_m if usage and request_m else None
    return PodView(name, proposal.classes[name], share)


def _remember(decision: Decision, policy: Policy, state: HpaState, now: float) -> HpaState:
    """Scale events feed the rates, which exist only with `behavior`."""
    behavior = policy.hpa.behavior
    if behavior is None or decision.action is Action.NONE:
        return state
    change = decision.replicas - decision.current
    if change > 0:
        return replace(state, ups=limits.record_change(state.ups, change, behavior.up, now))
    return replace(state, downs=limits.record_change(state.downs, -change, behavior.down, now))
