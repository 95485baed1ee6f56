"""From pods and samples to a number, exactly as Kubernetes 1.36 does it. Pure.

Source: kubernetes/pkg/controller/podautoscaler, replica_calculator.go and metrics/utilization.go,
floating point and truncation included. `responsive` has its own arithmetic in demand.py.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from scaler.decision.types import Container, Observation, Pod, PodClass, Sample
from shared.service.values import value

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from scaler.decision.policy import HpaOptions, Policy


class MetricsError(Exception):
    """No number can be computed; the message says why."""


@value
class Usage:
    """A pod's CPU in milliCPU and when it was measured."""

    sample: Sample
    value_m: int


@value
class Utilisation:
    """Usage over requests: ratio to the target, truncated percent, mean usage of a pod."""

    ratio: float
    percent: int
    average_m: int


@value
class Proposal:
    """What the metric alone asks for, and what each pod requests and counted as."""

    replicas: int
    utilisation: Utilisation
    classes: Mapping[str, PodClass]
    requests: Mapping[str, int]
    usages: Mapping[str, Usage]


def propose(observation: Observation, policy: Policy, now: float) -> Proposal:
    """The replicas that bring utilisation to the target. Raises MetricsError if it is unknown."""
    options = policy.hpa
    usages = pod_usages(observation, options.container)
    if not observation.pods:
        raise MetricsError("no pods returned by selector while calculating replica count")
    classes = group_pods(
        observation.pods,
        {name: usage.sample for name, usage in usages.items()},
        now,
        options.initialization_s,
        options.readiness_delay_s,
    )
    for name in _of_class(classes, PodClass.IGNORED, PodClass.UNREADY):
        usages.pop(name, None)
    if not usages:
        raise MetricsError("did not receive metrics for targeted pods (pods might be unready)")
    requests = {pod.name: pod_request(pod, options) for pod in observation.pods}
    values = {name: usage.value_m for name, usage in usages.items()}
    measured = utilisation(values, requests, policy.target_pct)
    replicas = _replicas(observation.spec_replicas, policy, classes, values, requests, measured)
    return Proposal(replicas, measured, classes, requests, usages)


def _replicas(
    current: int,
    policy: Policy,
    classes: Mapping[str, PodClass],
    values: dict[str, int],
    requests: Mapping[str, int],
    measured: Utilisation,
) -> int:
    missing = _of_class(classes, PodClass.MISSING)
    unready = _of_class(classes, PodClass.UNREADY)
    ready = len(_of_class(classes, PodClass.READY))
    ratio = measured.ratio
    fill_unready = bool(unready) and ratio > 1
    if not fill_unready and not missing:
        return current if within_tolerance(policy, ratio) else math.ceil(ratio * ready)
    if ratio < 1:
        fallback = max(100, policy.target_pct)
        values.update({name: requests[name] * fallback // 100 for name in missing})
    elif ratio > 1:
        values.update(dict.fromkeys(missing, 0))
    if fill_unready:
        values.update(dict.fromkeys(unready, 0))
    filled = utilisation(values, requests, policy.target_pct).ratio
    if within_tolerance(policy, filled) or ratio < 1 < filled or filled < 1 < ratio:
        return current
    replicas = math.ceil(filled * len(values))
    against = (filled < 1 and replicas > current) or (filled > 1 and replicas < current)
    return current if against else replicas


def within_tolerance(policy: Policy, ratio: float) -> bool:
    """Whether `ratio` is so near to 1 that nothing is done; both bounds are inclusive."""
    up, down = policy.up_tolerance, policy.down_tolerance
    options = policy.hpa
    if options.behavior is not None and options.configurable_tolerance:
        up = up if options.behavior.up.tolerance is None else options.behavior.up.tolerance
        down = down if options.behavior.down.tolerance is None else options.behavior.down.tolerance
    return 1.0 - down <= ratio <= 1.0 + up


def pod_usages(observation: Observation, container: str | None) -> dict[str, Usage]:
    """CPU of each pod with a whole sample, listed pods or not.

    Raises MetricsError when there is no sample at all.
    """
    samples = observation.samples
    if not samples:
        reason = observation.metrics_error or "no metrics returned from resource metrics API"
        raise MetricsError(f"unable to get metrics for resource cpu: {reason}")
    listed = {pod.name: [each.name for each in pod.containers] for pod in observation.pods}
    return {
        name: Usage(sample, value)
        for name, sample in samples.items()
        if (value := _usage(sample, listed.get(name, sample.usage_m), container)) is not None
    }


def _chosen(containers: Sequence[Container], name: str | None) -> Sequence[Container]:
    """All containers, or the one that the metric names."""
    return containers if name is None else [c for c in containers if c.name == name]


def _usage(sample: Sample, containers: Iterable[str], wanted: str | None) -> int | None:
    """The CPU of these containers, or of the one that is `wanted`; None where a part of it is
    unknown."""
    total, several = 0, False
    for name in containers:
        if wanted is None or name == wanted:
            used = sample.usage_m.get(name)
            if used is None:
                return None
            total, several = total + used, True
    return total if several else None


def group_pods(
    pods: Iterable[Pod],
    samples: Mapping[str, Sample],
    now: float,
    initialization_s: float,
    readiness_delay_s: float,
    resource: str = "cpu",
) -> dict[str, PodClass]:
    """Which pods count, wait, lack a sample or are ignored."""
    return {
        pod.name: _pod_class(
            pod, samples.get(pod.name), now, initialization_s, readiness_delay_s, resource
        )
        for pod in pods
    }


def _pod_class(
    pod: Pod,
    sample: Sample | None,
    now: float,
    initialization_s: float,
    readiness_delay_s: float,
    resource: str,
) -> PodClass:
    if pod.deleted or pod.phase == "Failed":
        return PodClass.IGNORED
    if pod.phase == "Pending":
        return PodClass.UNREADY
    if sample is None:
        return PodClass.MISSING
    if resource == "cpu" and _unready(pod, sample, now, initialization_s, readiness_delay_s):
        return PodClass.UNREADY
    return PodClass.READY


def _unready(
    pod: Pod, sample: Sample, now: float, initialization_s: float, readiness_delay_s: float
) -> bool:
    if pod.ready is None or pod.started is None:
        return True
    transitioned = pod.transitioned or 0.0
    if pod.started + initialization_s > now:
        return pod.ready == "False" or sample.time < transitioned + sample.window_s
    return pod.ready == "False" and pod.started + readiness_delay_s > transitioned


def pod_request(pod: Pod, options: HpaOptions) -> int:
    """CPU request of the pod, or of the container that the metric names.

    Raises MetricsError when one is missing, whatever the pod's class: so does Kubernetes.
    """
    if options.container is None and options.pod_level_requests and pod.request_m is not None:
        return pod.request_m
    chosen = _chosen(pod.containers, options.container)
    if not chosen and options.container is not None:
        raise MetricsError(f"container {options.container} not found in Pod {pod.name}")
    total = 0
    for container in chosen:
        if container.request_m is None:
            raise MetricsError(
                f"missing request for cpu in container {container.name} of Pod {pod.name}"
            )
        total += container.request_m
    return total


def utilisation(
    values_m: Mapping[str, int], requests_m: Mapping[str, int], target_pct: int
) -> Utilisation:
    """Ratio of sums over the pods that have both. Raises MetricsError when there is none."""
    both = [name for name in values_m if name in requests_m]
    used = sum([values_m[name] for name in both])
    requested = sum([requests_m[name] for name in both])
    if requested == 0:
        raise MetricsError("no metrics returned matched known pods")
    percent = used * 100 // requested
    return Utilisation(percent / target_pct, percent, used // len(both))


def _of_class(classes: Mapping[str, PodClass], *wanted: PodClass) -> list[str]:
    return [name for name, pod_class in classes.items() if pod_class in wanted]
