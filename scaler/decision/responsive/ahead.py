"""What the requests that come call for, before their CPU is measured (policy `responsive`). Pure.

Two sizes, of which the larger counts. One carries the mean of the last seconds at the target, and
what has piled up. The other is for bursts, which are over before anybody could answer them: the
cheapest one by the forecast of what comes when a pod asked for now would serve (see `newsvendor`).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from scaler.decision.responsive import newsvendor
from scaler.decision.responsive.need import Need, raised

if TYPE_CHECKING:
    from scaler.decision.policy import Policy
    from scaler.decision.responsive.demand import Demand
    from scaler.decision.responsive.fit import Fit
    from scaler.decision.responsive.forecast import Forecast
    from scaler.decision.responsive.traffic import Traffic
    from scaler.decision.types import Load

_SLOW_S = 30.0  # the mean of so long counts in full,
FAST_S = 10.0  # that of so long less what chance alone may add to it;
_OF_START = 0.25  # where pods start slowly, of so much of their start:
_SLOWEST_S = 60.0  # what ends sooner is over before they serve
DRAIN_S = 15.0  # what has piled up shall be done within so long
_PRICE = 0.02  # seconds of shortage that a second of a pod is worth
_ENOUGH = 0.95  # of what a burst takes: it waits no longer than can be measured
_WATCHED_S = 15.0  # a forecast from less is none


def arrivals_need(
    policy: Policy,
    demand: Demand,
    traffic: Traffic,
    forecast: Forecast,
    load: Load | None,
    start_s: float,
    current: int,
    most: int | None,
) -> Need | None:
    """The larger of both sizes, `most` at most for bursts; None where arrivals do not tell the CPU,
    or are not known."""
    if load is None or not demand.measured or not traffic.tells_cpu:
        return None
    fit = traffic.told
    mean_m = _mean_m(fit, traffic, load, start_s)
    if mean_m is None:
        return None
    wanted = demand.replicas_for(mean_m, policy.target_pct)
    grows = demand.exceeds(current, mean_m, policy.target_pct, policy.up_permille)
    steady = wanted if grows else min(current, wanted)
    bursts, foreseen_m = _for_bursts(policy, demand, fit, forecast, current, most)
    reasons = ("AboveTarget", "Arrivals") if grows else ()
    need = Need(steady, reasons, wanted, signal="arrivals", demand_m=mean_m, foreseen_m=foreseen_m)
    return raised(need, bursts, "Bursts", current)


def _mean_m(fit: Fit, traffic: Traffic, load: Load, start_s: float) -> int | None:
    """MilliCPU that what comes takes, and a share of what has piled up."""
    short_s = min(max(FAST_S, _OF_START * start_s), _SLOWEST_S)
    slow, fast = traffic.lately(max(_SLOW_S, short_s)), traffic.lately(short_s)
    if slow is None or fast is None:
        return None
    rate = max(slow, fast - math.sqrt(fast / short_s)) + load.waiting / DRAIN_S
    return round(fit.used_m(rate))


def unexplained(demand: Demand, traffic: Traffic) -> bool:
    """Whether requests leave much of the CPU unexplained, or of its time are not known at all: they
    differ, they have become dearer, or something else works; or not enough of them were seen yet,
    for pods at their limit teach nothing."""
    fit = traffic.fit
    known = traffic.rate(demand.begun, demand.ended) is not None and fit.believed
    return not known or fit.loose or traffic.dearer or traffic.astray


def _for_bursts(
    policy: Policy, demand: Demand, fit: Fit, forecast: Forecast, current: int, most: int | None
) -> tuple[int, int | None]:
    """The size for them, and the milliCPU that the best one carries (None: nothing is foreseen)."""
    if forecast.age < _WATCHED_S:
        return 0, None
    pod_m = demand.pod_m
    line = newsvendor.Line(fit.rest_m / pod_m, _ENOUGH * fit.cost_m / pod_m)
    pod = newsvendor.price(_PRICE, policy)
    size, carried = newsvendor.cheapest(forecast.shortages, line, pod, current, most)
    return size, round(fit.used_m(carried))
