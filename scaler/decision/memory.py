"""What policy `responsive` learns from one decision to the next: pure updates of its state."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from scaler.decision.state import Recommendation, Return, ScaleEvent, State

if TYPE_CHECKING:
    from scaler.decision.policy import Policy
    from scaler.decision.types import Observation

_STARTS = 9  # so many starts are remembered
_LONGEST_START_S = 600.0  # what takes longer was no start
_UNKNOWN_START_S = 30.0  # until one was seen
_PAUSE_S = 60.0  # after so long without a decision, much may have been missed,
_PAUSE_PERIODS = 4  # if so many decisions have failed to come
_RETURNS = 4  # so many returns of demand are remembered
_NEAR_PCT = 75  # a level of so much of the highest is near to it
_FORGET = 3  # returns are forgotten after so many of the longest windows
_SPARE = 1.25  # the next gap may be longer than the last by so much


def warm_up(policy: Policy, state: State) -> float:
    """Seconds that a pod of this service takes from start to ready."""
    if policy.warm_up_s is not None:
        return policy.warm_up_s
    if not state.ready_times:
        return _UNKNOWN_START_S
    return sorted(state.ready_times)[len(state.ready_times) // 2]


def begin(observation: Observation, policy: Policy, state: State, now: float) -> State:
    """Where a decision starts from: a newcomer, and one back from a pause, has the size it finds
    as its first recommendation, and knows since when it has watched."""
    times = _ready_times(observation, state)
    pause = max(_PAUSE_S, _PAUSE_PERIODS * policy.period_s)
    if state.decided is not None and now - state.decided <= pause:
        return replace(state, decided=now, ready_times=times)
    here = Recommendation(observation.spec_replicas, now)
    past = (*(state.recommendations or ()), here)
    return replace(state, decided=now, ready_times=times, since=now, recommendations=past)


def _ready_times(observation: Observation, state: State) -> tuple[float, ...]:
    """How long the last pods took to start, those since the last decision included."""
    if state.decided is None:
        return state.ready_times
    times = [
        pod.transitioned - pod.started
        for pod in observation.pods
        if pod.transitioned is not None and pod.transitioned > state.decided
        if pod.ready == "True" and pod.started is not None
        if pod.transitioned - pod.started <= _LONGEST_START_S
    ]
    return (*state.ready_times, *times)[-_STARTS:]


def remember_need(state: State, policy: Policy, replicas: int, now: float) -> State:
    """Adds to the history what is needed now, and learns from a demand that has come back.

    What is older and not higher can never be the highest again, so it goes at once: the history
    falls from its first entry to its last, and each entry tells when its level was last needed.
    """
    past = [p for p in state.recommendations or () if p.time > now - policy.longest_window_s]
    kept = [p for p in past if p.replicas > replicas]
    newest = (*kept, Recommendation(replicas, now))
    gap = _gap(past, replicas, now)
    if gap > policy.down_window_s:
        state = replace(state, returns=(*state.returns, Return(gap, now))[-_RETURNS:])
    return replace(state, recommendations=newest)


def _gap(past: list[Recommendation], replicas: int, now: float) -> float:
    """How long a level near the highest was not needed, if it is needed again; else 0."""
    if not past:
        return 0.0
    level = max(p.replicas for p in past) * _NEAR_PCT
    back = [now - p.time for p in past if level <= 100 * p.replicas <= 100 * replicas]
    return max(back, default=0.0)


def highest(policy: Policy, state: State, now: float) -> int:
    """The most that was needed within the window."""
    since = now - window(policy, state, now)
    return max((p.replicas for p in state.recommendations or () if p.time >= since), default=0)


def window(policy: Policy, state: State, now: float) -> float:
    """Seconds for which a need holds.

    Longer, if demand came back after longer not long ago; and the longest until so long has been
    watched, for until then it is not known whether demand comes back.
    """
    longest = policy.longest_window_s
    if now - state.since < longest:
        return longest
    recent = [r.gap_s * _SPARE for r in state.returns if now - r.time < _FORGET * longest]
    return min(longest, max([policy.down_window_s, *recent]))


def remember_change(state: State, change: int, now: float) -> State:
    """Records a step; only the last one of each direction matters."""
    if change > 0:
        return replace(state, ups=(ScaleEvent(change, now),))
    return replace(state, downs=(ScaleEvent(-change, now),)) if change else state
