"""How much demand pods at their limit hide (policy `responsive`). Pure.

They show no more than the limit, so that the demand beyond it is a guess. Each overload shows
afterwards what the guess was worth: where it was over before a pod could serve, nothing was hidden.
"""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from scaler.decision.responsive.state import Surge
from shared.service.values import changed

if TYPE_CHECKING:
    from scaler.decision.policy import Policy
    from scaler.decision.responsive.demand import Demand
    from scaler.decision.responsive.state import ResponsiveState

_KEPT = 8  # so many overloads are remembered


def factor(policy: Policy, state: ResponsiveState) -> float:
    """As how many times its limit a pod at it counts; without any overload, half of the way."""
    most = policy.saturation_factor
    found = median(state.surges) if state.surges else (1 + most) / 2
    return max(1.0, min(found, most))


def watch(state: ResponsiveState, demand: Demand, start_s: float, now: float) -> ResponsiveState:
    """An overload is noted when half of the pods are at their limit, and judged by the first sample
    without one that begins when a pod asked for then could serve."""
    surge, full = state.surge, 0 < demand.measured <= 2 * demand.saturated
    if surge is None:
        return changed(state, surge=Surge(now, demand.used_m)) if full else state
    if full or not demand.measured or demand.begun < surge.time + start_s:
        return state
    found = round(demand.used_m / surge.used_m, 2)
    return changed(state, surge=None, surges=(*state.surges, found)[-_KEPT:])
