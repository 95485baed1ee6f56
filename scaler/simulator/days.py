"""Days that are alike, for what a rhythm of them is worth. Only by name, for they take long."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scaler.simulator.scenario import Scenario

if TYPE_CHECKING:
    from random import Random

_HOUR_S: Final = 3600
_DAY_S: Final = 24 * _HOUR_S
_RISE_S: Final = 300
_LATE_S: Final = 300  # so much earlier or later do people begin, by chance
_DAYS: Final = 6


def working_days(random: Random, seconds: int, peak: float) -> list[float]:
    """Work from eight to six with an hour's half of it at noon, and a tenth at night; each day has
    its own height, and its own minutes at which people come and go."""
    curve: list[float] = []
    while len(curve) < seconds:
        high, night = peak * random.uniform(0.8, 1.0), 0.1 * peak
        noon = (high + night) / 2
        changes = [(8, high), (12, noon), (13, high), (18, night)]
        day, level = [night] * _DAY_S, night
        for hour, after in changes:
            begin = hour * _HOUR_S + random.randint(-_LATE_S, _LATE_S)
            rise = [level + (after - level) * step / _RISE_S for step in range(_RISE_S)]
            day[begin:] = (rise + [after] * _DAY_S)[: _DAY_S - begin]
            level = after
        curve += day
    return curve[:seconds]


DAYS: Final = {
    scenario.name: scenario
    for scenario in (Scenario("working-days", working_days, seconds=_DAYS * _DAY_S, noise=0.05),)
}
"""By name."""
