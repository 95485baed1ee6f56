"""The loop over real HTTP and in virtual time; policy hpa, whose numbers are easy to foretell."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from scaler.config.document import Config
from scaler.config.scaling import Scaling
from scaler.control.annotation import ANNOTATION
from scaler.control.standing import Standing
from scaler.decision import HPA, Policy
from scaler.report.reporter import NO_DATA_GRACE
from tests.scaler.objects import configmap, deployment, keyed, service, together
from tests.scaler.world import World, settings, world
from tests.shared.kube.scripted import refuses

if TYPE_CHECKING:
    from pathlib import Path


async def test_a_deployment_that_is_gone_is_forgotten(one: World) -> None:
    one.usage = {"a/0": "160m"}
    one.scale = [refuses(404, "NotFound")]
    await one.tick()
    await one.tick(1)
    assert len(one.writes) == 1
    one.change(configmaps=[], deployments=[])
    await one.tick(1)
    assert not one.stats.services


async def test_without_metrics_nothing_is_written_and_all_is_said(one: World) -> None:
    one.put(deployment("a", 3))
    one.metrics = refuses(404, "NotFound")
    ticks = round(NO_DATA_GRACE) + 2
    for _ in range(ticks):
        await one.tick(1)
    assert not one.writes
    assert one.reasons == ["FailedGetPodMetrics"]
    assert one.stats.source_failures["metrics.k8s.io"] == ticks
    one.metrics = None
    one.usage = {"a/0": "500m"}
    await one.tick(1)
    assert one.writes, "it recovers by itself"


async def test_the_api_server_may_ask_to_back_off_from_samples_too(one: World) -> None:
    one.usage = {"a/0": "160m"}
    one.metrics = refuses(429, "TooManyRequests", Retry_After="5")
    await one.tick()
    one.metrics = None
    for _ in range(4):
        await one.tick(1)
    decision = one.status().decision
    assert decision is not None
    assert "asks to wait 1 s more" in decision.error
    assert len(one.calls("/pods")) == 1
    assert one.stats.source_failures["metrics.k8s.io"] == 1
    await one.tick(1.5)
    assert one.writes == [("a-dlp", 2, "1")]


async def test_bounds_act_at_once_even_without_metrics(one: World) -> None:
    one.metrics = refuses(503, "ServiceUnavailable")
    await one.tick()
    one.change(configmaps=[configmap("a", 2, min_scale=3)])
    await one.tick(0.01)
    assert one.writes == [("a-dlp", 3, "1")]


async def test_one_fetch_a_tick_serves_all_services(tmp_path: Path) -> None:
    caches = together(*(service(f"s{index}", 1) for index in range(60)))
    async with world(caches, tmp_path, settings()) as made:
        made.usage = {f"s{index}/0": "80m" for index in range(60)}
        await made.tick()
        assert len(made.stats.services) == 60
        assert len(made.script.calls) == 1


async def test_services_are_decided_by_their_own_periods_and_spread_over_them(
    tmp_path: Path,
) -> None:
    caches = together(*(service(f"s{index}", 1) for index in range(40)))
    config = Config(defaults=Scaling(policy=Policy(name=HPA, period=10.0)))
    async with world(caches, tmp_path, config) as made:
        made.usage = {f"s{index}/0": "80m" for index in range(40)}
        counts = []
        for _ in range(31):
            before = sum(made.stats.decisions.values())
            await made.tick(1)
            counts.append(sum(made.stats.decisions.values()) - before)
        assert counts[0] == 40, "a newcomer is decided at once"
        assert all(0 < each < 20 for each in counts[1:]), counts
        assert [sum(counts[start : start + 10]) for start in (11, 21)] == [40, 40]


async def test_a_changed_configuration_acts_at_once_whatever_the_period(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("defaults: {policy: hpa, period: 1h, pause: true}")
    async with world(service("a", 1), tmp_path, path=path) as made:
        made.usage = {"a/0": "160m"}
        await made.tick()
        assert made.status().standing is Standing.PAUSED
        path.write_text("defaults: {policy: hpa, period: 1h}")
        await made.tick(1)
        assert made.writes == [("a-dlp", 2, "1")]


async def test_the_error_of_one_service_is_its_own(tmp_path: Path) -> None:
    caches = together(service("a", 1), service("b", 1))
    broken = deployment("a", 1)
    broken["metadata"]["annotations"] = {
        ANNOTATION: '{"policy": "hpa", "state": {"recommendations": []}}'
    }
    async with world(caches, tmp_path, settings()) as made:
        broken["spec"]["replicas"] = "many"
        made.put(broken)
        made.usage = {"a/0": "160m", "b/0": "160m"}
        await made.tick()
        assert [name for name, _, _ in made.writes] == ["b-dlp"]
        assert made.status("a").standing is Standing.FAILED
        assert "many" in made.status("a").note
        assert made.stats.service_errors == 1


async def test_a_configmap_with_the_name_of_another_is_told_and_not_scaled(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    wrong = configmap("a")
    wrong["data"] = configmap("b")["data"]
    caches = together(service("a", 1), service("b", 1))
    caches = replace(caches, configmaps={**caches.configmaps, **keyed(wrong)})
    async with world(caches, tmp_path, settings()) as made:
        made.usage = {"a/0": "160m", "b/0": "160m"}
        await made.tick()
        assert [name for name, _, _ in made.writes] == ["b-dlp"]
        assert made.status("a").standing is Standing.FAILED
        assert "name: 'b' is not the ConfigMap's name 'a'" in made.status("a").note
    assert "a: its definition cannot be read: ConfigMap a is not a service" in caplog.text


async def test_who_does_not_lead_neither_asks_nor_writes(one: World) -> None:
    one.usage = {"a/0": "160m"}
    one.leads, one.stats.wake_streams = False, 2
    await one.tick()
    assert not one.script.calls
    assert one.stats.wake_streams == 0
    one.leads = True
    await one.tick(1)
    assert one.writes == [("a-dlp", 2, "1")]


async def test_it_ticks_by_the_clock_for_ever(one: World) -> None:
    one.usage = {"a/0": "80m"}
    one.tasks.start("loop", one.loop.run())
    await one.script.until(1)
    while one.clock.sleeping == 0:
        await one.clock.advance(0)
    await one.clock.advance(1)
    await one.script.until(2)
    assert one.stats.ticks >= 1
