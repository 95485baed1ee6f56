"""From a need to a step: bounded, and down only when it is safe (policy `responsive`). Pure.

Each function is a rule; a rule that holds the number back answers with its name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaler.decision.responsive import history
from scaler.decision.responsive.demand import ceil_div
from shared.service.values import changed

if TYPE_CHECKING:
    from scaler.decision.policy import Policy
    from scaler.decision.responsive.demand import Demand
    from scaler.decision.responsive.need import Need
    from scaler.decision.responsive.state import ResponsiveState

    Held = tuple[ResponsiveState, int, tuple[str, ...], float | None]

_LONG_S = 5.0  # shorter requests end within the grace of a pod
_SMALL_PCT = 10  # so much of the replicas is worth a step down
_BY_REQUESTS = 1 / 3  # of the window holds where requests foretell bursts,
_BY_CPU = 0.15  # and so much by CPU, whose samples are late anyway,
_STARTS = 2.0  # but at least so many starts of a pod

Bounded = tuple[int, tuple[str, ...]]
"""A number and the names of the rules that held it back."""


def burst(
    policy: Policy, demand: Demand, need: Need, current: int, state: ResponsiveState, now: float
) -> ResponsiveState:
    """A burst begins, or goes on, at a multiple of the target or of the current size, and when
    half of the pods are at their limit; it ends `burst_window_s` after the last such moment.

    Where bursts are foreseen, the size for them is held anyway.
    """
    if need.foreseen_m is not None:
        return state
    high = 10_000 * demand.low_m >= policy.burst_pct * policy.target_pct * demand.base_m > 0
    hidden = 0 < demand.measured <= 2 * demand.saturated
    crowd = 100 * need.replicas >= policy.burst_pct * current
    if (policy.count_cpu and (high or hidden)) or crowd:
        return changed(state, burst_until=now + policy.burst_window_s)
    return state


def in_burst(state: ResponsiveState, now: float) -> bool:
    """Whether a burst lasts: nothing shrinks."""
    return state.burst_until is not None and now < state.burst_until


def lasting(policy: Policy, need: Need, state: ResponsiveState, now: float) -> int:
    """What to hold for the window.

    A first burst leaves work behind that swells the usage until it is done, so what is shown
    meanwhile is held by the burst alone; but where a step down was taken lately, a burst means
    that demand comes and goes, and all that is shown counts.
    """
    waves = state.shrunk is not None and now - state.shrunk < policy.longest_window_s
    return 0 if in_burst(state, now) and not waves else need.lasting


def window(policy: Policy, need: Need, start_s: float) -> float:
    """Seconds for which a need holds; shorter where bursts are foreseen, and in the need.

    By CPU alone a size is not given up before another pod has had time to start, twice.
    """
    whole = policy.down_window_s
    if need.foreseen_m is None:
        return whole
    if need.signal != "cpu":
        return _BY_REQUESTS * whole
    return min(whole, max(_BY_CPU * whole, _STARTS * start_s))


def held(
    policy: Policy,
    wanted: int,
    current: int,
    state: ResponsiveState,
    window_s: float,
    now: float,
) -> Bounded:
    """Up to what is wanted at once; down no further than the window allows.

    A small surplus costs little and may be noise: it goes only after the longest window. Where
    nothing comes any more, the fault may lie in front of the service, and all may come back at
    once: half of the size waits for that as long.
    """
    if wanted >= current:
        return wanted, ()
    stable = min(current, max(wanted, history.highest(policy, state, window_s, now)))
    if 100 * (current - stable) < _SMALL_PCT * current:
        stable = min(current, max(wanted, history.highest_of_all(policy, state, now)))
    awaited = history.highest_of_all(policy, state, now) if state.expectant(policy, now) else 0
    half = ceil_div(awaited, 2)
    if stable < min(half, current):
        return min(half, current), ("Silence",)
    return stable, ("DownWindow",) if stable > wanted else ()


def up_step(policy: Policy, current: int, wanted: int) -> Bounded:
    """At most to a multiple of the current size, so that one odd sample cannot do all."""
    most = max(policy.up_factor * current, current + 4)
    return (most, ("UpStep",)) if wanted > most else (wanted, ())


def down_step(
    policy: Policy,
    demand: Demand,
    need: Need,
    state: ResponsiveState,
    current: int,
    wanted: int,
    window_s: float,
    now: float,
) -> Bounded:
    """A bounded step, with time to see it work, and only when all that should be seen is.

    `wanted` keeps the projected utilisation at or below the target, for so it was computed.
    """
    if wanted >= current:
        return current, ()
    if in_burst(state, now):
        return current, ("Burst",)
    if state.grown is not None and now - state.grown < window_s:
        return current, ("RecentGrowth",)
    blind = not demand.measured or demand.unseen or 2 * demand.missing >= demand.serving
    if policy.count_cpu and blind:
        return current, ("SamplesMissing",)
    if need.incomplete:
        return current, ("GatewayMissing",)
    if need.partial:
        return current, ("GatewayPartial",)
    if policy.count_cpu and not below_target(policy, demand, current):
        return current, ("WithinTolerance",)
    if state.shrunk is not None and now - state.shrunk < policy.down_step_period_s:
        return current, ("DownPeriod",)
    least = current - max(1, current * policy.down_step_pct // 100)
    return (least, ("DownStep",)) if wanted < least else (wanted, ())


def idle_first(
    policy: Policy, demand: Demand, state: ResponsiveState, current: int, wanted: int, now: float
) -> Held:
    """The state, the number, the rule that holds it back, and until when it does.

    Down by no more pods than have no request, where requests are long, up to a bound: a pod
    that ends takes those with it that outlast its grace.
    """
    if wanted >= current or demand.idle is None:
        kept = state if state.surplus_since is None else changed(state, surplus_since=None)
        return kept, wanted, (), None
    residence = state.traffic.residence_s
    if residence is not None and residence < _LONG_S:
        return state, wanted, (), None
    since = now if state.surplus_since is None else state.surplus_since
    until = since + policy.idle_wait_s
    if current - wanted <= demand.idle or now >= until:
        return state, wanted, (), None
    state = changed(state, surplus_since=since)
    return state, current - demand.idle, ("IdleWait",), until


def by_hand(policy: Policy, state: ResponsiveState, current: int, wanted: int, now: float) -> Held:
    """The same: no fewer than somebody else has set, for a while; a smaller size ends it."""
    hold = state.hold
    if hold is None:
        return state, wanted, (), None
    until = hold.time + policy.hold_s
    if now >= until or current < hold.replicas:
        return changed(state, hold=None), wanted, (), None
    if wanted >= hold.replicas:
        return state, wanted, (), None
    return state, hold.replicas, ("OperatorHold",), until


def below_target(policy: Policy, demand: Demand, current: int) -> bool:
    """Whether utilisation falls short of the target by more than the tolerance."""
    return not demand.exceeds(current, demand.high_m, policy.target_pct, policy.down_permille)
