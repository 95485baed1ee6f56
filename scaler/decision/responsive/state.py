"""What policy `responsive` remembers from one decision to the next. Pure."""

from __future__ import annotations

from dataclasses import asdict, field
from typing import TYPE_CHECKING, Any

from scaler.decision.responsive.forecast import Forecast
from scaler.decision.responsive.rhythm import Rhythm
from scaler.decision.responsive.traffic import Traffic
from scaler.decision.responsive.usage import Usage
from shared.service.values import changed, value, variable

if TYPE_CHECKING:
    from scaler.decision.policy import Policy
    from scaler.decision.responsive.demand import Measured
    from scaler.decision.state import State


@value
class Recommendation:
    """A number of replicas that was needed at `time`, the last time of `seconds` on end."""

    replicas: int
    time: float
    seconds: float = 0.0


@value
class DemandReturn:
    """At `time` demand came back to `replicas`, which it had left `gap_s` seconds before."""

    gap_s: float
    time: float
    replicas: int = 0


@value
class Surge:
    """At `time` pods were at their limit, and used `used_m` milliCPU in all."""

    time: float
    used_m: int


@variable
class ResponsiveState:
    """Memory of one service; `ResponsiveState()` is that of a newcomer. Times are unix seconds."""

    recommendations: tuple[Recommendation, ...] = ()
    """What was needed within the longest window."""
    grown: float | None = None
    """When the last step up was taken."""
    shrunk: float | None = None
    """When the last step down was taken."""
    burst_until: float | None = None
    failures: int = 0
    """Observations in a row without usable samples."""
    ready_times: tuple[float, ...] = ()
    """Seconds from start to ready of the last pods seen to become ready."""
    decided: float | None = None
    """When the last decision was made; None: never, or the service was left alone since."""
    since: float = 0.0
    """Since when decisions were made without a long pause."""
    newborn: bool = False
    """Whether the service itself was new then, so that nothing of it was missed."""
    returns: tuple[DemandReturn, ...] = ()
    """How often, and after how long, demand has come back."""
    hold: Recommendation | None = None
    """A larger size that somebody else has set, and when."""
    served: bool = False
    """Whether a pod was ever seen ready."""
    surplus_since: float | None = None
    """Since when a step down waits for pods without a request."""
    silent_since: float | None = None
    """Since when nothing comes any more; a successor counts anew."""
    surge: Surge | None = None
    """The overload that is watched, to see what it hides."""
    surges: tuple[float, ...] = ()
    """What was used after each of the last overloads, as a multiple of what was used in it."""
    traffic: Traffic = field(default_factory=Traffic)
    forecast: Forecast = field(default_factory=Forecast)
    usage: Usage = field(default_factory=Usage)
    rhythm: Rhythm = field(default_factory=Rhythm)
    measured: Measured | None = None
    """What was measured last, which is not kept: it is measured again."""

    @property
    def newest(self) -> float:
        last = self.recommendations[-1].time if self.recommendations else 0.0
        return max(last, self.decided or 0.0, self.grown or 0.0, self.shrunk or 0.0)

    @property
    def learnt(self) -> tuple[object, ...]:
        return (
            *self.returns,
            *self.ready_times,
            *self.surges,
            *((self.hold,) if self.hold else ()),
            *((self.rhythm.hour,) if self.rhythm.needs else ()),
        )

    def expectant(self, policy: Policy, now: float) -> bool:
        """Whether nothing comes, and yet all may come back: for no longer than a need is known."""
        return self.silent_since is not None and now - self.silent_since < policy.longest_window_s

    def found_at(self, replicas: int, now: float) -> ResponsiveState:
        here = Recommendation(replicas, now)
        return changed(self, recommendations=(*self.recommendations, here))

    def held(self, replicas: int, now: float) -> ResponsiveState:
        return changed(self, hold=Recommendation(replicas, now))

    def holds(self, seconds: float, now: float) -> bool:
        return self.hold is not None and self.hold.replicas > 0 and now - self.hold.time < seconds

    def stepped(self, change: int, now: float) -> ResponsiveState:
        """The state after a change of the size by `change` replicas at `now`."""
        if change > 0:
            return changed(self, grown=now)
        return changed(self, shrunk=now, surplus_since=None) if change else self

    def interrupted(self) -> ResponsiveState:
        return changed(self, recommendations=(), decided=None, hold=None, surplus_since=None)

    def not_written(self, before: State | None) -> ResponsiveState:
        known = before if isinstance(before, ResponsiveState) else ResponsiveState()
        return changed(self, grown=known.grown, shrunk=known.shrunk)

    def after_clock_reset(self) -> ResponsiveState:
        return ResponsiveState(ready_times=self.ready_times, served=self.served, surges=self.surges)

    def to_json(self) -> dict[str, Any]:
        blank = {"forecast": Forecast(), "usage": Usage(), "rhythm": Rhythm()}
        plain = asdict(changed(self, traffic=Traffic(), measured=None, **blank))
        del plain["measured"], plain["silent_since"]
        return plain | {
            "traffic": self.traffic.to_json(),
            "forecast": self.forecast.to_json(),
            "usage": self.usage.to_json(),
            "rhythm": self.rhythm.to_json(),
        }

    @staticmethod
    def from_json(data: dict[str, Any]) -> ResponsiveState:
        """The state written by `to_json`; fields of other versions are left out."""
        return ResponsiveState(
            recommendations=tuple(map(_recommendation, data.get("recommendations") or ())),
            grown=_time(data.get("grown")),
            shrunk=_time(data.get("shrunk")),
            burst_until=_time(data.get("burst_until")),
            failures=int(data.get("failures", 0)),
            ready_times=tuple(float(each) for each in data.get("ready_times", ())),
            decided=_time(data.get("decided")),
            since=float(data.get("since", 0.0)),
            newborn=bool(data.get("newborn", False)),
            hold=_recommendation(data["hold"]) if data.get("hold") else None,
            served=bool(data.get("served", False)),
            surge=_surge(data["surge"]) if data.get("surge") else None,
            surges=tuple(map(float, data.get("surges", ()))),
            surplus_since=_time(data.get("surplus_since")),
            traffic=Traffic.from_json(data.get("traffic") or {}),
            forecast=Forecast.from_json(data.get("forecast") or {}),
            usage=Usage.from_json(data.get("usage") or {}),
            rhythm=Rhythm.from_json(data.get("rhythm") or {}),
            returns=tuple(
                DemandReturn(
                    float(each["gap_s"]), float(each["time"]), int(each.get("replicas", 0))
                )
                for each in data.get("returns", ())
            ),
        )


def _recommendation(data: dict[str, Any]) -> Recommendation:
    return Recommendation(
        int(data["replicas"]), float(data["time"]), float(data.get("seconds", 0.0))
    )


def _surge(data: dict[str, Any]) -> Surge:
    return Surge(float(data["time"]), int(data["used_m"]))


def _time(value: Any) -> float | None:
    return None if value is None else float(value)
