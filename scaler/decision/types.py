"""What a decision is made from and what it says: frozen values. Pure.

Units: `_m` is milliCPU, `_s` seconds, `_pct` percent; times are seconds since the epoch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from functools import lru_cache
from typing import Final

from shared.service.values import value, variable

LONGEST_START_S: Final = 600.0
"""What takes longer from the start of a pod to its readiness was no start."""


@value
class Container:
    """A container of a pod (restartable init containers included) and its CPU."""

    name: str
    request_m: int | None = None
    limit_m: int | None = None


@value
class Sample:
    """The CPU use of one pod: the mean over the `window_s` seconds that end at `time`.

    `usage_m` is that of each container; None where the source named one without a value.
    """

    time: float
    window_s: float
    usage_m: Mapping[str, int | None]


@value
class Pod:
    """A pod that the Deployment owns.

    `ready` is the status of the condition Ready ("True", "False", "Unknown"; None: no such
    condition), `transitioned` its lastTransitionTime, `started` is status.startTime.
    `request_m` is the request of the pod as a whole, if it has one. `running` is when the latest
    run of its containers began (None: unknown, or none runs), `waiting` why a container does not
    run, as the kubelet calls it (CrashLoopBackOff, ImagePullBackOff, …), or the reason of a
    condition PodScheduled that is False (Unschedulable). `shortage` says in words what no node has
    for a pod that is Unschedulable, which it is since `waiting_since`.
    """

    name: str
    phase: str = "Running"
    deleted: bool = False
    ready: str | None = "True"
    started: float | None = None
    transitioned: float | None = None
    containers: tuple[Container, ...] = ()
    request_m: int | None = None
    running: float | None = None
    waiting: str = ""
    waiting_since: float | None = None
    shortage: str = ""


@value
class Load:
    """What the gateways count for the service at `time`: requests with pods, and held back.

    `in_flight` is a mean over some seconds. `arrivals` and `request_seconds` only grow as long as
    one process counts them: requests that have come, and the integral of those in flight; None:
    the gateways do not say. A count below an earlier one begins anew. `whole` is False when a
    gateway is silent: then its last counts are in the sums, which are lower bounds. `longest_s` is
    how long the longest request of late took; None: not known.
    """

    time: float
    in_flight: int
    waiting: int = 0
    arrivals: float | None = None
    request_seconds: float | None = None
    whole: bool = True
    longest_s: float | None = None


@value
class Observation:
    """All that is known of a service at one instant.

    `spec_replicas` is what the Deployment asks for, `status_replicas` what exists. `samples`
    and `in_flight` are by the name of the pod, so that the pods are those of the last observation
    where they have not changed. There may be samples of pods that are not listed (already gone, or
    not yet seen; only policy hpa looks at them). `in_flight` are the requests that the gateways
    have with a pod, `in_flight_else` those with each that is not among them; None: they do not
    say. `metrics_error` says in words why there are no samples at all; empty when the source
    answered.
    """

    service: str
    spec_replicas: int
    status_replicas: int
    pods: tuple[Pod, ...] = ()
    samples: Mapping[str, Sample] = field(default_factory=dict)
    load: Load | None = None
    metrics_error: str = ""
    in_flight: Mapping[str, int] = field(default_factory=dict)
    in_flight_else: int | None = None

    def requests_with(self, pod: str) -> int | None:
        """The requests that the gateways have with the pod of this name; None: they do not say."""
        return self.in_flight.get(pod, self.in_flight_else)


class PodClass(StrEnum):
    """What a pod counts as in a decision."""

    READY = "ready"  # measured, its usage counts
    UNREADY = "unready"  # capacity to come, or not serving: its usage does not count
    WARMING = "warming"  # ready, but the sample still shows its start-up
    MISSING = "missing"  # should have a sample; `detail` says whether absent, stale or absurd
    IGNORED = "ignored"  # being deleted, failed or finished


@value
class PodView:
    """A pod as the decision saw it; `share_pct` is usage in percent of its base, if measured."""

    name: str
    pod_class: PodClass
    share_pct: int | None = None
    detail: str = ""


class Action(StrEnum):
    """What a decision does to the number of replicas."""

    NONE = "None"
    UP = "ScaleUp"
    DOWN = "ScaleDown"


@value
class Condition:
    """A condition as an HPA would report it: AbleToScale, ScalingActive or ScalingLimited."""

    type: str
    status: str
    reason: str


@lru_cache(maxsize=256)
def conditions(
    able: str, active: tuple[str, str] | None = None, limited: tuple[str, str] | None = None
) -> tuple[Condition, ...]:
    """AbleToScale=True for reason `able`; the others as (status, reason), if they are known."""
    found = [Condition("AbleToScale", "True", able)]
    if active:
        found.append(Condition("ScalingActive", *active))
    if limited:
        found.append(Condition("ScalingLimited", *limited))
    return tuple(found)


@value
class Signal:
    """What told the demand, and how well it is known (policy `responsive`).

    `name` is "cpu", "arrivals" (of requests) or "slots" (requests in flight). `demand_m` is the
    CPU called for now, `spread_m` the standard deviation of what requests leave unexplained of it.
    `cost_m` is the CPU of one request in milliCPU-seconds, `fit_pct` the share of the changes of
    CPU that the requests explain. `foreseen_m` is the CPU that bursts may call for when a pod asked
    for now would serve. None: not known.
    """

    name: str
    demand_m: int
    spread_m: int = 0
    cost_m: float | None = None
    fit_pct: int | None = None
    foreseen_m: int | None = None


@variable
class Decision:
    """The answer: how many replicas, and why.

    Only a `valid` decision may be written. The number goes through
    `raw` (what the metrics ask for), `stabilised` (after the windows), `limited` (after steps and
    rates) to `replicas` (after min and max); the three are None when they were not computed.
    `reasons` name each rule that shaped the number, in order; `limits` those of them that held it
    back; one that ends at a known time does so at `held_until` (unix seconds). `signal` is what
    told the demand. `average_usage_m` and `base_m` are the CPU that a pod uses, and that it is
    measured by, in the mean. `error` says in words why a decision is not valid, `cause` what a rule
    saw outside the service: who woke it, or what no node has.
    """

    service: str
    policy: str
    current: int
    replicas: int
    valid: bool
    action: Action = Action.NONE
    raw: int | None = None
    stabilised: int | None = None
    limited: int | None = None
    target_pct: int = 0
    utilisation_pct: int | None = None
    average_usage_m: int | None = None
    base_m: int | None = None
    sample_age_s: float | None = None
    reasons: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
    signal: Signal | None = None
    held_until: float | None = None
    pods: tuple[PodView, ...] = ()
    conditions: tuple[Condition, ...] = ()
    error: str = ""
    cause: str = ""

    @property
    def changes(self) -> bool:
        """Whether there is something to write."""
        return self.valid and self.action is not Action.NONE


def action_of(current: int, replicas: int) -> Action:
    """The action that leads from `current` to `replicas`."""
    if replicas == current:
        return Action.NONE
    return Action.UP if replicas > current else Action.DOWN
