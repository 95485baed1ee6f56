"""What policy `responsive` learns from one decision to the next: pure updates of its state."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from scaler.decision.state import Point, Recommendation, ScaleEvent, State

if TYPE_CHECKING:
    from scaler.decision.demand import Demand
    from scaler.decision.policy import Policy
    from scaler.decision.types import Observation

_STARTS = 9  # so many starts are remembered
_LONGEST_START_S = 600.0  # what takes longer was no start
_UNKNOWN_START_S = 30.0  # until one was seen
_TREND_S = 60.0  # the trend looks back so far
_TREND_STEP_S = 5.0  # least distance of its points


def warm_up(policy: Policy, state: State) -> float:
    """Seconds that a pod of this service takes from start to ready."""
    if policy.warm_up_s is not None:
        return policy.warm_up_s
    if not state.ready_times:
        return _UNKNOWN_START_S
    return sorted(state.ready_times)[len(state.ready_times) // 2]


def learn_starts(observation: Observation, state: State, now: float) -> State:
    """Remembers how long the pods took that became ready since the last decision."""
    since = now if state.decided is None else state.decided
    times = [
        pod.transitioned - pod.started
        for pod in observation.pods
        if pod.ready == "True" and pod.transitioned is not None and pod.started is not None
        if pod.transitioned > since and pod.transitioned - pod.started <= _LONGEST_START_S
    ]
    return replace(state, decided=now, ready_times=(*state.ready_times, *times)[-_STARTS:])


def learn_trend(demand: Demand, state: State) -> State:
    """Remembers a new point of the demand, if every serving pod was measured and none capped."""
    if demand.measured < demand.serving or demand.saturated:
        return replace(state, trend=())
    points = tuple(p for p in state.trend if p.time > demand.newest - _TREND_S)
    if points and demand.newest < points[-1].time + _TREND_STEP_S:
        return replace(state, trend=points)
    return replace(state, trend=(*points, Point(demand.newest, demand.used_m)))


def remember_need(state: State, replicas: int, window_s: float, now: float) -> State:
    """Adds to the window what is needed now.

    What is older and not higher can never be the highest again, so it goes at once: the history
    falls from its first entry, the window's maximum, to its last.
    """
    kept = [
        past
        for past in state.recommendations or ()
        if past.time > now - window_s and past.replicas > replicas
    ]
    return replace(state, recommendations=(*kept, Recommendation(replicas, now)))


def remember_change(state: State, policy: Policy, change: int, now: float) -> State:
    """Records a step; a step up soon after one down doubles the window of the next ones."""
    if change < 0:
        return replace(state, downs=(ScaleEvent(-change, now),))
    reversed_soon = bool(state.downs) and now - state.downs[-1].time < window(policy, state)
    if reversed_soon and (not state.ups or state.ups[-1].time < state.downs[-1].time):
        state = replace(state, caution=min(state.caution + 1, policy.caution_limit), calm=now)
    return replace(state, ups=(ScaleEvent(change, now),))


def relax(state: State, policy: Policy, now: float) -> State:
    """Takes back one doubling after two windows without another reversal."""
    if state.caution and now - state.calm > 2 * window(policy, state):
        return replace(state, caution=state.caution - 1, calm=now)
    return state


def window(policy: Policy, state: State) -> float:
    """Seconds for which the highest need holds, doubled by each recent reversal."""
    return policy.down_window_s * (1 << state.caution)
