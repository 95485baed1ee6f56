"""What policy `hpa` remembers, as Kubernetes' controller does. Pure.

Source: kubernetes/pkg/controller/podautoscaler/horizontal.go (recommendations, scaleUpEvents and
scaleDownEvents of HorizontalController).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scaler.decision.state import State


@dataclass(frozen=True, slots=True)
class Recommendation:
    """A number of replicas that the metric asked for at `time`."""

    replicas: int
    time: float


@dataclass(frozen=True, slots=True)
class ScaleEvent:
    """A change by `change` replicas at `time`; `outdated` ones await reuse of their slot."""

    change: int
    time: float
    outdated: bool = False


@dataclass(frozen=True, slots=True)
class HpaState:
    """Memory of one service; `HpaState()` is that of a newcomer."""

    recommendations: tuple[Recommendation, ...] | None = None
    """None: none yet; the next decision records the current size as the first one, so that a
    restart cannot shrink a service for one window."""
    ups: tuple[ScaleEvent, ...] = ()
    downs: tuple[ScaleEvent, ...] = ()

    @property
    def newest(self) -> float:
        recommended = [entry.time for entry in self.recommendations or ()]
        changed = [event.time for event in (*self.ups, *self.downs)]
        return max([0.0, *recommended, *changed])

    @property
    def learnt(self) -> tuple[object, ...]:
        return ()

    def found_at(self, replicas: int, now: float) -> HpaState:
        here = Recommendation(replicas, now)
        return replace(self, recommendations=(*(self.recommendations or ()), here))

    def held(self, replicas: int, now: float) -> HpaState:
        return self  # an HPA takes no notice of who has set the size

    def holds(self, seconds: float, now: float) -> bool:
        return False

    def interrupted(self) -> HpaState:
        return replace(self, recommendations=None)

    def not_written(self, before: State | None) -> HpaState:
        known = before if isinstance(before, HpaState) else HpaState()
        return replace(self, ups=known.ups, downs=known.downs)

    def after_clock_reset(self) -> HpaState:
        return HpaState()

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @staticmethod
    def from_json(data: dict[str, Any]) -> HpaState:
        """The state written by `to_json`; fields of other versions are left out."""
        past = data.get("recommendations")
        return HpaState(
            None if past is None else tuple(_recommendation(each) for each in past),
            _events(data.get("ups", ())),
            _events(data.get("downs", ())),
        )


def _recommendation(data: dict[str, Any]) -> Recommendation:
    return Recommendation(int(data["replicas"]), float(data["time"]))


def _events(data: Iterable[dict[str, Any]]) -> tuple[ScaleEvent, ...]:
    return tuple(
        ScaleEvent(int(each["change"]), float(each["time"]), bool(each.get("outdated")))
        for each in data
    )
