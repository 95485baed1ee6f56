from __future__ import annotations

from dataclasses import replace

from prometheus_client import CollectorRegistry

from scaler.decision import Signal
from scaler.report.metrics import ScalerCollector
from scaler.report.stats import ServiceStatus, Stats
from tests.scaler.report.test_metrics import DECISION

SIGNAL = Signal("arrivals", demand_m=1700, spread_m=250, cost_m=80.5, fit_pct=92, foreseen_m=2600)
WHOLE = replace(
    DECISION,
    raw=6,
    average_usage_m=850,
    base_m=500,
    stabilised=5,
    limited=4,
    reasons=("AboveTarget", "Arrivals", "UpStep"),
    limits=("UpStep",),
    signal=SIGNAL,
)


class Scrape:
    """What is told of services at unix time 100."""

    def __init__(self, **services: ServiceStatus) -> None:
        self._registry = CollectorRegistry()
        stats = Stats(services=services)
        self._registry.register(ScalerCollector(stats, tuple, lambda: 100.0))

    def value(self, name: str, **labels: str) -> float | None:
        return self._registry.get_sample_value(f"scaler_{name}", {"service": "a"} | labels)


def test_why_a_service_has_its_size() -> None:
    seen = Scrape(a=ServiceStatus(decision=WHOLE, decided=95.0))
    assert seen.value("demand_cores") == 1.7
    assert seen.value("pod_usage_cores") == 0.85
    assert seen.value("pod_base_cores") == 0.5
    assert seen.value("demand_spread_cores") == 0.25
    assert seen.value("foreseen_cores") == 2.6
    assert seen.value("request_cpu_seconds") == 0.0805
    assert seen.value("signal_fit_percent") == 92
    assert seen.value("service_signal", signal="arrivals") == 1
    stages = [
        seen.value("stage_replicas", stage=stage)
        for stage in ("metrics", "windows", "steps", "bounds")
    ]
    assert stages == [6, 5, 4, 4]
    assert seen.value("service_reason", reason="Arrivals") == 1
    assert seen.value("service_limit", limit="UpStep") == 1
    assert seen.value("service_limit", limit="Arrivals") is None
    assert seen.value("decision_timestamp_seconds") == 95.0


def test_what_is_not_known_is_not_told() -> None:
    for status in (ServiceStatus(), ServiceStatus(decision=replace(DECISION, valid=False))):
        seen = Scrape(a=status)
        for name in ("demand_cores", "foreseen_cores", "request_cpu_seconds"):
            assert seen.value(name) is None
        assert seen.value("stage_replicas", stage="metrics") is None
        assert seen.value("service_signal", signal="cpu") is None
        assert seen.value("decision_timestamp_seconds") is None
        assert seen.value("deployment_revision") is None


def test_what_a_service_costs_and_how_often_it_was_rescaled() -> None:
    status = ServiceStatus(revision=3)
    status.runs(2, 40.0)
    status.runs(1, 70.0)
    status.rescaled("down")
    status.rescaled("down")
    seen = Scrape(a=status)
    assert seen.value("pod_seconds_total") == 90.0
    assert seen.value("rescales_total", direction="down") == 2
    assert seen.value("rescales_total", direction="up") == 0, "growth from nothing is not seen"
    assert seen.value("deployment_revision") == 3
