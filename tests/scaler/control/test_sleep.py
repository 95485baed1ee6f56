"""Sleep and waking before an embedded cluster, over the real client and real streams."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

import pytest

from scaler.control.standing import Standing
from shared.embedded import kinds
from shared.service import names
from tests.scaler.embedded import Embedded, embedded
from tests.scaler.zero import asleep, awake, gateway, passed, scaling, sleeps
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

LONG = 6.0
"""Seconds between ticks, where nothing may wait for one: enough for a busy machine."""
QUICK: dict[str, Any] = {"scaling": {"zero_after": "1s"}}


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[Embedded]:
    async with embedded(tmp_path) as made:
        yield made


def reasons(cluster: Embedded) -> list[str]:
    return [
        event["reason"]
        for event in cluster.api.list(kinds.EVENT_V1, names.NAMESPACE)
        if event["reportingController"] == "scaler"
    ]


async def test_nobody_asks_and_it_sleeps_until_a_request_is_held(
    cluster: Embedded, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster.add("a", 2, min_scale=2, **QUICK)
    async with gateway() as one, scaling(cluster, one) as process:
        await sleeps(cluster)
        await until(lambda: one.phases("a")[-1:] == ["asleep"], "word of the sleep")
        monkeypatch.setattr("scaler.control.loop.TICK", LONG)
        ticks = process.stats.ticks
        await until(lambda: process.stats.ticks > ticks, "the last tick for long")
        ticks = process.stats.ticks
        await one.hold("a")
        await until(lambda: cluster.replicas("a") == 2, "the replicas", period=0.001)
        assert process.stats.ticks == ticks, "it waits neither for a tick nor for the sources"
        monkeypatch.undo()
        await awake(cluster, replicas=2)
        await until(lambda: one.phases("a")[-1] == "ready", "word of the pod")
        assert one.phases("a")[-2:] != ["asleep", "ready"], "what it waits for is told"
        await until(lambda: "Wake" in reasons(cluster), "the Event")
        assert "Sleep" in reasons(cluster)
        assert process.stats.services["a"].cold_starts == 1
        assert set(process.stats.cold_starts) == {"write", "schedule", "start", "ready"}
        await one.free("a")
        await sleeps(cluster)


@pytest.mark.parametrize("policy", ["responsive", "hpa"])
async def test_it_wakes_to_the_size_that_is_asked_for(cluster: Embedded, policy: str) -> None:
    cluster.add("a", 1, scaling={"zero_after": "1s", "wake_to": 3, "policy": policy})
    async with gateway() as one, scaling(cluster, one):
        await sleeps(cluster)
        await one.hold("a")
        await awake(cluster, replicas=3)


@pytest.mark.parametrize(
    "numbers",
    [{"open": 1, "idle_s": 0.0}, {"open": 0, "idle_s": 0.5}],
    ids=["a stream is open", "one has just ended"],
)
async def test_what_is_used_stays_awake(cluster: Embedded, numbers: dict[str, Any]) -> None:
    cluster.add("a", 1, **QUICK)
    async with gateway(services={"a": numbers}) as one, scaling(cluster, one) as process:
        await until(lambda: process.stats.services.get("a"), "a decision")
        await passed(3.0)
        assert cluster.replicas("a") == 1
        assert process.stats.services["a"].awake.startswith(("1 open request", "idle for"))
        one.busy("a", open=0, idle_s=2.0)
        await sleeps(cluster)


@pytest.mark.parametrize("how", ["silent", "older", "unknown"])
async def test_one_gateway_that_does_not_tell_holds_it_awake(cluster: Embedded, how: str) -> None:
    cluster.add("a", 1, **QUICK)
    told = {"up_s": None} if how == "older" else {"silent": how == "silent"}
    async with gateway() as one, gateway(**told) as other:
        if how == "unknown":
            other.port = 1
        async with scaling(cluster, one, other) as process:
            await until(lambda: "a" in process.stats.services, "a decision")
            await passed(3.0)
            assert cluster.replicas("a") == 1
            assert other.url in process.stats.services["a"].awake
            if how == "silent":
                other.silent = False
                await sleeps(cluster)


async def test_one_that_was_stopped_by_hand_is_never_woken(cluster: Embedded) -> None:
    cluster.add("a", 1, **QUICK)
    async with gateway(services={"a": {"open": 1}}) as one, scaling(cluster, one):
        await until(lambda: one.sockets, "the stream")
        cluster.scale("a", 0)
        await until(lambda: one.phases("a")[-1:] == ["disabled"], "word of it")
        await one.hold("a")
        await passed(1.5)
        assert cluster.replicas("a") == 0
        assert not asleep(cluster)


async def test_it_is_woken_by_hand(cluster: Embedded) -> None:
    cluster.add("a", 1, **QUICK)
    async with gateway() as one, scaling(cluster, one):
        await sleeps(cluster)
        cluster.annotate("a", **{names.WAKE: "2001-01-01T00:00:00Z"})
        await awake(cluster)
        await sleeps(cluster)
        cluster.annotate("a", **{names.WAKE: "2030-01-01T00:00:00Z"})
        await awake(cluster)
        await passed(2.5)
        assert cluster.replicas("a") == 1, "that was use too"


async def test_an_old_mark_wakes_nothing(cluster: Embedded) -> None:
    cluster.add("a", 1, **QUICK)
    async with gateway() as one:
        async with scaling(cluster, one, identity="one"):
            await sleeps(cluster)
        cluster.annotate("a", **{names.WAKE: "2001-01-01T00:00:00Z"})
        async with scaling(cluster, one, identity="two") as process:
            await until(lambda: "a" in process.stats.services, "a look at it")
            await passed(1.5)
            assert asleep(cluster)


async def test_a_gateway_without_streams_is_served_by_the_tick(cluster: Embedded) -> None:
    cluster.add("a", 1, **QUICK)
    async with gateway(streams=False) as one, scaling(cluster, one) as process:
        await sleeps(cluster)
        stats = process.stats
        await until(lambda: stats.services["a"].standing is Standing.ASLEEP, "a look at it")
        ticks = stats.ticks
        await until(lambda: stats.ticks > ticks + 2, "ticks in which it is not looked at")
        await one.hold("a")
        await awake(cluster)


async def test_what_is_held_is_heard_of_again_after_the_stream_has_broken(
    cluster: Embedded,
) -> None:
    cluster.add("a", 1, **QUICK)
    async with gateway() as one, scaling(cluster, one):
        await sleeps(cluster)
        one.held.add("a")
        one.services["a"] = {}
        await one.hang_up()
        await awake(cluster)


async def test_one_whose_setting_is_taken_back_wakes(cluster: Embedded) -> None:
    cluster.add("a", 1)
    quick = "defaults: {period: 1s, zero_after: 1s}\n"
    async with gateway() as one, scaling(cluster, one, config=quick):
        await sleeps(cluster)
        (cluster.folder / "config.yaml").write_text("defaults: {period: 1s}\n")
        await awake(cluster)


async def test_a_schedule_keeps_it_awake(cluster: Embedded) -> None:
    schedule = {"cron": "* * * * *", "duration": "2m", "min_replicas": 1}
    cluster.add("a", 1, scaling={"zero_after": "1s", "schedules": [schedule]})
    async with gateway() as one, scaling(cluster, one) as process:
        await until(lambda: "a" in process.stats.services, "a decision")
        await passed(2.5)
        assert process.stats.services["a"].awake == "a schedule asks for 1"
        assert cluster.replicas("a") == 1


async def test_while_it_is_paused_it_neither_wakes_nor_sleeps(cluster: Embedded) -> None:
    cluster.add("a", 1)
    written = "defaults: {period: 1s, zero_after: 1s, pause: PAUSE}\n"
    config = cluster.folder / "config.yaml"
    async with (
        gateway() as one,
        scaling(cluster, one, config=written.replace("PAUSE", "true")) as process,
    ):
        await until(lambda: "a" in process.stats.services, "a look at it")
        await passed(2.5)
        assert cluster.replicas("a") == 1
        config.write_text(written.replace("PAUSE", "false"))
        await sleeps(cluster)
        config.write_text(written.replace("PAUSE", "true"))
        await until(lambda: process.stats.services["a"].standing is Standing.PAUSED, "the pause")
        await one.hold("a")
        await until(lambda: one.phases("a")[-1:] == ["disabled"], "word of it")
        assert "paused" in one.progress[-1]["words"]
        assert cluster.replicas("a") == 0
        config.write_text(written.replace("PAUSE", "false"))
        await awake(cluster)


async def test_a_dry_run_puts_nothing_to_sleep(cluster: Embedded) -> None:
    cluster.add("a", 1, scaling={"zero_after": "1s", "dry_run": True})
    async with gateway() as one, scaling(cluster, one) as process:

        def decided() -> bool:
            status = process.stats.services.get("a")
            return bool(status and status.decision and status.decision.reasons == ("Sleep",))

        await until(decided, "the decision")
        await passed(1.0)
        assert cluster.replicas("a") == 1


async def test_who_waits_hears_that_a_dry_run_wakes_nothing(cluster: Embedded) -> None:
    cluster.add("a", 1)
    written = "defaults: {period: 1s, zero_after: 1s, dry_run: DRY}\n"
    config = cluster.folder / "config.yaml"
    async with gateway() as one, scaling(cluster, one, config=written.replace("DRY", "false")):
        await sleeps(cluster)
        await until(lambda: one.phases("a")[-1:] == ["asleep"], "word of the sleep")
        config.write_text(written.replace("DRY", "true"))
        await until(lambda: one.phases("a")[-1:] == ["disabled"], "word of the dry run")
        config.write_text(written.replace("DRY", "false"))
        await until(lambda: one.phases("a")[-1:] == ["asleep"], "word of its end")


async def test_a_stale_mark_is_taken_away(cluster: Embedded) -> None:
    """As a scaler that died between the two writes of a sleep leaves it."""
    cluster.add("a", 1, **QUICK)
    cluster.annotate("a", **{names.ASLEEP_SINCE: "2026-01-01T00:00:00Z"})
    async with gateway(services={"a": {"open": 1}}) as one, scaling(cluster, one):
        await awake(cluster)


async def test_the_next_scaler_wakes_what_the_last_one_put_to_sleep(cluster: Embedded) -> None:
    cluster.add("a", 1, **QUICK)
    async with gateway() as one:
        async with scaling(cluster, one, identity="one"):
            await sleeps(cluster)
        await one.hold("a")
        async with scaling(cluster, one, identity="two"):
            await awake(cluster)


async def test_a_size_set_by_hand_while_it_sleeps_is_held(cluster: Embedded) -> None:
    cluster.add("a", 1, scaling={"zero_after": "1s", "hold": "4s"})
    async with gateway() as one, scaling(cluster, one) as process:
        await sleeps(cluster)
        cluster.scale("a", 3)
        await until(lambda: process.stats.services["a"].hold_until, "word of who has set it")
        held = process.stats.services["a"].hold_until
        assert held is not None
        assert "3" in process.stats.services["a"].hold
        while time.time() < held:
            assert cluster.replicas("a") == 3
            await asyncio.sleep(0.1)
        await sleeps(cluster)
