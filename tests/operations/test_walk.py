"""The operator's walk: from `kubectl apply -k` to dashboards that show a load test.

Debian's Prometheus has no discovery in Kubernetes: the pods' annotations are read for it.
"""

from __future__ import annotations

import asyncio
from contextlib import ExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Final

import pytest

from tests.operations.grafana import FOLDER, interpolated, load, panels, targets, values
from tests.operations.pods import HERE, PROGRAMS, Installed, installed
from tests.operations.prometheus import Prometheus, prometheus
from tests.operations.rules import FILES

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from contextlib import AbstractContextManager
    from pathlib import Path

pytestmark = pytest.mark.timeout(300)

PATIENCE: Final = 120.0
"""Seconds for what the load brings about."""
GLANCES: Final = {
    "exposed-service": ("Requests", "Not failed", "First byte, 50 %", "In flight", "Ready pods"),
    "exposed-scaler": ("Wanted", "Ready", "Aim"),
}
"""What the first rows of dashboards tell of a service."""


async def scraped(cluster: Installed) -> dict[str, list[str]]:
    """The addresses by job that discovery by the annotations of pods finds."""
    found: dict[str, list[str]] = {}
    for program in PROGRAMS:
        for pod in await cluster.pods(program):
            marks = pod["metadata"]["annotations"]
            assert marks["prometheus.io/scrape"] == "true"
            assert marks["prometheus.io/path"] == "/metrics"
            address = f"{pod['status']['podIP']}:{marks['prometheus.io/port']}"
            found.setdefault(program, []).append(address)
    return found


@asynccontextmanager
async def beside(server: AbstractContextManager[Prometheus]) -> AsyncIterator[Prometheus]:
    """A server that is waited for in a thread: what stands in for the cluster goes on meanwhile."""
    with ExitStack() as stack:
        yield await asyncio.to_thread(stack.enter_context, server)


async def test_from_an_empty_cluster_to_a_load_test_on_the_dashboards(tmp_path: Path) -> None:
    async with installed(tmp_path) as cluster:
        await cluster.exposed("apply", str(HERE / "services" / "growing.yaml"))
        assert "growing" in await cluster.exposed("list")
        async with beside(prometheus(tmp_path, await scraped(cluster), FILES)) as server:
            await asyncio.to_thread(every_pod_is_scraped, server)
            offered = asyncio.create_task(
                cluster.exposed(
                    *("load", "growing", "slow?seconds=0.2"),
                    *("--connections", "8", "--seconds", "60"),
                )
            )
            try:
                await asyncio.to_thread(the_load_is_seen, server)
                await asyncio.to_thread(the_dashboards_show_it, server)
            finally:
                told = await offered
        assert "200" in told
        assert "SuccessfulRescale" in await cluster.kubectl("get", "events", "-n", "oscar-svc")


def every_pod_is_scraped(server: Prometheus) -> None:
    counts = {"gateway": 3, "management": 2, "scaler": 2}
    assert set(counts) == set(PROGRAMS)
    for job, count in counts.items():
        server.until(f'sum(up{{job="{job}"}}) == {count}')
    server.until("sum(scaler_leader) == 1")
    server.until('sum(scaler_gateways{state="heard"}) == 3')


def the_load_is_seen(server: Prometheus) -> None:
    """The requests, at every gateway; what they cost; and that the service grows for them."""
    service = 'service="growing"'
    for expression in (
        f"sum(rate(gateway_requests_total{{{service}}}[10s])) > 1",
        f"count(gateway_requests_total{{{service}}} > 0) == 3",
        f"max(scaler_utilisation_percent{{{service}}}) > 0",
        f"max(scaler_desired_replicas{{{service}}}) > 1",
        f"max(scaler_ready_replicas{{{service}}}) > 1",
        f"sum(service:gateway_due:rate5m{{{service}}}) > 0",
    ):
        server.until(expression, PATIENCE)


def the_dashboards_show_it(server: Prometheus) -> None:
    """What an operator sees at a glance who chooses the service."""
    for name, titles in GLANCES.items():
        board = load(FOLDER / f"{name}.json")
        known = values(board, {"service": "growing"}, 300, 1)
        told = {panel["title"]: targets(panel)[0].expr for panel in panels(board)}
        for title in titles:
            server.until(f"max({interpolated(told[title], known)}) > 0", PATIENCE)
