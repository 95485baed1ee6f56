"""What the requests that come call for, before their CPU is measured (policy `responsive`). Pure.

Two sizes, of which the larger counts. One carries the mean of the last seconds at the target, and
what has piled up. The other is for bursts, which are over before anybody could answer them: the
size from which on a pod more costs more than the seconds of shortage that it saves (the newsvendor;
Arrow, Harris & Marschak 1951), by the forecast of what comes when a pod asked for now would serve.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from scaler.decision.responsive.forecast import most_of
from scaler.decision.responsive.need import Need

if TYPE_CHECKING:
    from scaler.decision.policy import Policy
    from scaler.decision.responsive.demand import Demand
    from scaler.decision.responsive.fit import Fit
    from scaler.decision.responsive.forecast import Forecast
    from scaler.decision.responsive.traffic import Traffic
    from scaler.decision.types import Load

_SLOW_S = 30.0  # the mean of so long counts in full,
_FAST_S = 10.0  # that of so long less what chance alone may add to it
_DRAIN_S = 15.0  # what has piled up shall be done within so long
_ODD = 4.0  # CPU so many standard deviations above what the requests explain counts, too
_PRICE = 0.03  # seconds of shortage that a second of a pod is worth, at a target
_USUAL_PCT = 80  # of so much,
_STEEP = 4  # and so steeply less at a lower one
_WORTH = 0.5  # of the price of a pod must be saved by another size
_WATCHED_S = 60.0  # a forecast from less is none


def arrivals_need(
    policy: Policy,
    demand: Demand,
    traffic: Traffic,
    forecast: Forecast,
    load: Load | None,
    current: int,
) -> Need | None:
    """The larger of both sizes; None where arrivals do not tell the CPU, or are not known."""
    if load is None or not demand.measured or not traffic.tells_cpu:
        return None
    mean_m = _mean_m(demand, traffic, load)
    if mean_m is None:
        return None
    wanted = demand.replicas_for(mean_m, policy.target_pct)
    grows = demand.exceeds(current, mean_m, policy.target_pct, policy.up_permille)
    steady = wanted if grows else min(current, wanted)
    bursts = _for_bursts(policy, demand, traffic.fit, forecast, current)
    if bursts > max(steady, current):
        return Need(bursts, ("Bursts",), bursts, signal="arrivals", demand_m=mean_m)
    reasons = ("AboveTarget", "Arrivals") if grows else ()
    return Need(
        max(steady, bursts), reasons, max(wanted, bursts), signal="arrivals", demand_m=mean_m
    )


def _mean_m(demand: Demand, traffic: Traffic, load: Load) -> int | None:
    """MilliCPU that what comes takes; with what the CPU shows beyond that."""
    slow, fast = traffic.lately(_SLOW_S), traffic.lately(_FAST_S)
    then = traffic.rate(demand.begun, demand.ended)
    if slow is None or fast is None or then is None:
        return None
    fit = traffic.fit
    rate = max(slow, fast - math.sqrt(fast / _FAST_S)) + load.waiting / _DRAIN_S
    odd = demand.shown_m - fit.rest_m - fit.cost_m * then - _ODD * fit.scatter_m
    return round(fit.rest_m + fit.cost_m * rate + max(0.0, odd))


def _for_bursts(policy: Policy, demand: Demand, fit: Fit, forecast: Forecast, current: int) -> int:
    """The size that costs least, shortage included; the current one if it is nearly as good."""
    if forecast.age < _WATCHED_S:
        return 0
    pod_m, price = demand.pod_m, _PRICE * (policy.target_pct / _USUAL_PCT) ** _STEEP
    here, best, least = 1.0 + price * current, 0, math.inf
    for at, short in enumerate(forecast.shortages()):
        size = math.ceil((fit.rest_m + fit.cost_m * most_of(at)) / pod_m)
        if size <= current:
            here = short + price * current
        if short + price * size < least:
            best, least = size, short + price * size
    return current if here - least <= _WORTH * price else best
