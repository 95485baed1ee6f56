"""What the requests that come call for, before their CPU is measured (policy `responsive`). Pure.

Two sizes, of which the larger counts. One carries the mean of the last seconds at the target, and
what has piled up. The other is for bursts, which are over before anybody could answer them: the
size from which on a pod more costs more than the seconds of shortage that it saves (the newsvendor;
Arrow, Harris & Marschak 1951), by the forecast of what comes when a pod asked for now would serve.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from scaler.decision.responsive.forecast import MOST
from scaler.decision.responsive.need import Need

if TYPE_CHECKING:
    from scaler.decision.policy import Policy
    from scaler.decision.responsive.demand import Demand
    from scaler.decision.responsive.fit import Fit
    from scaler.decision.responsive.forecast import Forecast
    from scaler.decision.responsive.traffic import Traffic
    from scaler.decision.types import Load

_SLOW_S = 30.0  # the mean of so long counts in full,
_FAST_S = 10.0  # that of so long less what chance alone may add to it;
_OF_START = 0.25  # where pods start slowly, of so much of their start:
_SLOWEST_S = 60.0  # what ends sooner is over before they serve
_DRAIN_S = 15.0  # what has piled up shall be done within so long
_ODD = 4.0  # standard deviations of what requests leave unexplained
_PRICE = 0.025  # seconds of shortage that a second of a pod is worth, at a target
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
    start_s: float,
    current: int,
) -> Need | None:
    """The larger of both sizes; None where arrivals do not tell the CPU, or are not known."""
    if load is None or not demand.measured or not traffic.tells_cpu:
        return None
    mean_m = _mean_m(demand, traffic, load, start_s)
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


def _mean_m(demand: Demand, traffic: Traffic, load: Load, start_s: float) -> int | None:
    """MilliCPU that what comes takes, and a share of what has piled up."""
    short_s = min(max(_FAST_S, _OF_START * start_s), _SLOWEST_S)
    slow, fast = traffic.lately(max(_SLOW_S, short_s)), traffic.lately(short_s)
    if slow is None or fast is None:
        return None
    fit = traffic.fit
    rate = max(slow, fast - math.sqrt(fast / short_s)) + load.waiting / _DRAIN_S
    return round(fit.rest_m + fit.cost_m * rate)


def unexplained(demand: Demand, traffic: Traffic) -> bool:
    """Whether CPU is far above what the requests of its time explain: they have become dearer, or
    something else works."""
    then, fit = traffic.rate(demand.begun, demand.ended), traffic.fit
    if then is None:
        return True
    return demand.used_m > fit.rest_m + fit.cost_m * then + _ODD * fit.scatter_m


def _for_bursts(policy: Policy, demand: Demand, fit: Fit, forecast: Forecast, current: int) -> int:
    """The size that costs least, shortage included; the current one if it is nearly as good."""
    if forecast.age < _WATCHED_S:
        return 0
    pod_m, price = demand.pod_m, _PRICE * (policy.target_pct / _USUAL_PCT) ** _STEEP
    here, best, least = 1.0 + price * current, 0, math.inf
    rest, cost = fit.rest_m / pod_m, fit.cost_m / pod_m
    for most, short in zip(MOST, forecast.shortages(), strict=False):
        size = math.ceil(rest + cost * most)
        if size <= current:
            here = short + price * current
        elif price * size >= least:
            break  # no larger one is better
        if short + price * size < least:
            best, least = size, short + price * size
    return current if here - least <= _WORTH * price else best
