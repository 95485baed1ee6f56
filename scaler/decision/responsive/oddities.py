"""What keeps a service from being scaled as it should, found without being asked (policy
`responsive`). Each answer is the name of a reason, or empty. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scaler.decision.policy import Policy
    from scaler.decision.responsive.demand import Demand
    from scaler.decision.responsive.traffic import Traffic
    from scaler.decision.types import Observation, Pod

_MARGIN_PCT = 5  # a target so near to saturation could not be told from it
_QUIET_S = 120.0  # CPU of requests is gone so long after the last one
_IDLE_PCT = 2  # of what pods request is used by one that has nothing to do
_SAMPLES = 25.0  # so much weight of samples shows that CPU and requests have nothing in common,
_SPREAD = 0.3  # if requests have varied so much of their mean
_UNRELATED = 0.05  # and explain no more than this
_CRASHES = frozenset({"CrashLoopBackOff", "Error"})


def attainable(policy: Policy, demand: Demand) -> Policy:
    """The policy with a target that pods can exceed before their limit hides what they need."""
    if demand.limit_pct is None:
        return policy
    most = demand.limit_pct * (policy.saturated_pct - _MARGIN_PCT) // 100
    return replace(policy, target_pct=most) if 0 < most < policy.target_pct else policy


def unrelated(policy: Policy, demand: Demand, traffic: Traffic, now: float) -> bool:
    """Whether CPU is high and does not follow the requests: a server that spins, or that works on
    what does not come by the gateways."""
    if 200 * demand.used_m < policy.target_pct * demand.base_m:
        return False
    for since in (traffic.quiet_since, traffic.beyond_since):
        if since is not None and now - since >= _QUIET_S:
            return True
    fit, explained = traffic.fit, traffic.fit.explained
    varied = fit.weight >= _SAMPLES and fit.spread >= _SPREAD
    return varied and explained is not None and explained < _UNRELATED


def silent(demand: Demand, traffic: Traffic) -> bool:
    """Whether nothing comes any more; where no gateway says so, whether pods do nothing."""
    if traffic.counts:
        return traffic.quiet_since is not None
    return bool(demand.measured) and 100 * demand.used_m <= _IDLE_PCT * demand.base_m


def standstill(observation: Observation) -> str:
    """Why no pod is ready, where that is no fault of the metrics."""
    pods = [pod for pod in observation.pods if not pod.deleted]
    if any(pod.ready == "True" for pod in pods):
        return ""
    if any(pod.waiting in _CRASHES for pod in pods):
        return "CrashLoop"
    return "Pending" if all(_pending(pod) for pod in pods) else "Loading"


def short(observation: Observation, demand: Demand) -> str:
    """Why pods stay at their limit although enough have been asked for."""
    if not demand.saturated:
        return ""
    return "Pending" if any(_pending(p) and not p.deleted for p in observation.pods) else ""


def _pending(pod: Pod) -> bool:
    return pod.phase == "Pending" or (bool(pod.waiting) and pod.waiting not in _CRASHES)
