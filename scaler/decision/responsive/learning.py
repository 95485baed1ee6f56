"""What policy `responsive` learns of a service: how long its pods take to start. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaler.decision.responsive.oddities import silent
from scaler.decision.responsive.pods import was_ready
from scaler.decision.types import LONGEST_START_S
from shared.runtime.spread import share
from shared.service.values import changed

if TYPE_CHECKING:
    from scaler.decision.policy import Policy
    from scaler.decision.responsive.demand import Demand
    from scaler.decision.responsive.forecast import Forecast
    from scaler.decision.responsive.state import ResponsiveState
    from scaler.decision.responsive.traffic import Traffic
    from scaler.decision.types import Observation, Pod

_STARTS = 9  # so many starts are remembered
_UNKNOWN_START_S = 30.0  # until one was seen
_NEW_S = 120.0  # a service whose pods are all younger is new
_PAUSE_S = 60.0  # after so long without a decision, much may have been missed,
_PAUSE_PERIODS = 4  # if so many decisions have failed to come


def warm_up(policy: Policy, state: ResponsiveState) -> float:
    """Seconds that a pod of this service takes from start to ready."""
    if policy.warm_up_s is not None:
        return policy.warm_up_s
    if not state.ready_times:
        return _UNKNOWN_START_S
    return sorted(state.ready_times)[len(state.ready_times) // 2]


def begin(
    observation: Observation, policy: Policy, state: ResponsiveState, now: float
) -> ResponsiveState:
    """Where a decision starts from: a newcomer, and one back from a pause, has the size it finds
    as its first recommendation, and knows since when it has watched."""
    times = _ready_times(observation, state)
    served = state.served or any(was_ready(pod) for pod in observation.pods)
    traffic = state.traffic.heard(observation.load)
    forecast = _foretold(observation.service, policy, state, traffic)
    known = changed(
        state, decided=now, ready_times=times, served=served, traffic=traffic, forecast=forecast
    )
    pause = max(_PAUSE_S, _PAUSE_PERIODS * policy.period_s)
    if state.decided is not None and now - state.decided <= pause:
        return known
    newborn = state.newest == 0.0 and all(_young(pod, now) for pod in observation.pods)
    found = known.found_at(observation.spec_replicas, now)
    return changed(found, since=now, newborn=newborn)


def _foretold(service: str, policy: Policy, state: ResponsiveState, traffic: Traffic) -> Forecast:
    """The forecast after what has come since the last answer of the gateways."""
    if len(traffic.counts) < 2 or traffic is state.traffic:
        return state.forecast
    before, last = traffic.counts[-2:]
    return state.forecast.heard(
        last.arrivals - before.arrivals,
        last.time - before.time,
        warm_up(policy, state),
        last.time,
        share(service),
    )


def _young(pod: Pod, now: float) -> bool:
    return pod.started is None or now - pod.started < _NEW_S


def learn(state: ResponsiveState, demand: Demand, start_s: float, now: float) -> ResponsiveState:
    """What a new sample tells: the cost of requests, and whether they cause it at all; and where
    they do not tell all of the CPU, what CPU foretells. And whether anything comes at all.

    Pods that became ready within the time of the sample worked as much as the others, so long as
    they were.
    """
    state = _listened(state, demand, now)
    if not demand.measured or demand.missing:
        return state
    busy = None if demand.limit_pct is None else demand.used_m / demand.pod_m
    used_m = round(demand.used_m * (1 + demand.joined / demand.measured))
    traffic = state.traffic.measured(
        used_m, busy, demand.begun, demand.ended, capped=demand.saturated > 0
    )
    told = traffic.tells_cpu and not traffic.fit.loose
    usage = state.usage if told else state.usage.heard(demand, start_s, now)
    if traffic is state.traffic and usage is state.usage:
        return state
    return changed(state, traffic=traffic, usage=usage)


def _listened(state: ResponsiveState, demand: Demand, now: float) -> ResponsiveState:
    """What is known of a silence."""
    if not silent(demand, state.traffic):
        return state if state.silent_since is None else changed(state, silent_since=None)
    return changed(state, silent_since=now) if state.silent_since is None else state


def _ready_times(observation: Observation, state: ResponsiveState) -> tuple[float, ...]:
    """How long the last pods took to start, those since the last decision included."""
    if state.decided is None:
        return state.ready_times
    times = [
        pod.transitioned - pod.started
        for pod in observation.pods
        if pod.transitioned is not None and pod.transitioned > state.decided
        if pod.ready == "True" and pod.started is not None
        if pod.transitioned - pod.started <= LONGEST_START_S
    ]
    return (*state.ready_times, *times)[-_STARTS:]
