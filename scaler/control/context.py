"""What the parts of the control loop share, and what is asked of the cluster around them.

Whoever builds a loop (`run`, a test, a benchmark) fills these in; nothing here knows how.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from scaler.cluster.catalog import Catalog, Target
    from scaler.control.actuator import Outcome
    from scaler.control.standing import Standing
    from scaler.decision import Decision
    from scaler.sources.quality import Fault
    from shared.runtime.clock import Clock
    from shared.runtime.tasks import Supervisor
    from shared.service.objects import Obj
    from shared.service.sizing import Setting


class Listener(Protocol):
    """Who is told what the loop does; `scaler.report.reporter.Reporter` is one."""

    def ticked(self, seconds: float, interval: float) -> None:
        """A tick is done, which took `seconds` and has `interval`."""

    def retain(self, names: Set[str]) -> None:
        """There are no other services than these any more."""

    def broken(self, name: str, reason: str) -> None:
        """The definition of a service cannot be read."""

    def problems(self, target: Target, problems: Sequence[str]) -> None:
        """What is wrong with `expose.scaling` of a service."""

    def configured(self, target: Target, settings: tuple[Setting, ...]) -> None:
        """By what a service is scaled from now on."""

    def failed(self, name: str, error: BaseException) -> None:
        """A service could not be handled; others go on."""

    def left_alone(self, target: Target, standing: Standing, note: str) -> None:
        """Nothing is decided for a service, and why."""

    def leftover(self, target: Target, note: str) -> None:
        """Another Deployment runs pods of the same service, and is not scaled."""

    def external_change(
        self, target: Target, expected: int, found: int, by: str, until: float | None
    ) -> None:
        """Somebody else changed the replicas; a larger size is held `until` then."""

    def faults(self, faults: Iterable[Fault]) -> None:
        """Samples that were turned down."""

    def decided(
        self, target: Target, decision: Decision, standing: Standing, awake: str = ""
    ) -> None:
        """A decision was made; it is not yet written. `awake` is what keeps a service awake that
        may sleep."""

    def streams(self, connected: int) -> None:
        """So many gateways tell of requests as they come."""

    def cold_start(self, target: Target, parts: Mapping[str, float]) -> None:
        """A service has a ready pod after it slept; `parts` are seconds, see `cold_start.PARTS`."""

    def written(self, target: Target, decision: Decision, outcome: Outcome) -> None:
        """The write of a decision ended."""


@dataclass(frozen=True, slots=True)
class Context:
    """What all parts of a control loop use."""

    clock: Clock
    tasks: Supervisor
    """Owns writes, which outlast a tick."""
    listener: Listener


@dataclass(frozen=True, slots=True)
class ClusterView:
    """What a control loop asks of its cluster."""

    catalog: Callable[[], Catalog]
    leads: Callable[[], bool]
    """Whether this process decides."""
    author: Callable[[Obj], Awaitable[str]]
    """Who else wrote the replicas of a Deployment."""
