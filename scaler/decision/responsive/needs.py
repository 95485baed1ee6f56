"""What a service needs now, by each signal; the largest need wins (policy `responsive`). Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from scaler.decision.responsive.ahead import arrivals_need, unexplained
from scaler.decision.responsive.demand import ceil_div
from scaler.decision.responsive.need import Need

if TYPE_CHECKING:
    from scaler.decision.policy import Policy
    from scaler.decision.responsive.demand import Demand
    from scaler.decision.responsive.forecast import Forecast
    from scaler.decision.responsive.traffic import Traffic
    from scaler.decision.types import Load, Observation

_GATEWAY_AGE_S = 15.0  # an older count of requests is not used


def need_of(
    observation: Observation,
    policy: Policy,
    demand: Demand,
    traffic: Traffic,
    forecast: Forecast,
    start_s: float,
    now: float,
) -> Need | None:
    """The largest need of all signals; None when there is no signal.

    CPU as measured counts only where requests do not tell it, or it is far above what they do.
    """
    load, current = gateway_load(observation, now), observation.spec_replicas
    cpu = arrivals = None
    if policy.count_cpu:
        arrivals = arrivals_need(policy, demand, traffic, forecast, load, start_s, current)
        if arrivals is None or unexplained(demand, traffic):
            cpu = utilisation_need(policy, demand, current)
    found = (cpu, arrivals, gateway_need(policy, load, current))
    needs = [need for need in found if need]
    if not needs:
        return None
    largest = max(needs, key=lambda need: need.replicas)
    lasting = max([need.lasting for need in needs])
    incomplete = load is None and (policy.in_flight_target is not None or not policy.count_cpu)
    partial = load is not None and not load.whole
    if lasting == largest.lasting and not (incomplete or partial):
        return largest
    return replace(largest, lasting=lasting, incomplete=incomplete, partial=partial)


def utilisation_need(policy: Policy, demand: Demand, current: int) -> Need | None:
    """Measured demand over the target; pods at their limit count for more than they show.

    It is compared with what all replicas asked for will carry, so pods that are still starting
    are not asked for twice. To shrink, unseen pods count as busy as they may be.
    """
    if not demand.measured:
        return None
    wanted = demand.replicas_for(demand.low_m, policy.target_pct)
    careful = demand.replicas_for(demand.high_m, policy.target_pct)
    lasting = demand.replicas_for(demand.shown_m, policy.target_pct)
    if not demand.exceeds(current, demand.low_m, policy.target_pct, policy.up_permille):
        return Need(min(current, max(wanted, careful)), (), lasting, demand_m=demand.low_m)
    reasons = ("AboveTarget", "Saturated") if demand.saturated else ("AboveTarget",)
    return Need(wanted, reasons, lasting, demand_m=demand.low_m)


def gateway_load(observation: Observation, now: float) -> Load | None:
    """The gateways' count of requests, if it is fresh."""
    load = observation.load
    return None if load is None or now - load.time > _GATEWAY_AGE_S else load


def gateway_need(policy: Policy, load: Load | None, current: int) -> Need | None:
    """Requests in flight and waiting over what a pod should have in flight; within the tolerance
    above it, the current size will do.

    Waiting ones call for pods, but they will be served: they do not count as lasting.
    """
    target = policy.in_flight_target
    if target is None or load is None:
        return None
    requests = load.in_flight + load.waiting
    wanted = ceil_div(requests, target)
    if wanted > current and 1000 * requests <= current * target * policy.up_permille:
        wanted = current
    return Need(wanted, ("GatewayLoad",), ceil_div(load.in_flight, target), signal="slots")
