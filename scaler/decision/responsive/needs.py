"""What a service needs now, by each signal; the largest need wins (policy `responsive`). Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from scaler.decision.responsive.demand import Demand, ceil_div
from shared.service.values import value

if TYPE_CHECKING:
    from scaler.decision.policy import Policy
    from scaler.decision.responsive.traffic import Traffic
    from scaler.decision.types import Load, Observation

_GATEWAY_AGE_S = 15.0  # an older count of requests is not used
_BELIEVED = 0.3  # arrivals that explain less of the CPU tell nothing of it
_DRAIN_S = 20.0  # what has piled up shall be done within so long


@value
class Need:
    """Replicas called for, and the names of the rules that made the number.

    `lasting` is the part of it that was shown, not guessed: only that is held for the window.
    `incomplete` says that a signal which should count is absent, `partial` that a gateway is silent
    and the requests may be more. `demand_m` is the CPU that is
    called for, by the signal of this name. `notes` name what is odd.
    """

    replicas: int
    reasons: tuple[str, ...] = ()
    lasting: int = 0
    incomplete: bool = False
    partial: bool = False
    signal: str = "cpu"
    demand_m: int = 0
    notes: tuple[str, ...] = ()


def need_of(
    observation: Observation, policy: Policy, demand: Demand, traffic: Traffic, now: float
) -> Need | None:
    """The largest need of all signals; None when there is no signal."""
    load, current = gateway_load(observation, now), observation.spec_replicas
    needs = [
        need
        for need in (
            utilisation_need(policy, demand, current) if policy.count_cpu else None,
            arrivals_need(policy, demand, traffic, load, current) if policy.count_cpu else None,
            gateway_need(policy, load, current),
        )
        if need
    ]
    if not needs:
        return None
    largest = max(needs, key=lambda need: need.replicas)
    return replace(
        largest,
        lasting=max(need.lasting for need in needs),
        incomplete=load is None and (policy.in_flight_target is not None or not policy.count_cpu),
        partial=load is not None and not load.whole,
    )


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


def arrivals_need(
    policy: Policy, demand: Demand, traffic: Traffic, load: Load | None, current: int
) -> Need | None:
    """What is measured, and what the requests that have come since add to it or take from it.

    Where pods are at their limit, what they show is no measure: then it is all that comes, and a
    share of what has piled up. None where arrivals do not explain the CPU.
    """
    explained, cost = traffic.fit.explained, traffic.fit.cost_m
    now, then = traffic.now, traffic.rate(demand.begun, demand.ended)
    if load is None or not demand.measured or (explained or 0.0) < _BELIEVED:
        return None
    if now is None or then is None:
        return None
    ahead = demand.shown_m + (explained or 0.0) * cost * (now - then)
    if demand.saturated:
        ahead = max(ahead, cost * (now + (load.in_flight + load.waiting) / _DRAIN_S))
    demand_m = max(0, round(ahead))
    wanted = demand.replicas_for(demand_m, policy.target_pct)
    grows = demand.exceeds(current, demand_m, policy.target_pct, policy.up_permille)
    reasons = ("AboveTarget", "Arrivals") if grows else ()
    replicas = wanted if grows else min(current, wanted)
    return Need(replicas, reasons, wanted, signal="arrivals", demand_m=demand_m)


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
