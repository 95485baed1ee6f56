"""Policy `responsive`: the same target as an HPA, approached faster and left more carefully. Pure.

Each rule is a function; the name it puts into `reasons` is the name of the rule.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from scaler.decision import bounds
from scaler.decision.reasons import DOWN_LIMIT, TOO_FEW, TOO_MANY, UP_LIMIT, WITHIN_RANGE
from scaler.decision.responsive import history, learning, steps
from scaler.decision.responsive.demand import Demand, measure
from scaler.decision.responsive.needs import Need, need_of
from scaler.decision.types import Action, Decision, Observation, action_of, conditions

if TYPE_CHECKING:
    from scaler.decision.policy import Policy
    from scaler.decision.responsive.state import ResponsiveState

_WAITS = {"DownWindow", "RecentGrowth"}
_BOUNDS = {
    "UpStep": UP_LIMIT,
    "DownStep": DOWN_LIMIT,
    "DownPeriod": DOWN_LIMIT,
    TOO_FEW: TOO_FEW,
    TOO_MANY: TOO_MANY,
}
"""The reason of the condition ScalingLimited, by the limit that bit last."""


def decide(
    observation: Observation, policy: Policy, state: ResponsiveState, now: float
) -> tuple[Decision, ResponsiveState]:
    """The policy's answer and its memory."""
    state = learning.begin(observation, policy, state, now)
    blank = bounds.unchanged(observation, policy)
    if decision := bounds.without_metrics(blank, policy):
        return decision, state
    demand = measure(observation, policy, learning.warm_up(policy, state), now)
    blank = _with_measure(blank, demand, now)
    need = need_of(observation, policy, demand, now)
    if need is None:
        return _without_samples(blank, observation, policy, demand, state, now)
    return _decide(blank, policy, demand, need, replace(state, failures=0), now)


def _with_measure(blank: Decision, demand: Demand, now: float) -> Decision:
    if not demand.measured:
        return replace(blank, pods=demand.views)
    return replace(
        blank,
        pods=demand.views,
        utilisation_pct=demand.used_m * 100 // demand.base_m,
        average_usage_m=demand.used_m // demand.measured,
        sample_age_s=now - demand.oldest,
    )


def _without_samples(
    blank: Decision,
    observation: Observation,
    policy: Policy,
    demand: Demand,
    state: ResponsiveState,
    now: float,
) -> tuple[Decision, ResponsiveState]:
    """Nothing is known: hold, or step up on overload or a long outage; never down."""
    lost = bool(observation.metrics_error) or demand.missing > 0
    state = replace(state, failures=state.failures + 1 if lost else 0)
    error = observation.metrics_error or "no ready pod has a usable sample"
    for replicas, reason in (
        (_overload_step(blank.current, policy, demand, state, now), "Overload"),
        (_fallback(policy, state), "Fallback"),
    ):
        wanted = min(replicas, policy.max_replicas)
        if wanted > blank.current:
            decision = _finish(
                blank, Need(replicas, (reason,)), replicas, wanted, wanted, (), error
            )
            return decision, state.stepped(wanted - blank.current, now)
    failed = replace(
        blank,
        valid=False,
        reasons=("NoUsableSamples",),
        conditions=conditions("SucceededGetScale", active=("False", "FailedGetPodMetrics")),
        error=error,
    )
    return failed, state


def _overload_step(
    current: int, policy: Policy, demand: Demand, state: ResponsiveState, now: float
) -> int:
    """No pod is ready, yet their CPU is high: a bounded step, then a pause to see it work."""
    waited = state.grown is None or now - state.grown >= policy.overload_period_s
    if not demand.overloaded or demand.serving or not waited:
        return 0
    return current + max(1, current * policy.overload_step_pct // 100)


def _fallback(policy: Policy, state: ResponsiveState) -> int:
    """Replicas to have when the source has failed for long, if the operator named a number."""
    if policy.fallback_replicas is None or state.failures < policy.fallback_after:
        return 0
    return policy.fallback_replicas


def _decide(
    blank: Decision, policy: Policy, demand: Demand, need: Need, state: ResponsiveState, now: float
) -> tuple[Decision, ResponsiveState]:
    """Minimum, window, steps and maximum, in this order; then the memory of it."""
    current = blank.current
    state = steps.burst(policy, demand, need, current, state, now)
    state = history.add(state, policy, steps.lasting(policy, need, state, now), now)
    wanted = max(policy.min_replicas, need.replicas)
    stable, window = steps.held(policy, wanted, current, state, now)
    limited, step = (
        steps.up_step(policy, current, stable)
        if stable > current
        else steps.down_step(policy, demand, need, state, current, stable, now)
    )
    replicas = min(policy.max_replicas, limited)
    if not window:
        stable = need.replicas  # the minimum only steered it; it is told last
    if not (window or step):
        limited = need.replicas
    few = (TOO_FEW,) if need.replicas < replicas == policy.min_replicas else ()
    decision = _finish(blank, need, stable, limited, replicas, (*window, *step, *few), "")
    return decision, state.stepped(replicas - current, now)


def _finish(
    blank: Decision,
    need: Need,
    stable: int,
    limited: int,
    replicas: int,
    limits: tuple[str, ...],
    error: str,
) -> Decision:
    if replicas < limited:
        limits = (*limits, TOO_MANY)
    action = action_of(blank.current, replicas)
    able = "ScaleDownStabilized" if _WAITS.intersection(limits) else "ReadyForNewScale"
    bound = next((_BOUNDS[limit] for limit in reversed(limits) if limit in _BOUNDS), WITHIN_RANGE)
    return replace(
        blank,
        replicas=replicas,
        action=action,
        raw=need.replicas,
        stabilised=stable,
        limited=limited,
        reasons=(*(need.reasons or _settled(blank.current, need)), *limits),
        limits=limits,
        conditions=conditions(
            able if action is Action.NONE else "SucceededRescale",
            active=("True", "ValidMetricFound"),
            limited=("False" if bound == WITHIN_RANGE else "True", bound),
        ),
        error=error,
    )


def _settled(current: int, need: Need) -> tuple[str, ...]:
    return ("BelowTarget",) if need.replicas < current else ("WithinTolerance",)
