"""What samples of CPU foretell where no requests tell it (policy `responsive`). Pure.

They are means of many seconds and come late; but what they have shown over the last hour tells,
better than the last of them, how much may be used when a pod asked for now would serve.
"""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Any, Final

from scaler.decision.responsive import newsvendor
from scaler.decision.responsive.forecast import Forecast
from shared.service.values import value

if TYPE_CHECKING:
    from scaler.decision.policy import Policy
    from scaler.decision.responsive.demand import Demand

_UNIT: Final = 4  # a pod's CPU is told in so many parts
_BLUR: Final = (0.3, 0.2, 0.1, 0.05)  # shares of a bin and of those beside it on either side
_PRICE: Final = 0.055  # share of the samples above what pods can do that a pod is worth
_WATCHED_S: Final = 60.0  # a forecast from less is none
_LONGEST_S: Final = 15.0  # a sample tells of no more than so long
_GAP_S: Final = 120.0  # who has seen nothing for so long begins anew
_APART_S: Final = 10.0  # samples that end so near to one another are of the same seconds


@value
class Usage:
    """The forecast of CPU, in parts of what a pod can do; `sampled` is the end of the last sample.

    Where pods change what they can do, what was foretold fails, and soon counts for nothing.
    """

    forecast: Forecast = field(default_factory=lambda: Forecast(blur=_BLUR))
    sampled: float = 0.0

    def heard(self, demand: Demand, start_s: float, now: float) -> Usage:
        """What is foretold after the samples of `demand`, of which there are, if they are new."""
        since = demand.ended - self.sampled
        if since <= _APART_S:
            return self
        known = self.forecast if since <= _GAP_S else Usage().forecast
        pods = _UNIT * demand.low_m / demand.pod_m
        ahead_s = start_s + now - demand.ended
        told = known.measured(pods, min(since, _LONGEST_S), ahead_s, now)
        return Usage(told, demand.ended)

    def cheapest(
        self, policy: Policy, demand: Demand, current: int, silent: bool
    ) -> tuple[int, int | None]:
        """The size for what may come, and the milliCPU that it carries (None: nothing is foreseen).

        Within a sample there are seconds with more than its mean, so half of what the target leaves
        free stays free.
        """
        if self.forecast.age < _WATCHED_S:
            return 0, None
        line = newsvendor.Line(0.0, 1 / _UNIT, room=200 / (100 + policy.target_pct))
        pod = newsvendor.price(_PRICE, policy)
        told = self.forecast.shortages
        size, carried = newsvendor.cheapest(told, line, pod, current, silent)
        return size, round(carried * demand.pod_m / _UNIT)

    def to_json(self) -> dict[str, Any]:
        """What a successor can go on from."""
        return {"forecast": self.forecast.to_json(), "sampled": self.sampled}

    @staticmethod
    def from_json(data: dict[str, Any]) -> Usage:
        """What `to_json` gave."""
        forecast = Forecast.from_json(data.get("forecast") or {}, _BLUR)
        return Usage(forecast, float(data.get("sampled", 0.0)))
