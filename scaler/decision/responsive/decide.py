"""Policy `responsive`: the same target as an HPA, approached faster and left more carefully. Pure.

Each rule is a function; the name it puts into `reasons` is the name of the rule.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaler.decision import bounds
from scaler.decision.reasons import DOWN_LIMIT, TOO_FEW, TOO_MANY, UP_LIMIT, WITHIN_RANGE
from scaler.decision.responsive import history, learning, oddities, steps, surges
from scaler.decision.responsive.demand import Demand, look
from scaler.decision.responsive.need import Need, raised
from scaler.decision.responsive.needs import gateway_load, need_of
from scaler.decision.responsive.waking import waiting_need
from scaler.decision.types import Action, Decision, Observation, Signal, action_of, conditions
from shared.service.values import changed

if TYPE_CHECKING:
    from scaler.decision.policy import Policy
    from scaler.decision.responsive.state import ResponsiveState
    from scaler.decision.responsive.traffic import Traffic

_WAITS = {"DownWindow", "RecentGrowth", "Silence", "OperatorHold", "IdleWait"}
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
    start_s = learning.warm_up(policy, state)
    seen = look(state.measured, observation, policy, start_s, surges.factor(policy, state), now)
    demand = seen.demand
    if seen is not state.measured:
        state = changed(state, measured=seen)
    state = learning.learn(state, demand, start_s, now)
    state = surges.watch(state, demand, start_s, now)
    asked, policy = policy, oddities.attainable(policy, demand)
    need = need_of(observation, policy, demand, state, start_s, now)
    signal = _signal(need, state.traffic) if need and state.served else None
    blank = _with_measure(blank, policy, demand, signal, now)
    if need is None or not state.served:
        waiting = waiting_need(
            observation, policy, state.traffic, gateway_load(observation, now), start_s, now
        )
        return _without_samples(blank, observation, policy, demand, waiting, state, now)
    notes = [
        "TargetAboveLimit" if policy is not asked else "",
        "CpuDoesNotFollow" if oddities.unrelated(policy, demand, state.traffic, now) else "",
        "Dearer" if state.traffic.dearer else "",
        oddities.short(observation, demand),
    ]
    if any(notes):
        need = changed(need, notes=tuple(note for note in notes if note))
    if policy.rhythm:
        state = changed(state, rhythm=state.rhythm.heard(need.replicas, now))
        floor = state.rhythm.floor(start_s, now)
        need = raised(need, floor, "Rhythm", observation.spec_replicas)
    if state.failures:
        state = changed(state, failures=0)
    return _decide(blank, policy, demand, need, state, start_s, now)


def _signal(need: Need, traffic: Traffic) -> Signal:
    fit = traffic.fit
    if fit.explained is None:
        return Signal(need.signal, need.demand_m, foreseen_m=need.foreseen_m)
    return Signal(
        need.signal,
        need.demand_m,
        spread_m=round(fit.scatter_m),
        cost_m=round(fit.cost_m, 1) if fit.explained else None,
        fit_pct=round(100 * fit.explained),
        foreseen_m=need.foreseen_m,
    )


def _with_measure(
    blank: Decision, policy: Policy, demand: Demand, signal: Signal | None, now: float
) -> Decision:
    target = policy.target_pct
    if not demand.measured:
        return changed(blank, target_pct=target, pods=demand.views, signal=signal)
    return changed(
        blank,
        target_pct=target,
        pods=demand.views,
        signal=signal,
        utilisation_pct=demand.used_m * 100 // demand.base_m,
        average_usage_m=demand.used_m // demand.measured,
        base_m=demand.base_m // demand.measured,
        sample_age_s=now - demand.oldest,
    )


def _without_samples(
    blank: Decision,
    observation: Observation,
    policy: Policy,
    demand: Demand,
    waiting: Need | None,
    state: ResponsiveState,
    now: float,
) -> tuple[Decision, ResponsiveState]:
    """Nothing is known: hold, or step up for those who wait, on overload, or in a long outage;
    never down."""
    lost = bool(observation.metrics_error) or demand.missing > 0
    state = changed(state, failures=state.failures + 1 if lost else 0)
    stands = oddities.standstill(observation)
    if not state.served:
        return _standing(blank, stands or "Loading"), state
    error = observation.metrics_error or "no ready pod has a usable sample"
    needs = [_overload_step(blank.current, policy, demand, state, now), _fallback(policy, state)]
    if stands != "CrashLoop":
        needs.append(waiting)
    for need in needs:
        grown = need and _grown(blank, policy, need, error)
        if grown:
            return grown, state.stepped(grown.replicas - blank.current, now)
    if stands and not observation.metrics_error and not demand.missing:
        return _standing(blank, stands, _step_due(policy, demand, state)), state
    failed = changed(
        blank,
        valid=False,
        reasons=("NoUsableSamples",),
        conditions=conditions("SucceededGetScale", active=("False", "FailedGetPodMetrics")),
        error=error,
    )
    return failed, state


def _standing(blank: Decision, reason: str, due: float | None = None) -> Decision:
    """Nothing changes while no pod serves; in an overload, until the next step is `due`."""
    limits = () if due is None else ("OverloadPeriod",)
    return changed(
        blank,
        reasons=(reason, *limits),
        limits=limits,
        held_until=due,
        conditions=conditions("ReadyForNewScale", active=("False", "FailedGetPodMetrics")),
    )


def _step_due(policy: Policy, demand: Demand, state: ResponsiveState) -> float | None:
    overloaded = demand.overloaded and not demand.serving
    return state.grown + policy.overload_period_s if overloaded and state.grown else None


def _overload_step(
    current: int, policy: Policy, demand: Demand, state: ResponsiveState, now: float
) -> Need | None:
    """No pod is ready, yet their CPU is high: a bounded step, then a pause to see it work."""
    waited = state.grown is None or now - state.grown >= policy.overload_period_s
    if not demand.overloaded or demand.serving or not waited:
        return None
    return Need(current + max(1, current * policy.overload_step_pct // 100), ("Overload",))


def _fallback(policy: Policy, state: ResponsiveState) -> Need | None:
    """Replicas to have when the source has failed for long, if the operator named a number."""
    if policy.fallback_replicas is None or state.failures < policy.fallback_after:
        return None
    return Need(policy.fallback_replicas, ("Fallback",))


def _grown(blank: Decision, policy: Policy, need: Need, error: str) -> Decision | None:
    """The decision for a `need` that no sample shows; None where it is met."""
    wanted = min(need.replicas, policy.max_replicas)
    if wanted <= blank.current:
        return None
    return _finish(blank, need, need.replicas, wanted, wanted, (), error)


def _decide(
    blank: Decision,
    policy: Policy,
    demand: Demand,
    need: Need,
    state: ResponsiveState,
    start_s: float,
    now: float,
) -> tuple[Decision, ResponsiveState]:
    """Minimum, window, steps and maximum, in this order; then the memory of it."""
    current = blank.current
    if not need.reasons:
        need = changed(need, reasons=(_settled(policy, demand, need, current),))
    state = steps.burst(policy, demand, need, current, state, now)
    window_s = steps.window(policy, need, start_s)
    state = history.add(state, policy, steps.lasting(policy, need, state, now), window_s, now)
    wanted = max(policy.min_replicas, need.replicas)
    stable, window = steps.held(policy, wanted, current, state, window_s, now)
    until = None
    if stable > current:
        limited, step = steps.up_step(policy, current, stable)
    else:
        limited, step = steps.down_step(policy, demand, need, state, current, stable, window_s, now)
        state, limited, idle, until = steps.idle_first(policy, demand, state, current, limited, now)
        step = (*step, *idle)
    state, limited, hold, held_until = steps.by_hand(policy, state, current, limited, now)
    step, until = (*step, *hold), held_until or until
    replicas = min(policy.max_replicas, limited)
    if not window:
        stable = need.replicas  # the minimum only steered it; it is told last
    if not (window or step):
        limited = need.replicas
    few = (TOO_FEW,) if need.replicas < replicas == policy.min_replicas else ()
    if until is not None:
        blank = changed(blank, held_until=until)
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
    return changed(
        blank,
        replicas=replicas,
        action=action,
        raw=need.replicas,
        stabilised=stable,
        limited=limited,
        reasons=(*need.reasons, *need.notes, *limits),
        limits=limits,
        conditions=conditions(
            able if action is Action.NONE else "SucceededRescale",
            active=("True", "ValidMetricFound"),
            limited=("False" if bound == WITHIN_RANGE else "True", bound),
        ),
        error=error,
    )


def _settled(policy: Policy, demand: Demand, need: Need, current: int) -> str:
    """Why no more is needed than there is."""
    if need.replicas < current:
        return "BelowTarget"
    target = policy.target_pct
    fewer = demand.replicas_for(need.demand_m, target) < current
    hot = demand.exceeds(demand.measured, demand.used_m, target, policy.up_permille)
    return "Unmeasured" if demand.measured < current and (fewer or hot) else "WithinTolerance"
