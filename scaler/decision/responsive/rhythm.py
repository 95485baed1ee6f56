"""What a service needs at each hour of the day and of the week (policy `responsive`, setting
`rhythm`). Pure.

The mean need of each hour is kept for two weeks. Of an hour to come a day foretells the lower of
what was needed then on the last two days, so that what came once is no rhythm; a week foretells
what was needed a week before, and wins, since it knows weekends. Neither is believed before it has
foretold well what it had not seen: a whole day, a whole week. It only ever raises the need.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from shared.service.values import changed, variable

if TYPE_CHECKING:
    from collections.abc import Callable

_HOUR_S: Final = 3600
_DAY: Final = 24  # hours
_WEEK: Final = 7 * _DAY
_KEPT: Final = 2 * _WEEK
_TENTHS: Final = 10  # needs are kept in tenths of a pod
_UNKNOWN: Final = -1
_LONGEST_S: Final = 60.0  # from one decision to the next; more of an hour was not seen
_SEEN: Final = 0.5  # of an hour, or its mean is not known
_KNOWN: Final = 0.75  # of the hours that prove a rhythm must be known,
_WASTE: Final = 0.15  # of what they needed may be foretold too much,
_GAIN: Final = 10  # and rises by so many tenths in all must be foretold
_EARLY_S: Final = 60.0  # pods shall be there so long before their hour


@variable
class Rhythm:
    """The `needs` of past hours in tenths of a pod, the latest last; `hour` is under way (hours
    since the epoch; -1: none yet), of which `seconds` were seen, with so many `pod_seconds`, until
    `time`.

    `daily` and `weekly` say which rhythm is believed.
    """

    needs: tuple[int, ...] = ()
    hour: int = -1
    pod_seconds: float = 0.0
    seconds: float = 0.0
    time: float = 0.0
    daily: bool = False
    weekly: bool = False

    def heard(self, replicas: int, now: float) -> Rhythm:
        """The same after so many replicas were needed since the last decision."""
        hour = int(now // _HOUR_S)
        known = self if hour <= self.hour else self._ended(hour)  # clocks are set back, too
        passed = now - self.time
        if not 0 < passed <= _LONGEST_S:
            return changed(known, time=now)
        return changed(
            known,
            time=now,
            pod_seconds=known.pod_seconds + replicas * passed,
            seconds=known.seconds + passed,
        )

    def _ended(self, hour: int) -> Rhythm:
        """The hour under way is over; those until `hour` were not seen."""
        if self.hour < 0 or hour - self.hour > _KEPT:
            return Rhythm(hour=hour)
        seen = self.seconds >= _SEEN * _HOUR_S
        mean = round(_TENTHS * self.pod_seconds / self.seconds) if seen else _UNKNOWN
        gap = (_UNKNOWN,) * (hour - self.hour - 1)
        return _told((*self.needs, mean, *gap)[-_KEPT:], hour)

    def floor(self, ahead_s: float, now: float) -> int:
        """Replicas that are needed now, or when a pod asked for now serves, by the rhythm that is
        believed; 0: by none."""
        hours = {int(now // _HOUR_S), int((now + ahead_s + _EARLY_S) // _HOUR_S)}
        return max(self._pods(hour) for hour in hours)

    def _pods(self, hour: int) -> int:
        at, tenths = len(self.needs) + hour - self.hour, None
        if self.weekly:
            tenths = by_week(self.needs, at)
        elif self.daily:
            tenths = by_day(self.needs, at)
        return 0 if tenths is None else (tenths + _TENTHS // 2) // _TENTHS

    def to_json(self) -> dict[str, Any]:
        """What a successor can go on from."""
        return {
            "needs": list(self.needs),
            "hour": self.hour,
            "pod_seconds": round(self.pod_seconds),
            "seconds": round(self.seconds),
        }

    @staticmethod
    def from_json(data: dict[str, Any]) -> Rhythm:
        """What `to_json` gave."""
        needs = tuple(map(int, data.get("needs") or ()))[-_KEPT:]
        return changed(
            _told(needs, int(data.get("hour", -1))),
            pod_seconds=float(data.get("pod_seconds", 0.0)),
            seconds=float(data.get("seconds", 0.0)),
        )


def by_day(needs: tuple[int, ...], at: int) -> int | None:
    """What the last two days foretell of an hour, by its place among `needs`; None: nothing."""
    one, other = (_of(needs, at - days * _DAY) for days in (1, 2))
    return None if one is None or other is None else min(one, other)


def by_week(needs: tuple[int, ...], at: int) -> int | None:
    """What the last week foretells of it; None: nothing."""
    return _of(needs, at - _WEEK)


def proven(
    needs: tuple[int, ...], foretold: Callable[[tuple[int, ...], int], int | None], hours: int
) -> bool:
    """Whether the last `hours`, of which each was `foretold` by those before it, were foretold:
    some of their rises, and little that was not needed."""
    known = waste = gain = whole = 0
    for at in range(len(needs) - hours, len(needs)):
        need, before, told = _of(needs, at), _of(needs, at - 1), foretold(needs, at)
        if need is None or before is None or told is None:
            continue
        known += 1
        whole += need
        waste += max(0, told - need)
        gain += max(0, min(told, need) - before)
    return known >= _KNOWN * hours and waste <= _WASTE * whole and gain >= _GAIN


def _told(needs: tuple[int, ...], hour: int) -> Rhythm:
    return Rhythm(
        needs,
        hour,
        daily=proven(needs, by_day, _DAY),
        weekly=proven(needs, by_week, _WEEK),
    )


def _of(needs: tuple[int, ...], at: int) -> int | None:
    known = 0 <= at < len(needs) and needs[at] != _UNKNOWN
    return needs[at] if known else None
