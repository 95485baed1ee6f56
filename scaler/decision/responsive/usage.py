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
_LATELY: Final = 0.05  # of what is known of their changes is the last one's
_LEAST: Final = 0.5  # parts, below which changes mean nothing
_ROUGH: Final = 0.2  # samples are rough that change by so much of themselves, in the mean:
_ROUGH_PERMILLE: Final = 1200  # then the next one is likely to be lower again,
_SLOW_PERMILLE: Final = 1150  # but who takes longer to start than two of them is asked for sooner
_SLOW_S: Final = 30.0


@value
class Usage:
    """The forecast of CPU, in parts of what a pod can do; `sampled` is the end of the last sample,
    `parts` what it showed (None: not known), and `changes` by what share of themselves samples
    differ from those before them, in the mean.

    Where pods change what they can do, what was foretold fails, and soon counts for nothing.
    """

    forecast: Forecast = field(default_factory=lambda: Forecast(blur=_BLUR))
    sampled: float = 0.0
    parts: float | None = None
    changes: float = 0.0

    def heard(self, demand: Demand, start_s: float, now: float) -> Usage:
        """What is foretold after the samples of `demand`, of which there are, if they are new."""
        since = demand.ended - self.sampled
        if since <= _APART_S:
            return self
        known = self if since <= _GAP_S else Usage()
        parts = _UNIT * demand.low_m / demand.pod_m
        ahead_s, seconds = start_s + now - demand.ended, min(since, _LONGEST_S)
        told = known.forecast.measured(parts, seconds, ahead_s, now)
        return Usage(told, demand.ended, parts, known._changes(parts, seconds / told.age))

    def _changes(self, parts: float, share: float) -> float:
        if self.parts is None:
            return self.changes
        change = abs(parts - self.parts) / max(_LEAST, (parts + self.parts) / 2)
        return self.changes + (change - self.changes) * max(_LATELY, share)

    def up_permille(self, policy: Policy, demand: Demand, start_s: float) -> int:
        """Utilisation from which more is needed, in thousandths of the target: where no tolerance
        is set, higher while samples are rough, but not so high that pods could not show it."""
        usual = policy.up_permille
        if policy.tolerance_up is not None or self.changes < _ROUGH:
            return usual
        rough = _SLOW_PERMILLE if start_s > _SLOW_S else _ROUGH_PERMILLE
        if demand.limit_pct is not None:
            rough = min(rough, 10 * policy.saturated_pct * demand.limit_pct // policy.target_pct)
        return max(usual, rough)

    def cheapest(
        self, policy: Policy, demand: Demand, current: int, most: int | None
    ) -> tuple[int, int | None]:
        """The size for what may come, `most` at most, and the milliCPU that it carries (None:
        nothing is foreseen).

        Within a sample there are seconds with more than its mean, so half of what the target leaves
        free stays free.
        """
        if self.forecast.age < _WATCHED_S:
            return 0, None
        line = newsvendor.Line(0.0, 1 / _UNIT, room=200 / (100 + policy.target_pct))
        pod = newsvendor.price(_PRICE, policy)
        told = self.forecast.shortages
        size, carried = newsvendor.cheapest(told, line, pod, current, most)
        return size, round(carried * demand.pod_m / _UNIT)

    def to_json(self) -> dict[str, Any]:
        """What a successor can go on from."""
        return {
            "forecast": self.forecast.to_json(),
            "sampled": self.sampled,
            "parts": self.parts if self.parts is None else round(self.parts, 3),
            "changes": round(self.changes, 3),
        }

    @staticmethod
    def from_json(data: dict[str, Any]) -> Usage:
        """What `to_json` gave; what others wrote knows less."""
        forecast = Forecast.from_json(data.get("forecast") or {}, _BLUR)
        parts = data.get("parts")
        return Usage(
            forecast,
            float(data.get("sampled", 0.0)),
            None if parts is None else float(parts),
            float(data.get("changes", 0.0)),
        )
