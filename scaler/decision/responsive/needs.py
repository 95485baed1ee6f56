"""What a service needs now, by each signal; the largest need wins (policy `responsive`). Pure."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from scaler.decision.responsive.ahead import arrivals_need, unexplained
from scaler.decision.responsive.demand import ceil_div
from scaler.decision.responsive.need import Need, raised
from scaler.decision.responsive.pods import fell, serves
from shared.service.values import changed

if TYPE_CHECKING:
    from scaler.decision.policy import Policy
    from scaler.decision.responsive.demand import Demand
    from scaler.decision.responsive.state import ResponsiveState
    from scaler.decision.responsive.traffic import Traffic
    from scaler.decision.types import Load, Observation

_GATEWAY_AGE_S = 15.0  # an older count of requests is not used
_CROWD = 2.0  # times what serves, at most, for those who wait
_CROWD_S = 2.0  # and have waited for so long,
_LET_IN_S = 3.0  # where pods have been ready for so long


def need_of(
    observation: Observation,
    policy: Policy,
    demand: Demand,
    state: ResponsiveState,
    start_s: float,
    now: float,
) -> Need | None:
    """The largest need of all signals; None when there is no signal.

    CPU as measured counts only where requests do not tell all of it.
    """
    load, current = gateway_load(observation, now), observation.spec_replicas
    cpu, arrivals, traffic = None, None, state.traffic
    if policy.count_cpu:
        most = _most(policy, state, current, now)
        arrivals = arrivals_need(
            policy, demand, traffic, state.forecast, load, start_s, current, most
        )
        if arrivals is None or unexplained(demand, traffic):
            cpu = cpu_need(policy, demand, state, start_s, current, most)
    slots = gateway_need(policy, load, current)
    if arrivals is None and slots is None and (demand.measured or not policy.count_cpu):
        slots = crowd_need(observation, policy, traffic, load, now)
    found = (cpu, arrivals, slots)
    needs = [need for need in found if need]
    if not needs:
        return None
    largest = max(needs, key=lambda need: need.replicas)
    lasting = max([need.lasting for need in needs])
    incomplete = load is None and (policy.in_flight_target is not None or not policy.count_cpu)
    partial = load is not None and not load.whole
    if lasting == largest.lasting and not (incomplete or partial):
        return largest
    return changed(largest, lasting=lasting, incomplete=incomplete, partial=partial)


def utilisation_need(policy: Policy, demand: Demand, permille: int, current: int) -> Need | None:
    """Measured demand over the target, from `permille` of it on; pods at their limit count for more
    than they show.

    It is compared with what all replicas asked for will carry, so pods that are still starting
    are not asked for twice. To shrink, unseen pods count as busy as they may be.
    """
    if not demand.measured:
        return None
    wanted = demand.replicas_for(demand.low_m, policy.target_pct)
    careful = demand.replicas_for(demand.high_m, policy.target_pct)
    lasting = demand.replicas_for(demand.shown_m, policy.target_pct)
    if not demand.exceeds(current, demand.low_m, policy.target_pct, permille):
        return Need(min(current, max(wanted, careful)), (), lasting, demand_m=demand.low_m)
    reasons = ("AboveTarget", "Saturated") if demand.saturated else ("AboveTarget",)
    return Need(wanted, reasons, lasting, demand_m=demand.low_m)


def _most(policy: Policy, state: ResponsiveState, current: int, now: float) -> int | None:
    """How many replicas bursts may call for at most; None: as many as they may need.

    While nothing comes at all they are no reason to grow, for nothing speaks for more than before;
    and after the longest window none to be kept.
    """
    if state.silent_since is None:
        return None
    return current if state.expectant(policy, now) else 0


def cpu_need(
    policy: Policy,
    demand: Demand,
    state: ResponsiveState,
    start_s: float,
    current: int,
    most: int | None,
) -> Need | None:
    """What is measured, and what may come, `most` at most, if it was measured for long enough."""
    permille = state.usage.up_permille(policy, demand, start_s)
    need = utilisation_need(policy, demand, permille, current)
    if need is None:
        return None
    size, foreseen_m = state.usage.cheapest(policy, demand, current, most)
    if foreseen_m is None:
        return need
    return raised(changed(need, foreseen_m=foreseen_m), size, "Bursts", current)


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


def crowd_need(
    observation: Observation, policy: Policy, traffic: Traffic, load: Load | None, now: float
) -> Need | None:
    """The size at which none would wait, and slots would be taken to the target: what requests take
    is not known.

    Requests wait only where every slot of every pod is taken, which is all that pods can do. How
    long they take is not known either, so no more than twice the pods that serve, and no fewer than
    there are; and those who wait had some seconds to be let in by them. More of what falls over
    would fall over too.
    """
    since = traffic.waiting_since
    if load is None or since is None or policy.in_flight_target is not None:
        return None
    pods = [pod for pod in observation.pods if not pod.deleted]
    serving = sum([serves(pod, now - _LET_IN_S) for pod in pods])
    if now - since < _CROWD_S or not serving or any(fell(pod, now) for pod in pods):
        return None
    share = (1 + load.waiting / max(1, load.in_flight)) * 100 / policy.target_pct
    wanted = math.ceil(serving * min(_CROWD, share))
    return Need(max(wanted, observation.spec_replicas), ("Waiting",), wanted, signal="slots")
