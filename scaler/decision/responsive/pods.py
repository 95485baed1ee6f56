"""What one pod counts as in a decision, by its sample (policy `responsive`). Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaler.decision.types import PodClass, PodView
from shared.service.values import value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scaler.decision.policy import Policy
    from scaler.decision.types import Pod, Sample

_NONE: Mapping[str, int | None] = {}
_READY = PodClass.READY  # for thousands of pods a tick; a member is slow to look up
_FUTURE_S = 5.0  # clocks of nodes may be ahead by so much
_BEGINNING_S = 30.0  # a pod that is unready from so early on was never ready
_AT_ONCE_S = 5.0  # when it begins, a kubelet says so within so long
_FIRST_RUN_S = 60.0  # a container that begins so much later does so again, or its image was large
_FORGOTTEN_S = 600.0  # a crash is, after a run of so long
_FIRST_SAMPLE_S = 60.0  # a pod that has just become ready may go so long without a sample


@value
class Measure:
    """A pod with its sample, its class and, in milliCPU, what it used, its base and its limit (0:
    none)."""

    pod: Pod
    sample: Sample | None
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

    def overloaded(self, policy: Policy, warm_up_s: float, now: float) -> bool:
        """Whether a pod that was ready is so no more, though it is busy in a fresh sample."""
        pod, sample = self.pod, self.sample
        if sample is None or pod.started is None or not was_ready(pod):
            return False
        fresh = now - sample.time <= policy.max_sample_age_s
        begun = sample.time - sample.window_s >= pod.started + 2 * warm_up_s
        return fresh and begun and 100 * self.usage_m >= policy.target_pct * self.base_m > 0


def weigh(pod: Pod, sample: Sample | None, policy: Policy, now: float) -> Measure:
    """The pod as it counts at `now`."""
    usage = _NONE if sample is None else sample.usage_m
    used = measured = base = limit = 0
    unlimited = unrequested = False
    containers = pod.containers
    for container in containers:
        request_m, limit_m = container.request_m, container.limit_m
        if limit_m:
            limit += limit_m
        else:
            unlimited = True
        if request_m:
            base += request_m
        else:
            base += limit_m or policy.default_request_m
            unrequested = True
        if (usage_m := usage.get(container.name)) is not None:
            used += usage_m
            measured += 1
    base = pod.request_m or base
    pod_class, detail = classify(pod, sample, policy, used, now)
    if pod_class is _READY and not 0 < measured == len(containers):
        pod_class, detail = PodClass.MISSING, "partial sample"
    if unrequested and not detail:
        names = [each.name for each in containers if not each.request_m]
        detail = f"no CPU request: {', '.join(names)}"
    share = used * 100 // base if measured and base else None
    view = PodView(pod.name, pod_class, share, detail)
    return Measure(pod, sample, view, used, base, 0 if unlimited else limit)


def classify(
    pod: Pod, sample: Sample | None, policy: Policy, used_m: int, now: float
) -> tuple[PodClass, str]:
    """What the pod counts as, and why when that is not plain.

    Usage above the limit is believed, because limits do not bind everywhere; whether a sample is
    more than its node can do is for those to judge who know the node (`scaler.sources.quality`).
    """
    phase, started = pod.phase, pod.started
    if pod.deleted or phase in ("Failed", "Succeeded"):
        return PodClass.IGNORED, "being deleted" if pod.deleted else phase.lower()
    if phase == "Pending" or pod.ready in (None, "False") or started is None:
        return PodClass.UNREADY, "pending" if phase == "Pending" else ""
    since, warm = pod.transitioned or started, started + (policy.warm_up_s or 0.0)
    if since < warm:
        since = warm
    if sample is None:
        young = now - since < _FIRST_SAMPLE_S
        return (PodClass.WARMING if young else PodClass.MISSING), "no sample"
    ended, window_s = sample.time, sample.window_s
    if ended > now + _FUTURE_S or window_s <= 0 or used_m < 0:
        return PodClass.MISSING, "absurd sample"
    if now - ended > policy.max_sample_age_s:
        return PodClass.MISSING, "stale sample"
    if ended - window_s < since:
        return PodClass.WARMING, "sample shows its start-up"
    return _READY, ""


def serves(pod: Pod, since: float) -> bool:
    """Whether the pod has been ready since `since` or longer."""
    return pod.ready == "True" and (pod.transitioned or pod.started or since) <= since


def fell(pod: Pod, now: float) -> bool:
    """Whether the pod was ready once and is so no more, for its container ended or its probe fails;
    or is again, but not yet for so long that Kubernetes would forget it."""
    if pod.started is None or pod.transitioned is None:
        return False
    if pod.ready != "True":
        return pod.transitioned > pod.started + _AT_ONCE_S
    again = pod.running is not None and pod.running > pod.started + _FIRST_RUN_S
    return again and now - pod.transitioned < _FORGOTTEN_S


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
