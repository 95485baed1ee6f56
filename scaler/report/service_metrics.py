"""What is told of each service: why it has the size it has, and what that size costs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

from scaler.report.families import counter, gauge
from scaler.report.stats import ServiceStatus

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prometheus_client import Metric

Value = Callable[[ServiceStatus], float | None]
Values = Callable[[ServiceStatus], Iterable[tuple[str, float]]]


def _decided(attribute: str, unit: float = 1.0) -> Value:
    def value(status: ServiceStatus) -> float | None:
        number: float | None = getattr(status.decision, attribute, None)
        return None if number is None else number * unit

    return value


def _signal(attribute: str, unit: float = 1.0) -> Value:
    def value(status: ServiceStatus) -> float | None:
        signal = status.decision.signal if status.decision else None
        number: float | None = getattr(signal, attribute, None)
        return None if number is None else number * unit

    return value


_MILLI = 0.001

_GAUGES: tuple[tuple[str, str, Value], ...] = (
    ("desired_replicas", "Replicas last decided.", _decided("replicas")),
    ("min_replicas", "min_scale of the definition.", lambda status: status.least),
    ("max_replicas", "max_scale of the definition.", lambda status: status.most),
    ("current_replicas", "Replicas the Deployment asks for.", lambda status: status.current),
    ("ready_replicas", "Pods that are ready.", lambda status: status.ready),
    ("utilisation_percent", "CPU of the pods by their base.", _decided("utilisation_pct")),
    ("pod_usage_cores", "CPU of a pod, in the mean.", _decided("average_usage_m", _MILLI)),
    ("pod_base_cores", "CPU that a pod is measured by: its request.", _decided("base_m", _MILLI)),
    ("target_percent", "Utilisation aimed at.", _decided("target_pct")),
    ("sample_age_seconds", "Age of the oldest sample used.", _decided("sample_age_s")),
    (
        "decision_timestamp_seconds",
        "When the last decision was made.",
        lambda status: status.decided or None,
    ),
    (
        "hold_until_seconds",
        "When a size set by hand is held no more.",
        lambda status: status.hold_until,
    ),
    ("demand_cores", "CPU called for now, by the signal chosen.", _signal("demand_m", _MILLI)),
    (
        "demand_spread_cores",
        "Standard deviation of what requests leave unexplained of the CPU.",
        _signal("spread_m", _MILLI),
    ),
    (
        "foreseen_cores",
        "CPU that bursts may call for when a pod asked for now would serve.",
        _signal("foreseen_m", _MILLI),
    ),
    ("request_cpu_seconds", "CPU that one more request takes.", _signal("cost_m", _MILLI)),
    (
        "signal_fit_percent",
        "How much of the changes of CPU requests explain.",
        _signal("fit_pct"),
    ),
    (
        "deployment_revision",
        "Revision of the Deployment, which a roll-out raises.",
        lambda status: status.revision or None,
    ),
)


def _signals(status: ServiceStatus) -> Iterator[tuple[str, float]]:
    if status.decision is not None and status.decision.signal is not None:
        yield status.decision.signal.name, 1


def _stages(status: ServiceStatus) -> Iterator[tuple[str, float]]:
    decision = status.decision
    if decision is None or decision.raw is None:
        return
    for stage, number in (
        ("metrics", decision.raw),
        ("windows", decision.stabilised),
        ("steps", decision.limited),
        ("bounds", decision.replicas),
    ):
        if number is not None:
            yield stage, number


def _named(attribute: str) -> Values:
    def values(status: ServiceStatus) -> Iterable[tuple[str, float]]:
        names: tuple[str, ...] = getattr(status.decision, attribute, ())
        return [(name, 1) for name in dict.fromkeys(names)]

    return values


_LABELLED: tuple[tuple[str, str, str, Values], ...] = (
    (
        "service_standing",
        "standing",
        "1 for how the scaler stands towards the service.",
        lambda status: [(status.standing.value, 1)],
    ),
    (
        "service_signal",
        "signal",
        "1 for what tells the demand: cpu, arrivals or slots.",
        _signals,
    ),
    (
        "service_reason",
        "reason",
        "1 for each rule that shaped the last decision.",
        _named("reasons"),
    ),
    (
        "service_limit",
        "limit",
        "1 for each rule that held the last decision back.",
        _named("limits"),
    ),
    (
        "stage_replicas",
        "stage",
        "Replicas that the metrics ask for, then after windows, steps and bounds.",
        _stages,
    ),
)


def of_services(services: Mapping[str, ServiceStatus], now: float) -> Iterator[Metric]:
    """All families that tell of services, at unix time `now`; reasons and limits are as many as
    there are rules."""
    for name, text, value_of in _GAUGES:
        values = ((service, value_of(status)) for service, status in services.items())
        yield gauge(name, text, "service", ((s, v) for s, v in values if v is not None))
    for name, label, text, values_of in _LABELLED:
        family = GaugeMetricFamily(f"scaler_{name}", text, labels=("service", label))
        for service, status in services.items():
            for of, value in values_of(status):
                family.add_metric((service, of), value)
        yield family
    rescales = CounterMetricFamily(
        "scaler_rescales", "Sizes written to the Deployment.", labels=("service", "direction")
    )
    for service, status in services.items():
        for direction, count in status.rescales.items():
            rescales.add_metric((service, direction), count)
    yield rescales
    ran = {name: status.pod_s(now) for name, status in services.items()}
    text = "Time of pods that run or start, added up: the service's cost."
    yield counter("pod_seconds", text, "service", ran)
