"""How much CPU a service needs, by pods and samples, in exact integers (policy `responsive`). Pure.

What cannot be seen is bounded from both sides: `low_m` leaves out the pods without a sample and
decides growth; `high_m` takes them for as busy as they may be and decides shrinking.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from scaler.decision.responsive.pods import Measure, weigh
from scaler.decision.types import Observation, PodClass, PodView
from shared.service.values import changed, value, variable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scaler.decision.policy import Policy
    from scaler.decision.types import Pod


@variable
class Demand:
    """The service's CPU: `used_m` over `base_m` of the `measured` ready pods, and its bounds.

    `shown_m` is `high_m` without what limits hide. `serving` counts all pods that are ready,
    measured or not; `saturated` those at their limit; `overloaded` those that are past their
    warm-up, not ready, and busy; `unseen` those that the Deployment counts but nobody shows us.
    `limit_pct` is the most that they can show, in percent of their base; None: nothing limits it.
    `idle` counts those that serve and have no request; None: the gateways do not say. Samples
    were taken from `begun` to `ended`, in the mean; `joined` is as how many pods those without one
    count that began to serve meanwhile.
    """

    views: tuple[PodView, ...]
    measured: int
    serving: int
    missing: int
    saturated: int
    overloaded: int
    unseen: int
    idle: int | None
    limit_pct: int | None
    used_m: int
    base_m: int
    low_m: int
    shown_m: int
    high_m: int
    oldest: float
    begun: float
    ended: float
    joined: float = 0.0

    def replicas_for(self, demand_m: int, target_pct: int) -> int:
        """Least replicas whose utilisation does not exceed the target."""
        return ceil_div(demand_m * self.measured * 100, target_pct * self.base_m)

    @property
    def pod_m(self) -> float:
        """What a pod can do in the mean: its limit, or its base where nothing limits it."""
        limit_pct = 100 if self.limit_pct is None else self.limit_pct
        return self.base_m * limit_pct / 100 / self.measured

    def exceeds(self, replicas: int, demand_m: int, target_pct: int, permille: int) -> bool:
        """Whether `demand_m` on `replicas` is above `permille` of the target."""
        allowed = target_pct * permille * self.base_m * replicas
        return demand_m * self.measured * 100_000 > allowed


@value
class Measured:
    """A demand, and all that it was measured from. While that is the same, so is the demand, but
    for the requests of pods, until a sample is too old."""

    demand: Demand
    observation: Observation
    policy: Policy
    factor: float
    until: float

    def holds(self, observation: Observation, policy: Policy, factor: float, now: float) -> bool:
        """Whether another look would show the same."""
        known = self.observation
        return (
            now <= self.until
            and observation.samples is known.samples
            and policy is self.policy
            and factor == self.factor
            and observation.status_replicas == known.status_replicas
            and observation.pods == known.pods
        )


def look(
    known: Measured | None,
    observation: Observation,
    policy: Policy,
    warm_up_s: float,
    factor: float,
    now: float,
) -> Measured:
    """The demand at `now`; what is `known` from the last look is not measured again."""
    if known is None or not known.holds(observation, policy, factor, now):
        demand = measure(observation, policy, warm_up_s, factor, now)
        plain = demand.measured == len(demand.views)  # no pod changes its class by its age
        until = demand.oldest + policy.max_sample_age_s if plain and demand.measured else now
        return Measured(demand, observation, policy, factor, until)
    idle = _idle(observation, observation.pods)
    if idle == known.demand.idle:
        return known
    demand = changed(known.demand, idle=idle)
    return Measured(demand, known.observation, policy, factor, known.until)


def ceil_div(dividend: int, divisor: int) -> int:
    """The quotient rounded up, exactly."""
    return -(-dividend // divisor)


def measure(
    observation: Observation, policy: Policy, warm_up_s: float, factor: float, now: float
) -> Demand:
    """The demand that `observation` shows; a pod at its limit counts for `factor` times that."""
    sample = observation.samples.get
    measures = [weigh(pod, sample(pod.name), policy, now) for pod in observation.pods]
    ready = _of_class(measures, PodClass.READY)
    others = measures if len(ready) < len(measures) else []
    unready = _of_class(others, PodClass.UNREADY)
    warming = _of_class(others, PodClass.WARMING)
    missing = _of_class(others, PodClass.MISSING)
    ignored = _of_class(others, PodClass.IGNORED)
    used, base, limit, begun, ended, oldest = _sums(ready)
    saturated = [m for m in ready if m.limit_m and m.saturated(policy)]
    hidden = sum([m.hidden_m(policy, factor) for m in saturated])
    hot = [m for m in unready if m.overloaded(policy, warm_up_s, now)]
    fill = sum([m.base_m for m in missing])
    if base:  # as busy as the measured ones
        fill += sum([ceil_div(used * m.base_m, base) for m in warming])
    fill += sum([m.usage_m for m in hot])  # they will be back, with the work that keeps them
    count = len(ready)
    return Demand(
        views=tuple([m.view for m in measures]),
        measured=count,
        serving=count + len(warming) + len(missing),
        missing=len(missing),
        saturated=len(saturated),
        overloaded=len(hot),
        unseen=max(0, observation.status_replicas - len(measures) + len(ignored)),
        limit_pct=100 * limit // base if base and limit else None,
        idle=_idle(observation, [m.pod for m in (*ready, *warming, *missing)]),
        used_m=used,
        base_m=base,
        low_m=used + hidden,
        shown_m=used + fill,
        high_m=used + hidden + fill,
        oldest=oldest if count else now,
        begun=begun / count if count else now,
        ended=ended / count if count else now,
        joined=_joined(warming, begun / count, ended / count) if count and warming else 0.0,
    )


def _sums(ready: list[Measure]) -> tuple[int, int, int, float, float, float]:
    """What the pods used, their base and their limit (0: not all have one), the begins and the ends
    of their samples added up, and the oldest end; in one go, for a tick has thousands of pods."""
    used = base = limit = 0
    begun = ended = 0.0
    oldest, unlimited = math.inf, False
    for m in ready:
        used += m.usage_m
        base += m.base_m
        limit += m.limit_m
        unlimited = unlimited or not m.limit_m
        sample = m.sample
        assert sample is not None  # it would not be ready
        time = sample.time
        ended += time
        begun += time - sample.window_s
        if time < oldest:
            oldest = time
    return used, base, 0 if unlimited else limit, begun, ended, oldest


def _joined(warming: list[Measure], begun: float, ended: float) -> float:
    ready = [m.pod.transitioned or m.pod.started or ended for m in warming]
    served_s = sum([max(0.0, ended - max(begun, since)) for since in ready])
    return served_s / (ended - begun) if ended > begun else 0.0


def _idle(observation: Observation, serving: Sequence[Pod]) -> int | None:
    requests, otherwise = observation.in_flight.get, observation.in_flight_else
    counts = [requests(pod.name, otherwise) for pod in serving]
    return None if None in counts else counts.count(0)


def _of_class(measures: list[Measure], wanted: PodClass) -> list[Measure]:
    return [m for m in measures if m.view.pod_class is wanted] if measures else []
