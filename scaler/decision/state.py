"""What a decision remembers of the ones before it; to and from JSON, so that a restart knows it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Recommendation:
    """A number of replicas that was called for at `time`, the last time of `seconds` on end.

    Policy hpa does not count the seconds.
    """

    replicas: int
    time: float
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class ScaleEvent:
    """A change by `change` replicas at `time`; `outdated` ones await reuse of their slot."""

    change: int
    time: float
    outdated: bool = False


@dataclass(frozen=True, slots=True)
class Return:
    """At `time` demand came back to `replicas`, which it had left `gap_s` seconds before."""

    gap_s: float
    time: float
    replicas: int = 0


@dataclass(frozen=True, slots=True)
class State:
    """Memory of one service between two decisions; `State()` is that of a newcomer.

    `recommendations` None means that nothing was ever recommended: the first decision then records
    the current size, so that a restart cannot shrink a service for one window.
    """

    recommendations: tuple[Recommendation, ...] | None = None
    ups: tuple[ScaleEvent, ...] = ()
    downs: tuple[ScaleEvent, ...] = ()
    burst_until: float | None = None
    failures: int = 0
    ready_times: tuple[float, ...] = ()
    """Seconds from start to ready of the last pods seen to become ready."""
    decided: float | None = None
    """When the last decision was made."""
    since: float = 0.0
    """Since when decisions were made without a long pause."""
    returns: tuple[Return, ...] = ()
    """How often, and after how long, demand has come back."""

    @property
    def newest(self) -> float:
        """The latest time at which anything was remembered."""
        needs = [entry.time for entry in self.recommendations or ()]
        steps = [entry.time for entry in (*self.ups, *self.downs)]
        return max([self.decided or 0.0, *needs, *steps])

    @property
    def learnt(self) -> tuple[object, ...]:
        """What took long to find out, and is worth keeping although no size changes."""
        return self.returns, self.ready_times

    def found_at(self, replicas: int, now: float) -> State:
        """The state that has found the service at a size of `replicas` at `now`.

        It counts as recommended then, so that nothing shrinks for one window after a restart.
        """
        here = Recommendation(replicas, now)
        return replace(self, recommendations=(*(self.recommendations or ()), here))

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; `from_json` gives the state back."""
        return asdict(self)

    @staticmethod
    def from_json(data: dict[str, Any]) -> State:
        """The state written by `to_json`.

        Fields of another version are left out or take their defaults, so that an upgrade does not
        lose the rest. Raises ValueError when a field has the wrong form.
        """
        try:
            return _parse(data)
        except (TypeError, KeyError, AttributeError) as error:
            raise ValueError(f"state: {error}; delete it to begin anew") from error


def _parse(data: dict[str, Any]) -> State:
    known = {field.name: data[field.name] for field in fields(State) if field.name in data}
    if known.get("recommendations") is not None:
        known["recommendations"] = tuple(Recommendation(**r) for r in known["recommendations"])
    for name in ("ups", "downs"):
        known[name] = tuple(ScaleEvent(**event) for event in known.get(name, ()))
    known["returns"] = tuple(Return(**one) for one in known.get("returns", ()))
    known["ready_times"] = tuple(float(t) for t in known.get("ready_times", ()))
    return State(**known)
