"""How much CPU a service needs, by pods and samples, in exact integers (policy `responsive`). Pure.

What cannot be seen is bounded from both sides: `low_m` leaves out the pods without a sample and
decides growth; `high_m` takes them for as busy as they may be and decides shrinking.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaler.decision.types import Observation, Pod, PodClass, PodView
from shared.service.values import value

if TYPE_CHECKING:
    from scaler.decision.policy import Policy

_FUTURE_S = 5.0  # clocks of nodes may be ahead by so much
_BEGINNING_S = 30.0  # a pod that is unready from so early on was never ready
_FIRST_SAMPLE_S = 60.0  # a pod that has just become ready may go so long without a sample


@value
class Measure:
    """A pod with its class and, in milliCPU, what it used, its base and its limit (0: none)."""

    pod: Pod
    view: PodView
    usage_m: int = 0
    base_m: int = 0
    limit_m: int = 0

    def saturated(self, policy: Policy) -> bool:
        """Whether the limit caps the usage, which then hides demand."""
        return 0 < policy.saturated_pct * self.limit_m <= 100 * self.usage_m

    def hidden_m(self, policy: Policy, factor: float) -> int:
        """The demand that the limit hides, as far as can be guessed.

        It grows from nothing where saturation begins to `factor` - 1 limits at the
        limit itself, so that pods on the brink are not taken for twice as busy as they are. Usage
        beyond the limit shows that it does not bind, and hides as much less.
        """
        span = 100 - policy.saturated_pct
        above = 100 * self.usage_m - policy.saturated_pct * self.limit_m
        limits_m = round(factor * self.limit_m)
        most = limits_m - self.limit_m
        grown = most if above >= span * self.limit_m else most * above // (span * self.limit_m)
        return max(0, min(grown, limits_m - self.usage_m))


@value
class Demand:
    """The service's CPU: `used_m` over `base_m` of the `measured` ready pods, and its bounds.

    `shown_m` is `high_m` without what limits hide. `serving` counts all pods that are ready,
    measured or not; `saturated` those at their limit; `overloaded` those that are past their
    warm-up, not ready, and busy; `unseen` those that the Deployment counts but nobody shows us.
    `limit_pct` is the most that they can show, in percent of their base; None: nothing limits it.
    `idle` counts those that serve and have no request; None: the gateways do not say. Samples
    were taken from `begun` to `ended`, in the mean.
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


def ceil_div(dividend: int, divisor: int) -> int:
    """The quotient rounded up, exactly."""
    return -(-dividend // divisor)


def measure(
    observation: Observation, policy: Policy, warm_up_s: float, factor: float, now: float
) -> Demand:
    """The demand that `observation` shows; a pod at its limit counts for `factor` times that."""
    measures = [_measure(pod, policy, now) for pod in observation.pods]
    ready = _of_class(measures, PodClass.READY)
    others = measures if len(ready) < len(measures) else []
    unready = _of_class(others, PodClass.UNREADY)
    warming = _of_class(others, PodClass.WARMING)
    missing = _of_class(others, PodClass.MISSING)
    ignored = _of_class(others, PodClass.IGNORED)
    saturated = [m for m in ready if m.saturated(policy)]
    used, base = sum([m.usage_m for m in ready]), sum([m.base_m for m in ready])
    hidden = sum([m.hidden_m(policy, factor) for m in saturated])
    hot = [m for m in unready if _overloaded(m, policy, warm_up_s, now)]
    fill = sum(m.base_m for m in missing)
    if base:  # as busy as the measured ones
        fill += sum(ceil_div(used * m.base_m, base) for m in warming)
    fill += sum(m.usage_m for m in hot)  # they will be back, with the work that keeps them
    samples = [m.pod.sample for m in ready if m.pod.sample]
    times = [each.time for each in samples]
    begun = [each.time - each.window_s for each in samples]
    return Demand(
        views=tuple([m.view for m in measures]),
        measured=len(ready),
        serving=len(ready) + len(warming) + len(missing),
        missing=len(missing),
        saturated=len(saturated),
        overloaded=len(hot),
        unseen=max(0, observation.status_replicas - len(measures) + len(ignored)),
        limit_pct=_limit_pct(ready, base),
        idle=_idle([*ready, *warming, *missing]),
        used_m=used,
        base_m=base,
        low_m=used + hidden,
        shown_m=used + fill,
        high_m=used + hidden + fill,
        oldest=min(times, default=now),
        begun=sum(begun) / len(begun) if begun else now,
        ended=sum(times) / len(times) if times else now,
    )


def _measure(pod: Pod, policy: Policy, now: float) -> Measure:
    used = measured = base = limit = 0
    unlimited = unrequested = False
    for container in pod.containers:
        base += container.request_m or container.limit_m or policy.default_request_m
        limit += container.limit_m or 0
        unlimited = unlimited or not container.limit_m
        unrequested = unrequested or not container.request_m
        if container.usage_m is not None:
            used += container.usage_m
            measured += 1
    base = pod.request_m or base
    pod_class, detail = classify(pod, policy, used, now)
    if pod_class is PodClass.READY and not 0 < measured == len(pod.containers):
        pod_class, detail = PodClass.MISSING, "partial sample"
    if unrequested and not detail:
        names = [each.name for each in pod.containers if not each.request_m]
        detail = f"no CPU request: {', '.join(names)}"
    share = used * 100 // base if measured and base else None
    view = PodView(pod.name, pod_class, share, detail)
    return Measure(pod, view, used, base, 0 if unlimited else limit)


def classify(pod: Pod, policy: Policy, used_m: int, now: float) -> tuple[PodClass, str]:
    """What the pod counts as, and why when that is not plain.

    Usage above the limit is believed, because limits do not bind everywhere; whether a sample is
    more than its node can do is for those to judge who know the node (`scaler.sources.quality`).
    """
    if pod.deleted or pod.phase in ("Failed", "Succeeded"):
        return PodClass.IGNORED, "being deleted" if pod.deleted else pod.phase.lower()
    if pod.phase == "Pending" or pod.ready in (None, "False") or pod.started is None:
        return PodClass.UNREADY, "pending" if pod.phase == "Pending" else ""
    since = max(pod.transitioned or pod.started, pod.started + (policy.warm_up_s or 0.0))
    if pod.sample is None:
        young = now - since < _FIRST_SAMPLE_S
        return (PodClass.WARMING if young else PodClass.MISSING), "no sample"
    if pod.sample.time > now + _FUTURE_S or pod.sample.window_s <= 0 or used_m < 0:
        return PodClass.MISSING, "absurd sample"
    if now - pod.sample.time > policy.max_sample_age_s:
        return PodClass.MISSING, "stale sample"
    if pod.sample.time - pod.sample.window_s < since:
        return PodClass.WARMING, "sample shows its start-up"
    return PodClass.READY, ""


def _limit_pct(ready: list[Measure], base_m: int) -> int | None:
    limits = [m.limit_m for m in ready]
    return 100 * sum(limits) // base_m if base_m and all(limits) else None


def _idle(serving: list[Measure]) -> int | None:
    counts = [m.pod.in_flight for m in serving]
    return None if None in counts else counts.count(0)


def was_ready(pod: Pod) -> bool:
    """Whether the pod is ready, or was in this run of its containers.

    A kubelet says that a pod is not ready when it begins, before its containers run, and not again
    until that has changed. Where the run is not known, so early is an HPA's half a minute.
    """
    if pod.ready == "True":
        return True
    if pod.started is None or pod.transitioned is None or pod.waiting:
        return False
    if pod.running is None:
        return pod.transitioned >= pod.started + _BEGINNING_S
    return pod.transitioned > pod.running


def _overloaded(m: Measure, policy: Policy, warm_up_s: float, now: float) -> bool:
    """Whether a pod that was ready is so no more, though it is busy in a fresh sample."""
    pod = m.pod
    if pod.sample is None or pod.started is None or not was_ready(pod):
        return False
    fresh = now - pod.sample.time <= policy.max_sample_age_s
    begun = pod.sample.time - pod.sample.window_s >= pod.started + 2 * warm_up_s
    return fresh and begun and 100 * m.usage_m >= policy.target_pct * m.base_m > 0


def _of_class(measures: list[Measure], wanted: PodClass) -> list[Measure]:
    return [m for m in measures if m.view.pod_class is wanted]
