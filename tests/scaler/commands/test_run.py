"""The scaler as a process, before an embedded cluster, over a proxy that breaks what it is told."""

from __future__ import annotations

import asyncio
import itertools
import re
import signal
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from scaler.config.published import read_published
from shared.embedded import kinds
from shared.runtime.tasks import Supervisor
from shared.service import names
from tests.scaler.embedded import Embedded, embedded
from tests.scaler.process import QUICK, said, scaler
from tests.scaler.proxy import Proxy, cut, expired, half_a_line, hang, proxy, refuse

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

METRICS = "/apis/metrics.k8s.io/"
SCALE = "/deployments/[a-z]+-dlp/scale$"


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[Embedded]:
    async with embedded(tmp_path) as made:
        made.add("a", 1)
        yield made


async def replicas(cluster: Embedded, before: Proxy, wanted: int) -> None:
    """Wait until service a has so many replicas."""
    await before.until(lambda: cluster.replicas("a") == wanted)


async def test_replicas_follow_the_load_and_sigterm_ends_it_cleanly(
    cluster: Embedded, before: Proxy
) -> None:
    async with scaler(cluster, before) as process:
        cluster.load["a"] = 0.3
        await replicas(cluster, before, 4)
        cluster.load["a"] = 0.15
        await replicas(cluster, before, 2)
        await before.until(lambda: bool(before.seen("POST", "/events$")))
        process.send_signal(signal.SIGTERM)
        await said(process, "stopping")
        assert await process.wait() == 0
    lease = cluster.api.get(kinds.LEASE, "scaler", names.SYSTEM_NAMESPACE)
    assert lease["spec"]["holderIdentity"] == ""
    told = read_published(lease["metadata"]["annotations"][names.SCALER_CONFIG])
    assert told.defaults.policy.name == "hpa", "explain finds it there"
    reasons = {
        event["reason"]
        for event in cluster.api.list(kinds.EVENT_V1, names.NAMESPACE)
        if event["reportingController"] == "scaler"
    }
    assert "SuccessfulRescale" in reasons
    entries = cluster.deployment("a")["metadata"]["managedFields"]
    assert ("scaler", "scale") in {(e["manager"], e.get("subresource")) for e in entries}


async def test_it_starts_without_an_api_server_and_without_metrics_and_recovers(
    cluster: Embedded, before: Proxy
) -> None:
    before.down = True
    absent = before.breaks("GET", METRICS, refuse(404, "NotFound"), times=10**6)
    cluster.load["a"] = 0.15
    async with scaler(cluster, before) as process:
        await said(process, "list deployments")
        before.down = False
        assert "install metrics-server" in await said(process, "metrics.k8s.io")
        assert cluster.replicas("a") == 1
        absent.times = 0
        await replicas(cluster, before, 2)


FAULTS: list[tuple[str, str, Any, dict[str, Any]]] = [
    ("POST", "/events$", refuse(500, "InternalError"), {}),
    ("PATCH", SCALE, refuse(429, "TooManyRequests", Retry_After="1"), {}),
    ("PATCH", SCALE, refuse(500, "InternalError"), {}),
    ("PATCH", SCALE, hang, {}),
    ("PATCH", SCALE, cut, {"after": True}),
    ("PATCH", "/status$", refuse(403, "Forbidden"), {}),
    ("GET", METRICS, refuse(503, "ServiceUnavailable"), {"times": 2}),
    ("WATCH", "/deployments$", expired, {}),
    ("WATCH", "/deployments$", refuse(410, "Expired"), {}),
    ("WATCH", "/(deployments|pods)$", half_a_line, {"after": True, "times": 2}),
]


@pytest.mark.slow
async def test_every_fault_is_survived_and_nothing_is_lost(
    cluster: Embedded, before: Proxy
) -> None:
    """After each fault the number follows the load again, in one and the same process."""
    wanted = itertools.cycle([(2.0, 10), (0.001, 1)])
    async with scaler(cluster, before) as process:
        for method, path, answer, more in FAULTS:
            fault = before.breaks(method, path, answer, **more)
            if method == "WATCH":
                before.hang_up()
            cluster.load["a"], number = next(wanted)
            await replicas(cluster, before, number)
            await before.until(fault.exhausted)
        assert process.returncode is None


async def test_a_conflict_is_real_when_somebody_was_faster(
    cluster: Embedded, before: Proxy
) -> None:
    def meddle() -> None:
        cluster.scale("a", 3)

    before.breaks("PATCH", SCALE, None, meddle=meddle)
    cluster.load["a"] = 2.0
    async with scaler(cluster, before):
        await replicas(cluster, before, 10)
    patches = before.seen("PATCH", SCALE)
    # A late sample may make two steps of the way up to ten.
    conflict, *others = (each.status for each in patches)
    assert (conflict, set(others)) == (409, {200})
    first, second, *_ = (each.body["metadata"]["resourceVersion"] for each in patches)
    assert first != second, "decided anew on what the cache shows now"


async def test_a_right_that_is_missing_is_named(cluster: Embedded, before: Proxy) -> None:
    for role in cluster.api.list(kinds.CLUSTER_ROLE):
        cluster.api.delete(kinds.CLUSTER_ROLE, role["metadata"]["name"])
    cluster.load["a"] = 0.15
    async with scaler(cluster, before) as process:
        assert "nodes" in await said(process, "nodes")
        await replicas(cluster, before, 2)


async def test_a_changed_configuration_is_taken_over_while_it_runs(
    cluster: Embedded, before: Proxy
) -> None:
    config = cluster.folder / "config.yaml"
    config.write_text("defaults: {policy: hpa, pause: true}")
    cluster.load["a"] = 0.15
    async with scaler(cluster, before) as process:
        await said(process, "paused")
        config.write_text("defaults: {policy: nonsense}")
        assert "policy" in await said(process, "the last good one stays")
        assert cluster.replicas("a") == 1
        config.write_text(QUICK)
        await replicas(cluster, before, 2)


@pytest.mark.parametrize(
    ("environment", "problem"),
    [
        ({"SCALER_CONFIG": "/nowhere/config.yaml"}, "/nowhere/config.yaml"),
        ({"KUBECONFIG": "/nowhere/kubeconfig"}, "set KUBECONFIG"),
    ],
)
async def test_what_is_wrong_at_the_start_is_said_in_a_sentence(
    cluster: Embedded, before: Proxy, environment: dict[str, str], problem: str
) -> None:
    async with scaler(cluster, before, **environment) as process:
        _, text = await process.communicate()
        assert process.returncode == 1
        assert problem in text.decode()
        assert "Traceback" not in text.decode()


async def test_the_admin_port_tells(cluster: Embedded, before: Proxy) -> None:
    cluster.load["a"] = 0.15
    async with scaler(cluster, before) as process, aiohttp.ClientSession() as session:
        port = (await said(process, "admin port")).rsplit("port=", 1)[1].strip()
        await before.until(lambda: bool(before.seen("POST", "/events$")))
        url = f"http://127.0.0.1:{port}"
        for path in ("readyz", "healthz"):
            async with session.get(f"{url}/{path}") as answer:
                assert answer.status == 200
        async with session.get(f"{url}/metrics") as answer:
            metrics = await answer.text()
        assert 'scaler_writes_total{result="written"} 1.0' in metrics
        assert "scaler_leader 1.0" in metrics
        assert 'scaler_cache_age_seconds{resource="pods"}' in metrics
        async with session.get(f"{url}/decisions") as answer:
            assert (await answer.json())["a"]["standing"] in ("active", "waiting-for-cache")


def owners(proxies: dict[str, Proxy]) -> str:
    """Who wrote scale, one letter a write, in the order of time; only what was written counts."""
    writes = [
        (request.time, name)
        for name, each in proxies.items()
        for request in each.seen("PATCH", SCALE)
        if request.status == 200
    ]
    return "".join(name for _, name in sorted(writes))


async def swing(cluster: Embedded, changed: asyncio.Condition) -> None:
    """A load that asks for another number as soon as one is reached."""
    for load, wanted in itertools.cycle([(2.0, 10), (0.001, 1)]):
        cluster.load["a"] = load
        async with changed:
            while cluster.replicas("a") != wanted:
                await changed.wait()


@pytest.mark.slow
async def test_one_writer_at_all_times_though_leaders_are_paused_and_killed(
    cluster: Embedded,
) -> None:
    quick = {"SCALER_LEASE_DURATION": "6"}
    upstream = f"http://127.0.0.1:{cluster.port}"
    changed = asyncio.Condition()
    async with Supervisor() as tasks, proxy(upstream, changed) as a, proxy(upstream, changed) as b:
        tasks.start("load", swing(cluster, changed))
        proxies = {"a": a, "b": b}
        async with scaler(cluster, a, "a", **quick) as first:
            await a.until(lambda: len(a.seen("PATCH", SCALE)) >= 2)
            async with scaler(cluster, b, "b", **quick) as second:
                await b.until(lambda: bool(b.seen("WATCH", "/deployments$")))
                first.send_signal(signal.SIGSTOP)
                await b.until(lambda: bool(b.seen("PATCH", SCALE)))
                first.send_signal(signal.SIGCONT)
                looks = len(a.seen("GET", "/leases/"))
                await a.until(lambda: len(a.seen("GET", "/leases/")) >= looks + 3)
                written = len(a.seen("PATCH", SCALE))
                second.kill()
                await a.until(lambda: len(a.seen("PATCH", SCALE)) > written)
    assert re.fullmatch("a+b+a+", owners(proxies)), owners(proxies)
