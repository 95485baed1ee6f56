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
_RETURNS = 4  # so many returns of demand are remembered
_NEAR_PCT = 85  # a level of so much of the highest is near to it
_FORGET = 3  # returns are forgotten after so many of the longest windows
_SPARE = 1.25  # the next gap may be longer than the last by so much


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
    """Seconds for which a need holds: longer, if demand came back after longer not long ago."""
    recent = [
        r.gap_s * _SPARE for r in state.returns if now - r.time < _FORGET * policy.longest_window_s
    ]
    return min(policy.longest_window_s, max([policy.down_window_s, *recent]))


def remember_change(state: State, change: int, now: float) -> State:
    """Records a step; only the last one of each direction matters."""
    if change > 0:
        return replace(state, ups=(ScaleEvent(change, now),))
    return replace(state, downs=(ScaleEvent(-change, now),)) if change else state
