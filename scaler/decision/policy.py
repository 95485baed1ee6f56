"""How a service wants to be scaled: frozen values with their defaults. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

HPA = "hpa"
RESPONSIVE = "responsive"


_TOLERANCES = {HPA: (0.1, 0.1), RESPONSIVE: (0.03, 0.0)}
"""Up and down. A responsive policy needs no slack downwards: it projects and holds instead."""

_PERIODS = {HPA: 15.0, RESPONSIVE: 2.0}
"""Seconds; an HPA is looked at every 15 s (--horizontal-pod-autoscaler-sync-period)."""


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `value` pods ("Pods") or percent ("Percent") of change within `period_s` seconds."""

    type: str
    value: int
    period_s: float


@dataclass(frozen=True, slots=True)
class Rules:
    """One direction of `behavior` of an autoscaling/v2 HPA.

    `select` is "Max" (largest change), "Min" (smallest) or "Disabled"; `tolerance` None means
    the policy's.
    """

    window_s: float
    rates: tuple[Rate, ...]
    select: str = "Max"
    tolerance: float | None = None


@dataclass(frozen=True, slots=True)
class Behavior:
    """`behavior` of an autoscaling/v2 HPA; the defaults are Kubernetes' own."""

    up: Rules = Rules(0.0, (Rate("Pods", 4, 15.0), Rate("Percent", 100, 15.0)))
    down: Rules = Rules(300.0, (Rate("Percent", 100, 15.0),))


@dataclass(frozen=True, slots=True)
class HpaOptions:
    """What only policy `hpa` knows: flags of kube-controller-manager and fields of the HPA.

    `behavior` None is an HPA of autoscaling/v1. `container` restricts the metric to one container.
    """

    behavior: Behavior | None = None
    container: str | None = None
    initialization_s: float = 300.0
    readiness_delay_s: float = 30.0
    stabilization_s: float = 300.0
    up_factor: float = 2.0
    up_minimum: int = 4
    configurable_tolerance: bool = True
    pod_level_requests: bool = True


@dataclass(frozen=True, slots=True)
class Policy:
    """How to scale one service.

    The first block holds for both policies, the rest for `responsive`. Percentages of usage are
    of the pods' base: their CPU request, else their limit, else `default_request_m`.
    """

    name: str = RESPONSIVE
    min_replicas: int = 1
    max_replicas: int = 10
    target_pct: int = 80
    tolerance_up: float | None = None
    tolerance_down: float | None = None
    """Shares of the target within which nothing is done; None: the policy's own."""
    period: float | None = None
    """Seconds between two decisions; None: the policy's own."""

    down_window_s: float = 230.0
    """Seconds for which the highest need still holds before a step down."""
    longest_window_s: float = 700.0
    """Longest that it holds, where demand is seen to come back, and after a start of the scaler."""
    down_step_pct: int = 34
    """Largest step down, in percent of the current replicas (one pod is always allowed)."""
    down_step_period_s: float = 30.0
    """Least time between two steps down."""
    up_factor: int = 4
    """Largest step up: to this many times the current replicas (four pods are always allowed)."""
    burst_pct: int = 200
    """Percent of the target at and above which a burst begins."""
    burst_window_s: float = 60.0
    """Seconds below `burst_pct` after which a burst ends."""
    saturated_pct: int = 95
    """Percent of its limit from which a pod is saturated, so that its usage hides demand."""
    saturation_factor: float = 2.0
    """The demand on a pod at its limit is taken for at most so many times the limit."""
    overload_step_pct: int = 50
    """Step up, in percent, when no pod is ready and their CPU is high."""
    overload_period_s: float = 60.0
    """Least time between two such steps."""
    warm_up_s: float | None = None
    """Seconds from start to ready; None: learnt from the pods seen."""
    max_sample_age_s: float = 90.0
    """A sample older than this is stale."""
    default_request_m: int = 100
    """Base of a container with neither request nor limit."""
    in_flight_target: int | None = None
    """Requests a pod should have in flight; None: what they mean for CPU is learnt."""
    count_cpu: bool = True
    """Whether CPU tells the demand; False where a server spins: then the gateways' requests do."""
    rhythm: bool = False
    """Whether what was needed at the same hour of other days raises the need."""
    hold_s: float = 300.0
    """Seconds for which a larger size that somebody else has set is held."""
    idle_wait_s: float = 120.0
    """Longest time a step down waits for pods without a request."""
    fallback_replicas: int | None = None
    """Least replicas after `fallback_after` observations in a row without usable samples."""
    fallback_after: int = 3
    hpa: HpaOptions = field(default_factory=HpaOptions)

    @property
    def period_s(self) -> float:
        """Seconds between two decisions."""
        return _PERIODS[self.name] if self.period is None else self.period

    @property
    def up_tolerance(self) -> float:
        """By what share of the target utilisation may exceed it."""
        return _TOLERANCES[self.name][0] if self.tolerance_up is None else self.tolerance_up

    @property
    def up_permille(self) -> int:
        """Utilisation from which more is needed, in thousandths of the target."""
        return 1000 + round(1000 * self.up_tolerance)

    @property
    def down_permille(self) -> int:
        """Utilisation up to which less may do, in thousandths of the target."""
        return 1000 - round(1000 * self.down_tolerance)

    @property
    def down_tolerance(self) -> float:
        """By what share of the target utilisation may fall short of it."""
        return _TOLERANCES[self.name][1] if self.tolerance_down is None else self.tolerance_down
