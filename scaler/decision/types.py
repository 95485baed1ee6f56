"""What a decision is made from and what it says: frozen values. Pure.

Units: `_m` is milliCPU, `_s` seconds, `_pct` percent; times are seconds since the epoch.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from shared.service.values import value


@value
class Container:
    """A container of a pod (restartable init containers included) and its CPU.

    `usage_m` is None when the sample does not list the container or lacks its CPU.
    """

    name: str
    request_m: int | None = None
    limit_m: int | None = None
    usage_m: int | None = None


@value
class Sample:
    """When a pod's usage was measured: the mean over the `window_s` seconds that end at `time`."""

    time: float
    window_s: float


@value
class Pod:
    """A pod that the Deployment owns.

    `ready` is the status of the condition Ready ("True", "False", "Unknown"; None: no such
    condition), `transitioned` its lastTransitionTime, `started` is status.startTime.
    `request_m` is the request of the pod as a whole, if it has one.
    """

    name: str
    phase: str = "Running"
    deleted: bool = False
    ready: str | None = "True"
    started: float | None = None
    transitioned: float | None = None
    containers: tuple[Container, ...] = ()
    sample: Sample | None = None
    request_m: int | None = None


@dataclass(frozen=True, slots=True)
class UnlistedUsage:
    """A sample of a pod that is not among the listed ones (already gone, or not yet seen)."""

    pod: str
    sample: Sample
    containers: tuple[Container, ...] = ()


@dataclass(frozen=True, slots=True)
class Load:
    """What the gateway counts for the service at `time`: requests with pods, and held back."""

    time: float
    in_flight: int
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class Observation:
    """All that is known of a service at one instant.

    `spec_replicas` is what the Deployment asks for, `status_replicas` what exists. `unlisted`
    are samples without a pod (only policy hpa looks at them). `metrics_error` says in words why
    there are no samples at all; empty when the source answered.
    """

    service: str
    spec_replicas: int
    status_replicas: int
    pods: tuple[Pod, ...] = ()
    unlisted: tuple[UnlistedUsage, ...] = ()
    load: Load | None = None
    metrics_error: str = ""


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


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition as an HPA would report it: AbleToScale, ScalingActive or ScalingLimited."""

    type: str
    status: str
    reason: str


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


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer: how many replicas, and why.

    Only a `valid` decision may be written. The number goes through
    `raw` (what the metrics ask for), `stabilised` (after the windows), `limited` (after steps and
    rates) to `replicas` (after min and max); the three are None when they were not computed.
    `reasons` name each rule that shaped the number, in order; `limits` those of them that held it
    back. `error` says in words why a decision is not valid.
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
    sample_age_s: float | None = None
    reasons: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
    pods: tuple[PodView, ...] = ()
    conditions: tuple[Condition, ...] = ()
    error: str = ""

    @property
    def changes(self) -> bool:
        """Whether there is something to write."""
        return self.valid and self.action is not Action.NONE


def action_of(current: int, replicas: int) -> Action:
    """The action that leads from `current` to `replicas`."""
    if replicas == current:
        return Action.NONE
    return Action.UP if replicas > current else Action.DOWN
