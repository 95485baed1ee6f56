from __future__ import annotations

from prometheus_client import CollectorRegistry

from scaler.cluster.informers import CacheStatus
from scaler.control.actuator import Result
from scaler.control.standing import Standing
from scaler.decision import Action, Decision
from scaler.report.metrics import ScalerCollector
from scaler.report.stats import MAX_REASONS, Histogram, ServiceStatus, Stats
from scaler.sources.quality import Fault

DECISION = Decision(
    service="a", policy="hpa", current=2, replicas=4, valid=True, action=Action.UP,
    target_pct=80, utilisation_pct=170, sample_age_s=3.5, reasons=("Burst",), limits=("Step",),
)  # fmt: skip
POD_CONTACT = CacheStatus("pods", failures=4, age=2.5, problem="")
NO_CONTACT = CacheStatus("nodes", failures=1, age=None, problem="nodes is forbidden")


def test_every_number_of_the_dashboards_is_there() -> None:
    stats = Stats(leading=True, config_generation=3, foreign_changes=2)
    stats.services["a"] = ServiceStatus(
        Standing.ACTIVE, least=1, most=7, current=2, ready=1, decision=DECISION
    )
    stats.services["b"] = ServiceStatus(Standing.RIVAL, current=5)
    stats.decided(DECISION)
    stats.faults[Fault.STALE] = 7
    stats.writes[Result.CONFLICT] = 1
    stats.source_failures["kubelet"] = 2
    stats.source_ages = {"kubelet": 1.5}
    stats.gateways = {"heard": 2, "silent": 1}
    stats.ticked(0.25)
    registry = CollectorRegistry()
    registry.register(ScalerCollector(stats, lambda: [POD_CONTACT, NO_CONTACT]))

    def value(name: str, **labels: str) -> float | None:
        return registry.get_sample_value(f"scaler_{name}", labels)

    assert value("desired_replicas", service="a") == 4
    assert value("min_replicas", service="a") == 1
    assert value("max_replicas", service="a") == 7
    assert value("current_replicas", service="a") == 2
    assert value("ready_replicas", service="a") == 1
    assert value("utilisation_percent", service="a") == 170
    assert value("target_percent", service="a") == 80
    assert value("sample_age_seconds", service="a") == 3.5
    assert value("desired_replicas", service="b") is None
    assert value("service_standing", service="b", standing="rival-autoscaler") == 1
    assert value("decisions_total", action="ScaleUp", reason="Burst") == 1
    assert value("limits_bit_total", limit="Step") == 1
    assert value("rejected_samples_total", kind="stale") == 7
    assert value("writes_total", result="conflict") == 1
    assert value("source_failures_total", source="kubelet") == 2
    assert value("source_age_seconds", source="kubelet") == 1.5
    assert value("gateways", state="silent") == 1
    assert value("api_errors_total", resource="pods") == 4
    assert value("cache_age_seconds", resource="pods") == 2.5
    assert value("cache_age_seconds", resource="nodes") is None
    assert value("foreign_changes_total") == 2
    assert value("ticks_total") == 1
    assert value("last_tick_seconds") == 0.25
    assert value("leader") == 1
    assert value("config_generation") == 3
    assert value("config_valid") == 1
    assert value("rivals") == 1


def test_sleep_and_its_ends_are_counted() -> None:
    now, stats = 1000.0, Stats(wake_streams=2)
    status = stats.services["a"] = ServiceStatus(least=3, cold_starts=2)
    stats.services["b"] = ServiceStatus(least=1)
    stats.cold_starts["ready"] = Histogram()
    for seconds in (0.02, 3.0, 9999.0):
        stats.cold_starts["ready"].saw(seconds)
    registry = CollectorRegistry()
    registry.register(ScalerCollector(stats, tuple, lambda: now))

    def value(name: str, **labels: str) -> float | None:
        return registry.get_sample_value(f"scaler_{name}", labels)

    status.fell_asleep(900.0)
    status.fell_asleep(950.0)
    assert value("asleep_seconds_total", service="a") == 100.0
    assert value("saved_pods", service="a") == 3
    now = 1100.0
    status.woke(1050.0)
    status.woke(1090.0)
    assert value("asleep_seconds_total", service="a") == 150.0
    assert value("saved_pod_seconds_total", service="a") == 450.0
    assert value("saved_pods", service="a") is None
    assert value("asleep_seconds_total", service="b") is None
    assert value("cold_starts_total", service="a") == 2
    assert value("cold_start_seconds_count", part="ready") == 3
    assert value("cold_start_seconds_bucket", part="ready", le="0.025") == 1
    assert value("cold_start_seconds_bucket", part="ready", le="600") == 2
    assert value("wake_streams") == 2


def test_labels_are_bounded() -> None:
    stats = Stats()
    for index in range(2 * MAX_REASONS):
        stats.decided(Decision("a", "hpa", 1, 1, valid=True, reasons=(f"r{index}",)))
    assert len(stats.decisions) <= MAX_REASONS + 1
    assert sum(stats.decisions.values()) == 2 * MAX_REASONS
