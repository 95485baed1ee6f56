"""The figures of a run and the promised bounds between two policies. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING, Final

from benchmarks.scaler_load.schedule import steps

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.scaler_load.measure import Run

SLOW: Final = 0.5
"""Seconds above which a request is slow; one that failed is slow too."""
MOST_SLOW: Final = 0.25
MOST_PODS: Final = 1.0
"""Times the baseline's."""
MOST_LATE: Final = 0.05
"""Seconds by which the load may leave late, in 99 of 100 requests, before figures mean little."""


@dataclass(frozen=True, slots=True)
class Score:
    """Of one run. Times in seconds; `reaction` is from the first step up until more pods were asked
    for, `shrinking` from the last step down until fewer were; None: never."""

    requests: int
    failed: int
    slow: int
    p50: float
    p99: float
    pod_seconds: float
    reaction: float | None
    shrinking: float | None
    reversals: int
    held: int
    late: float
    """By so much 1 of 100 requests left late, or more."""
    errors: tuple[tuple[str, int], ...]

    @property
    def slow_pct(self) -> float:
        """Percent of the requests that were slow."""
        return 100 * self.slow / max(1, self.requests)


def score(run: Run) -> Score:
    """The figures of a run."""
    outcomes = run.offered.outcomes
    taken = sorted(one.seconds for one in outcomes)
    errors = Counter(one.error for one in outcomes if one.error)
    return Score(
        requests=len(outcomes),
        failed=errors.total(),
        slow=sum(is_slow(one.seconds, one.error) for one in outcomes),
        p50=quantile(taken, 0.5),
        p99=quantile(taken, 0.99),
        pod_seconds=run.lives.pod_seconds(0, run.seconds),
        reaction=run.lives.first_change(steps(run.levels, up=True)[0], up=True),
        shrinking=run.lives.first_change(steps(run.levels, up=False)[-1], up=False),
        reversals=run.lives.reversals(0, run.seconds),
        held=run.offered.held,
        late=quantile(sorted(run.offered.late), 0.99),
        errors=tuple(errors.most_common(5)),
    )


def is_slow(seconds: float, error: str) -> bool:
    """Whether a client waited too long, or in vain."""
    return seconds > SLOW or bool(error)


def quantile(ordered: Sequence[float], share: float) -> float:
    """The value that `share` of them do not exceed."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


@dataclass(frozen=True, slots=True)
class Bound:
    """A promise and what was measured."""

    text: str
    measured: str
    holds: bool


def bounds(policy: Sequence[Score], baseline: Sequence[Score]) -> Iterator[Bound]:
    """The promises for all runs of a policy against those of the HPA."""
    slow, slower = (sum(one.slow for one in each) for each in (policy, baseline))
    yield Bound(
        f"slow requests, at most {MOST_SLOW:g} x the HPA's",
        f"{slow} of {slower}, {_ratio(slow, slower)}",
        slow <= MOST_SLOW * slower,
    )
    failed = sum(one.failed for one in policy)
    yield Bound("failed requests: none", str(failed), failed == 0)
    pods, most = (fmean(one.pod_seconds for one in each) for each in (policy, baseline))
    yield Bound(
        f"pod-seconds, at most {MOST_PODS:g} x the HPA's",
        f"{pods:.0f} of {most:.0f}, {_ratio(pods, most)}",
        pods <= MOST_PODS * most,
    )
    shrunk = [one.shrinking for one in policy]
    yield Bound(
        "after the last step down it shrinks before the load ends",
        ", ".join("never" if one is None else f"{one:.0f} s" for one in shrunk),
        None not in shrunk,
    )
    open_loop = all(one.held == 0 and one.late <= MOST_LATE for one in (*policy, *baseline))
    yield Bound(
        f"the load left in time ({MOST_LATE * 1e3:g} ms for 99 %); else the machine was too busy",
        f"{max(one.late for one in (*policy, *baseline)) * 1e3:.0f} ms",
        open_loop,
    )


def _ratio(one: float, other: float) -> str:
    return f"{one / other:.3f} x" if other else "no ratio"
