"""Policy `responsive`: the same target as an HPA, approached faster and left more carefully.

Each rule is a function; the name it puts into `reasons` is the name of the rule.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from scaler.decision import memory
from scaler.decision.demand import Demand, ceil_div, measure
from scaler.decision.limits import TOO_FEW, TOO_MANY, WITHIN_RANGE
from scaler.decision.state import Recommendation, State
from scaler.decision.types import Action, Decision, Observation, action_of, conditions

if TYPE_CHECKING:
    from scaler.decision.policy import Policy

_TREND_CAP_PCT = 50  # the trend adds at most so much to what was measured
_GATEWAY_AGE_S = 15.0  # an older count of requests is not used


@dataclass(frozen=True, slots=True)
class Need:
    """Replicas called for, and the names of the rules that made the number."""

    replicas: int
    reasons: tuple[str, ...]


def decide(
    observation: Observation, policy: Policy, state: State, now: float
) -> tuple[Decision, State]:
    """The policy's answer and its memory."""
    current = observation.spec_replicas
    state = memory.learn_starts(observation, state, now)
    if state.recommendations is None:
        state = replace(state, recommendations=(Recommendation(current, now),))
    blank = Decision(
        service=observation.service,
        policy=policy.name,
        current=current,
        replicas=current,
        valid=True,
        target_pct=policy.target_pct,
    )
    if current == 0:
        return _disabled(blank), state
    if not policy.min_replicas <= current <= policy.max_replicas:
        return _out_of_range(blank, policy), state
    demand = measure(observation, policy, memory.warm_up(policy, state), now)
    blank = _with_measure(blank, demand, now)
    growth = _growth(observation, policy, demand, state, now)
    if growth is None:
        return _without_samples(blank, observation, policy, demand, state, now)
    state = memory.relax(replace(state, failures=0), policy, now)
    return _decide(blank, observation, policy, demand, growth, state, now)


def _disabled(blank: Decision) -> Decision:
    return replace(
        blank,
        reasons=("ScalingDisabled",),
        conditions=conditions("SucceededGetScale", active=("False", "ScalingDisabled")),
    )


def _out_of_range(blank: Decision, policy: Policy) -> Decision:
    """A new minimum or maximum acts at once, whatever the metrics say."""
    above = blank.current > policy.max_replicas
    replicas = policy.max_replicas if above else policy.min_replicas
    return replace(
        blank,
        replicas=replicas,
        action=action_of(blank.current, replicas),
        reasons=("AboveMaximum" if above else "BelowMinimum",),
        conditions=conditions("SucceededRescale"),
    )


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


# --- what the service needs now


def _growth(
    observation: Observation, policy: Policy, demand: Demand, state: State, now: float
) -> Need | None:
    """The largest need of all signals; None when there is no signal."""
    current = observation.spec_replicas
    needs = [
        need
        for need in (
            _utilisation_need(policy, demand, current),
            _trend_need(policy, demand, state, current, now),
            _gateway_need(observation, policy, now),
        )
        if need
    ]
    return max(needs, key=lambda need: need.replicas, default=None)


def _utilisation_need(policy: Policy, demand: Demand, current: int) -> Need | None:
    """Measured demand over the target; pods at their limit count more than they show."""
    if not demand.measured:
        return None
    if not _exceeds(policy, demand, demand.low_m, current):
        return Need(min(current, demand.replicas_for(demand.low_m, policy.target_pct)), ())
    reasons = ("AboveTarget", "Saturated") if demand.saturated else ("AboveTarget",)
    return Need(demand.replicas_for(demand.low_m, policy.target_pct), reasons)


def _trend_need(
    policy: Policy, demand: Demand, state: State, current: int, now: float
) -> Need | None:
    """What the demand will be when a pod that is asked for now would be ready, if it rises on."""
    points = state.trend
    if not demand.measured or len(points) < 3 or points[-1].demand_m <= points[-2].demand_m:
        return None
    rise = points[-1].demand_m - points[0].demand_m
    span_ms = round((points[-1].time - points[0].time) * 1000)
    lead_ms = round((now - demand.newest + memory.warm_up(policy, state)) * 1000)
    if rise <= 0:
        return None
    ahead = min(rise * lead_ms // span_ms, demand.used_m * _TREND_CAP_PCT // 100)
    if not _exceeds(policy, demand, demand.used_m + ahead, current):
        return None
    return Need(demand.replicas_for(demand.used_m + ahead, policy.target_pct), ("Trend",))


def _gateway_need(observation: Observation, policy: Policy, now: float) -> Need | None:
    """Requests in flight and waiting over what a pod should have in flight."""
    load = observation.load
    if policy.in_flight_target is None or load is None or now - load.time > _GATEWAY_AGE_S:
        return None
    return Need(ceil_div(load.in_flight + load.waiting, policy.in_flight_target), ("GatewayLoad",))


def _exceeds(policy: Policy, demand: Demand, demand_m: int, replicas: int) -> bool:
    margin = round(policy.tolerance_up * 1000)
    return demand.exceeds(replicas, demand_m, policy.target_pct, margin)


# --- without usable samples


def _without_samples(
    blank: Decision,
    observation: Observation,
    policy: Policy,
    demand: Demand,
    state: State,
    now: float,
) -> tuple[Decision, State]:
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
            return decision, memory.remember_change(state, policy, wanted - blank.current, now)
    failed = replace(
        blank,
        valid=False,
        reasons=("NoUsableSamples",),
        conditions=conditions("SucceededGetScale", active=("False", "FailedGetPodMetrics")),
        error=error,
    )
    return failed, state


def _overload_step(current: int, policy: Policy, demand: Demand, state: State, now: float) -> int:
    """No pod is ready, yet their CPU is high: a bounded step, then a pause to see it work."""
    waited = not state.ups or now - state.ups[-1].time >= policy.overload_period_s
    if not demand.overloaded or demand.serving or not waited:
        return 0
    return current + max(1, current * policy.overload_step_pct // 100)


def _fallback(policy: Policy, state: State) -> int:
    """Replicas to have when the source has failed for long, if the operator named a number."""
    if policy.fallback_replicas is None or state.failures < policy.fallback_after:
        return 0
    return policy.fallback_replicas


# --- from the need to the number


def _decide(
    blank: Decision,
    observation: Observation,
    policy: Policy,
    demand: Demand,
    growth: Need,
    state: State,
    now: float,
) -> tuple[Decision, State]:
    """Window, steps, minimum and maximum, in this order; then the memory of it."""
    state = _burst(policy, demand, growth, blank.current, state, now)
    held = max(growth.replicas, _careful_need(policy, demand, growth))
    state = memory.remember_need(state, held, memory.window(policy, state), now)
    highest = state.recommendations[0].replicas if state.recommendations else held
    stable = growth.replicas
    limits: tuple[str, ...] = ()
    if growth.replicas <= blank.current:
        stable = min(blank.current, highest)
        limits = ("DownWindow",) if stable > growth.replicas else ()
    limited, more = (
        _up_step(policy, blank.current, stable)
        if stable > blank.current
        else _down_step(policy, demand, state, blank.current, stable, now)
    )
    replicas = max(policy.min_replicas, min(policy.max_replicas, limited))
    decision = _finish(blank, growth, stable, limited, replicas, (*limits, *more), "")
    change = replicas - blank.current
    return decision, memory.remember_change(state, policy, change, now) if change else state


def _burst(
    policy: Policy, demand: Demand, growth: Need, current: int, state: State, now: float
) -> State:
    """A burst begins at a multiple of the target, or when half of the pods are at their limit."""
    high = 10_000 * demand.low_m >= policy.burst_pct * policy.target_pct * demand.base_m > 0
    hidden = 0 < demand.measured <= 2 * demand.saturated
    crowd = 100 * growth.replicas >= policy.burst_pct * current
    if high or hidden or crowd:
        return replace(state, burst_until=now + policy.burst_window_s)
    return state


def _careful_need(policy: Policy, demand: Demand, growth: Need) -> int:
    """What is needed if the pods that were not measured are as busy as they may be."""
    if not demand.measured:
        return growth.replicas
    return demand.replicas_for(demand.high_m, policy.target_pct)


def _up_step(policy: Policy, current: int, wanted: int) -> tuple[int, tuple[str, ...]]:
    """At most to a multiple of the current size, so that one odd sample cannot do all."""
    most = max(policy.up_factor * current, current + 4)
    return (most, ("UpStep",)) if wanted > most else (wanted, ())


def _down_step(
    policy: Policy, demand: Demand, state: State, current: int, wanted: int, now: float
) -> tuple[int, tuple[str, ...]]:
    """Down only when it is safe to, a step at a time."""
    if wanted >= current:
        return current, ()
    if state.burst_until is not None and now < state.burst_until:
        return current, ("Burst",)
    if 2 * demand.missing >= demand.serving:
        return current, ("SamplesMissing",)
    if state.downs and now - state.downs[-1].time < policy.down_step_period_s:
        return current, ("DownPeriod",)
    least = current - max(1, current * policy.down_step_pct // 100)
    return (least, ("DownStep",)) if wanted < least else (wanted, ())


def _finish(
    blank: Decision,
    need: Need,
    stable: int,
    limited: int,
    replicas: int,
    limits: tuple[str, ...],
    error: str,
) -> Decision:
    bound = WITHIN_RANGE
    if replicas != limited:
        bound = TOO_MANY if replicas < limited else TOO_FEW
        limits = (*limits, bound)
    action = action_of(blank.current, replicas)
    able = "ScaleDownStabilized" if "DownWindow" in limits else "ReadyForNewScale"
    return replace(
        blank,
        replicas=replicas,
        action=action,
        raw=need.replicas,
        stabilised=stable,
        limited=limited,
        reasons=(*(need.reasons or _settled(action)), *limits),
        limits=limits,
        conditions=conditions(
            able if action is Action.NONE else "SucceededRescale",
            active=("True", "ValidMetricFound"),
            limited=("True" if limits else "False", bound),
        ),
        error=error,
    )


def _settled(action: Action) -> tuple[str, ...]:
    return ("BelowTarget",) if action is Action.DOWN else ("WithinTolerance",)
