"""When a probe's outcome counts: thresholds over consecutive results. Pure.

Source: https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/ and
Kubernetes `pkg/kubelet/prober/worker.go`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.service.objects import Obj


@dataclass(frozen=True, slots=True)
class Schedule:
    """A probe's numbers with Kubernetes' defaults; times in seconds."""

    initial_delay: float = 0
    period: float = 10
    timeout: float = 1
    successes: int = 1
    failures: int = 3

    @classmethod
    def of(cls, probe: Obj) -> Schedule:
        """The schedule that a probe's spec states."""
        return cls(
            probe.get("initialDelaySeconds") or 0,
            probe.get("periodSeconds") or 10,
            probe.get("timeoutSeconds") or 1,
            probe.get("successThreshold") or 1,
            probe.get("failureThreshold") or 3,
        )


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the results so far say. `passed` is None until a threshold was reached.

    run: how many results like the last one came in a row.
    """

    passed: bool | None = None
    last: bool | None = None
    run: int = 0

    def after(self, result: bool, schedule: Schedule) -> Verdict:
        """The verdict with one more result."""
        run = self.run + 1 if result is self.last else 1
        needed = schedule.successes if result else schedule.failures
        seen = replace(self, last=result, run=run)
        return replace(seen, passed=result) if run >= needed else seen
