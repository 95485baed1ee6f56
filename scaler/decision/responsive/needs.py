"""What a service needs now, by each signal; the largest need wins (policy `responsive`). Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from scaler.decision.responsive.demand import Demand, ceil_div
from shared.service.values import value

if TYPE_CHECKING:
    from scaler.decision.policy import Policy
    from scaler.decision.types import Load, Observation

_GATEWAY_AGE_S = 15.0  # an older count of requests is not used


@value
class Need:
    """Replicas called for, and the names of the rules that made the number.

    `lasting` is the part of it that was shown, not guessed: only that is held for the window.
    `incomplete` says that a signal which should count is absent.
    """

    replicas: int
    reasons: tuple[str, ...] = ()
    lasting: int = 0
    incomplete: bool = False


def need_of(observation: Observation, policy: Policy, demand: Demand, now: float) -> Need | None:
    """The largest need of all signals; None when there is no signal."""
    load = gateway_load(observation, policy, now)
    needs = [
        need
        for need in (
            utilisation_need(policy, demand, observation.spec_replicas),
            gateway_need(policy, load, observation.spec_replicas),
        )
        if need
    ]
    if not needs:
        return None
    largest = max(needs, key=lambda need: need.replicas)
    return replace(
        largest,
        lasting=max(need.lasting for need in needs),
        incomplete=policy.in_flight_target is not None and load is None,
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
        return Need(min(current, max(wanted, careful)), (), lasting)
    reasons = ("AboveTarget", "Saturated") if demand.saturated else ("AboveTarget",)
    return Need(wanted, reasons, lasting)


def gateway_load(observation: Observation, policy: Policy, now: float) -> Load | None:
    """The gateway's count of requests, if the policy wants it and it is fresh."""
    load = observation.load
    if policy.in_flight_target is None or load is None or now - load.time > _GATEWAY_AGE_S:
        return None
    return load


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
    return Need(wanted, ("GatewayLoad",), ceil_div(load.in_flight, target))
