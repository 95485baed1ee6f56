"""What requests call for while no pod can be measured, as after a wake (policy `responsive`).

No pod can be measured then, but what a request costs is remembered from before. It is proportionate
to the requests, not to CPU, so that a service that only loads is not taken for an overloaded one.
Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaler.decision.responsive.ahead import DRAIN_S, FAST_S
from scaler.decision.responsive.demand import ceil_div
from scaler.decision.responsive.need import Need
from scaler.decision.responsive.needs import crowd_need
from scaler.decision.responsive.steps import up_step

if TYPE_CHECKING:
    from scaler.decision.policy import Policy
    from scaler.decision.responsive.traffic import Traffic
    from scaler.decision.types import Load, Observation, Pod


def waiting_need(
    observation: Observation,
    policy: Policy,
    traffic: Traffic,
    load: Load | None,
    start_s: float,
    now: float,
) -> Need | None:
    """The size that would keep up with what comes and, within a start-up more, do what waits.

    Where nothing is known of what a request costs, by those who wait; None where nobody does, or
    nothing is known of what comes.
    """
    base_m, cost_m = _base_m(observation, policy), traffic.price.cost_m
    if load is None or not base_m or not policy.count_cpu:
        return None
    if not cost_m:
        return crowd_need(observation, policy, traffic, load, now)
    rate = traffic.lately(FAST_S)
    if rate is None or traffic.lasting:
        return None
    rate += load.waiting / max(DRAIN_S, start_s)
    demand_m = round(cost_m * rate)
    wanted = ceil_div(demand_m * 100, policy.target_pct * base_m)
    most, limits = up_step(policy, observation.spec_replicas, wanted)
    reasons = ("Waiting", "Arrivals", *limits) if load.waiting else ("Arrivals", *limits)
    return Need(most, reasons, most, signal="arrivals", demand_m=demand_m)


def _base_m(observation: Observation, policy: Policy) -> int:
    """What a pod requests, in the mean of those that are not ending; 0: there is none."""
    bases = [_requested_m(pod, policy) for pod in observation.pods if not pod.deleted]
    return sum(bases) // len(bases) if bases else 0


def _requested_m(pod: Pod, policy: Policy) -> int:
    stated = [c.request_m or c.limit_m or policy.default_request_m for c in pod.containers]
    return pod.request_m or sum(stated)
