"""A real Prometheus over the real processes: what rules name exists there, and alerts fire."""

from __future__ import annotations

import signal
import subprocess
import urllib.request
from typing import TYPE_CHECKING

import pytest

from tests.operations import rules
from tests.operations.prometheus import PROMTOOL
from tests.operations.stack import PORTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psutil

    from tests.operations.prometheus import Prometheus
    from tests.operations.stack import Observed

EXPRESSIONS = [rule["expr"] for rule in rules.rules()]
NAMED = sorted(set().union(*map(rules.metrics, EXPRESSIONS)))
PICKED = sorted({pair for expression in EXPRESSIONS for pair in rules.matched(expression)})
LOUD = (
    ("ExposedServiceUnavailable", "wrongport"),
    ("ExposedServiceNoReadyPod", "wrongport"),
    ("ExposedServiceErrorBudgetBurnsFast", "flaky"),
    ("ExposedServiceErrorBudgetBurnsSlowly", "flaky"),
    ("ExposedServiceQueueWaiting", "busy"),
    ("ExposedServiceSaturated", "busy"),
)
"""What the load brings about, as soon as nothing has to last."""


@pytest.fixture
def server(observed: Observed) -> Prometheus:
    return observed.prometheus


def test_every_process_is_scraped(server: Prometheus) -> None:
    """One scrape in many may take longer than its second."""
    server.until(f"count(up == 1) == {len(PORTS)}")
    assert {one["metric"]["job"] for one in server.query("up")} == set(PORTS)


def test_metrics_that_rules_name_exist(server: Prometheus) -> None:
    assert len(NAMED) > 40, "the names are found"
    for metric in NAMED:
        server.until(metric)


def test_labels_that_rules_name_exist(server: Prometheus) -> None:
    assert len(PICKED) > 15, "the names are found"
    for metric, label in PICKED:
        server.until(f'{metric}{{{label}!=""}}')


def test_recording_rules_have_values(server: Prometheus) -> None:
    for record in rules.records():
        server.until(record)


def test_alerts_fire(server: Prometheus) -> None:
    for alert, service in LOUD:
        server.until(f'ALERTS{{alertname="{alert}", service="{service}", alertstate="firing"}}')


def test_a_service_that_is_stopped_has_no_alert(server: Prometheus) -> None:
    """Though it is asked for, and refuses, all the time."""
    server.until('rate(gateway_refusals_total{service="halted", reason="stopped"}[1m]) > 0')
    assert server.query('ALERTS{service="halted"}') == []


def test_texts_are_filled_in(server: Prometheus) -> None:
    texts = [
        text for alert in server.ask("alerts")["alerts"] for text in alert["annotations"].values()
    ]
    assert texts
    assert not [text for text in texts if "<" in text or "{{" in text or "  " in text]


def test_no_rule_fails(server: Prometheus) -> None:
    groups = server.ask("rules")["groups"]
    assert not [rule for group in groups for rule in group["rules"] if rule["health"] == "err"]


@pytest.mark.parametrize("job", PORTS)
def test_the_exposition_is_as_prometheus_wants_it(observed: Observed, job: str) -> None:
    url = f"http://127.0.0.1:{observed.run.ports[PORTS[job]]}/metrics"
    with urllib.request.urlopen(url, timeout=60) as answer:
        text: bytes = answer.read()
    checked = subprocess.run([PROMTOOL, "check", "metrics"], input=text, capture_output=True)
    assert checked.returncode == 0, checked.stdout.decode() + checked.stderr.decode()


@pytest.fixture
def frozen_scaler(observed: Observed) -> Iterator[psutil.Process]:
    """The scaler stands still; it goes on in the end, and leads again."""
    process = observed.run.child("scaler")
    assert process is not None
    process.send_signal(signal.SIGSTOP)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGCONT)
        observed.prometheus.until("scaler_leader == 1")


@pytest.mark.usefixtures("frozen_scaler")
def test_a_scaler_that_stands_still_is_told_of(server: Prometheus) -> None:
    for alert in ("ScalerAbsent", "ExposedProcessDown"):
        server.until(f'ALERTS{{alertname="{alert}", alertstate="firing"}}')
