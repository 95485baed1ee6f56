"""`explain` as a process before an embedded cluster, with the rights of the scaler."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from aiohttp.test_utils import TestServer
from prometheus_client import CollectorRegistry

from scaler.config.document import Config, SourceConfig
from scaler.config.published import published
from scaler.control.annotation import ANNOTATION, annotation
from scaler.decision import Decision, Signal
from scaler.decision.responsive.state import ResponsiveState
from scaler.report.admin import app
from scaler.report.stats import ServiceStatus, Stats
from shared.embedded import kinds
from shared.service import names
from tests.scaler.embedded import Embedded, embedded

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[Embedded]:
    async with embedded(tmp_path) as made:
        made.add("a", 2, scaling={"policy": "hpa"})
        made.load["a"] = 0.32
        made.controllers.settle()
        yield made


async def told(cluster: Embedded, name: str) -> tuple[int | None, str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "scaler", "explain", name),
        env={**os.environ, "KUBECONFIG": cluster.kubeconfig()},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    return process.returncode, output.decode()


def lead(cluster: Embedded, annotations: dict[str, str]) -> None:
    """Scaler `one` leads, and its Lease tells this."""
    metadata = {"name": "scaler", "namespace": names.SYSTEM_NAMESPACE, "annotations": annotations}
    lease = {"metadata": metadata, "spec": {"holderIdentity": "one"}}
    cluster.api.create(kinds.LEASE, lease, names.SYSTEM_NAMESPACE, manager="test")


@asynccontextmanager
async def admin_port(stats: Stats) -> AsyncIterator[str]:
    """The address of the admin port of a scaler that knows `stats`."""
    async with TestServer(app(CollectorRegistry(), stats, str, tuple)) as server:
        yield str(server.make_url("/"))


async def test_the_live_decision_is_told_and_nothing_is_written(cluster: Embedded) -> None:
    before = cluster.deployment("a")["metadata"]["resourceVersion"]
    code, text = await told(cluster, "a")
    while "pods might be unready" in text:  # their first second is no measure for policy hpa
        code, text = await told(cluster, "a")
    assert code == 0, text
    hint, first, *_ = text.splitlines()
    assert "--config or SCALER_CONFIG" in hint
    assert first.startswith("a: ")
    assert "Policy hpa: 1 to 10 replicas, target 80%" in text
    assert text.count("a-dlp-") == 2
    assert cluster.deployment("a")["metadata"]["resourceVersion"] == before


async def test_the_leaders_configuration_is_found_and_gateways_out_of_reach_are_told(
    cluster: Embedded,
) -> None:
    base = replace(Config(), source=SourceConfig(gateways=("http://127.0.0.1:9",)))
    text = published(base, "services: {a: {policy: responsive, in_flight_target: 3}}")
    lead(cluster, {names.SCALER_CONFIG: text})
    code, text = await told(cluster, "a")
    assert code == 0, text
    assert text.startswith("configuration: of one, by Lease scaler\n")
    assert "Policy responsive: 1 to 10 replicas" in text
    assert "kubectl exec -n oscar deploy/scaler -- python -m scaler explain a" in text


@pytest.mark.parametrize("age", [0.0, 3600.0])
async def test_the_leaders_decision_is_told_while_it_is_of_now(
    cluster: Embedded, age: float
) -> None:
    """It has watched the counters of gateways, which a single look cannot."""
    signal = Signal("arrivals", 1234, 56, 25.0, 93)
    decided = Decision("a", "responsive", 2, 2, True, raw=2, reasons=("Noted",), signal=signal)
    status = ServiceStatus(decision=decided, decided=time.time() - age)
    async with admin_port(Stats({"a": status})) as admin:
        lead(cluster, {names.SCALER_ADMIN: admin})
        code, text = await told(cluster, "a")
    assert code == 0, text
    line = "signal: demand 1234m by arrivals ± 56m fit 93%, a request costs 25m\n"
    assert (line in text) == ("decision: the leader's, of " in text) == (age == 0)


async def test_a_leader_out_of_reach_is_named_and_its_last_write_told(cluster: Embedded) -> None:
    signal = Signal("arrivals", 1234, cost_m=25.0)
    decided = Decision("a", "responsive", 2, 2, True, raw=2, signal=signal)
    note = {"metadata": {"annotations": {ANNOTATION: annotation(decided, ResponsiveState(), 9.0)}}}
    cluster.api.patch(kinds.DEPLOYMENT, "a-dlp", names.NAMESPACE, note, manager="scaler")
    lead(cluster, {names.SCALER_ADMIN: "http://127.0.0.1:9"})
    code, text = await told(cluster, "a")
    assert code == 0, text
    assert "the last decision of one is not known here" in text
    assert (
        "signal at the leader's last write, 1970-01-01T00:00:09.000+00:00: "
        "demand 1234m by arrivals, a request costs 25m\n"
    ) in text


async def test_a_scaler_that_leads_says_where_it_is_asked(cluster: Embedded) -> None:
    environment = {"SCALER_PORT": "0", "SCALER_PERIOD": "1", "SCALER_IDENTITY": "one"}
    scaler = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "scaler", "run"),
        env={**os.environ, "KUBECONFIG": cluster.kubeconfig(), **environment},
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        assert scaler.stderr is not None
        async for line in scaler.stderr:
            if b"a: hold" in line or b"a: scale" in line:
                break
        code, text = await told(cluster, "a")
        assert code == 0, text
        assert "decision: the leader's, of " in text
        assert "is not known here" not in text
    finally:
        scaler.kill()
        await scaler.communicate()


async def test_a_name_that_is_wrong_is_answered_with_those_that_are_right(
    cluster: Embedded,
) -> None:
    code, text = await told(cluster, "b")
    assert code == 1
    assert "no exposed service 'b'; there are: a" in text
