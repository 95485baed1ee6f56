"""What a loop does for one service, over real HTTP and in virtual time; policy hpa mostly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from scaler.config.document import Config
from scaler.config.scaling import Scaling
from scaler.control.annotation import ANNOTATION
from scaler.control.standing import Standing
from scaler.decision import HPA, RESPONSIVE, Action, Policy
from shared.service import names
from shared.service.progress import Phase
from tests.scaler.objects import configmap, deployment, hpa, pod, service
from tests.scaler.world import World, settings, world
from tests.shared.kube.scripted import refuses, resets
from tests.shared.service.manager import Made

if TYPE_CHECKING:
    from pathlib import Path

    from shared.service.progress import Progress


async def test_a_busy_service_grows_by_a_precondition_and_tells_why(one: World) -> None:
    one.usage = {"a/0": "160m"}
    await one.tick()
    assert one.writes == [("a-dlp", 2, "1")]
    [scale] = one.calls("/scale")
    assert scale.method == "PATCH"
    assert scale.query["fieldManager"] == "scaler"
    assert one.reasons == ["SuccessfulRescale"]
    [event] = one.calls("/events")
    assert event.body["regarding"]["kind"] == "Deployment"
    assert event.body["note"].startswith("New size: 2; scale up 1 → 2: CPU 160% of its base")
    [note] = one.calls("/deployments/a-dlp/status")
    assert '"to":2' in note.body["metadata"]["annotations"][ANNOTATION]
    assert one.status().standing is Standing.ACTIVE


async def test_nothing_is_written_again_until_the_cache_shows_the_last_write(one: World) -> None:
    one.usage = {"a/0": "160m"}
    await one.tick()
    await one.tick(1)
    assert len(one.writes) == 1
    assert one.status().standing is Standing.WAITING
    one.put(deployment("a", 2, version=2))
    await one.tick(1)
    assert one.writes == [("a-dlp", 2, "1")], "two replicas are right for 160 of 200"
    assert one.status().standing is Standing.ACTIVE
    one.usage = {"a/0": "400m"}
    await one.tick(1)
    assert one.writes[1:] == [("a-dlp", 4, "2")]
    assert one.stats.foreign_changes == 0


async def test_a_conflict_is_never_answered_blindly(one: World) -> None:
    one.usage = {"a/0": "160m"}
    one.scale = [refuses(409, "Conflict")]
    await one.tick()
    for _ in range(3):
        await one.tick(1)
    assert len(one.writes) == 1
    one.usage = {"a/0": "10m"}
    one.put(deployment("a", 1, version=9))
    await one.tick(1)
    assert len(one.writes) == 1, "decided anew on what the cache shows now"


@pytest.mark.parametrize("failure", [refuses(500, "InternalError"), resets()])
async def test_a_failed_write_is_told_and_decided_again(one: World, failure: Any) -> None:
    one.usage = {"a/0": "160m"}
    one.scale = [failure]
    await one.tick()
    assert one.reasons == ["FailedRescale"]
    await one.tick(1)
    assert [replicas for _, replicas, _ in one.writes] == [2, 2]
    assert one.reasons == ["FailedRescale", "SuccessfulRescale"]


async def test_the_api_server_may_ask_to_back_off(one: World) -> None:
    one.usage = {"a/0": "160m"}
    one.scale = [refuses(429, "TooManyRequests", Retry_After="5")]
    await one.tick()
    for _ in range(4):
        await one.tick(1)
    assert len(one.writes) == 1
    await one.tick(1.5)
    assert len(one.writes) == 2


async def test_fallback_replicas_bridge_an_outage_and_end_with_it(tmp_path: Path) -> None:
    policy = Policy(period=1.0, fallback_replicas=3, fallback_after=4)
    async with world(service("a", 1), tmp_path, Config(defaults=Scaling(policy=policy))) as made:
        made.metrics = refuses(404, "NotFound")
        for _ in range(3):
            await made.tick(1)
        assert not made.writes, "a source may fail a few times"
        await made.tick(1)
        assert made.writes == [("a-dlp", 3, "1")]
        assert made.reasons == ["SuccessfulRescale"]
        [event] = made.calls("/events")
        assert "Fallback" in event.body["note"]
        made.put(deployment("a", 3, version=2))
        made.change(pods=[pod("a", index) for index in range(3)])
        for _ in range(200):
            await made.tick(1)
        assert len(made.writes) == 1, "nothing shrinks without data"
        made.metrics = None
        made.usage = {f"a/{index}": "150m" for index in range(3)}
        await made.tick(1)
        assert made.writes[1:] == [("a-dlp", 6, "2")], "450m on 80m a pod"


async def test_samples_that_cannot_be_are_counted_and_move_nothing(one: World) -> None:
    one.usage = {"a/0": "90"}  # ninety cores on a node of four
    await one.tick()
    one.sampled = 1000.0
    one.usage = {"a/0": "160m"}
    await one.tick(1)
    assert not one.writes
    assert {kind.value: n for kind, n in one.stats.faults.items()} == {"excessive": 1, "stale": 1}


async def test_a_rival_autoscaler_is_left_alone_until_it_goes(one: World) -> None:
    one.usage = {"a/0": "160m"}
    one.change(hpas=[hpa("a-hpa", "a-dlp")])
    for _ in range(3):
        await one.tick(1)
    assert not one.writes
    assert one.reasons == ["RivalAutoscaler"]
    assert one.status().standing is Standing.RIVAL
    assert "a-hpa" in one.status().note
    one.change(hpas=[])
    await one.tick(1)
    assert one.writes == [("a-dlp", 2, "1")]


async def test_a_managers_deployment_beside_ours_is_told_and_ours_is_scaled(one: World) -> None:
    one.usage = {"a/0": "160m"}
    theirs = Made("a").deployment()
    theirs["metadata"] |= {"uid": "theirs", "resourceVersion": "1"}
    one.change(deployments=[deployment("a", 1), theirs])
    await one.tick(1)
    assert one.writes == [("a-dlp", 2, "1")]
    assert "LeftoverDeployment" in one.reasons


@pytest.mark.parametrize("name", [HPA, RESPONSIVE])
async def test_after_it_was_left_alone_a_service_keeps_its_size_for_one_window(
    tmp_path: Path, name: str
) -> None:
    config = Config(defaults=Scaling(policy=Policy(name=name, period=10.0, longest_window_s=300.0)))
    async with world(service("a", 3), tmp_path, config) as made:
        made.usage = {f"a/{index}": "1m" for index in range(3)}
        await made.tick()
        made.change(hpas=[hpa("theirs", "a-dlp")])
        for _ in range(40):
            await made.tick(10)
        assert made.status().standing is Standing.RIVAL
        made.change(hpas=[])
        for _ in range(29):
            await made.tick(10)
        assert not made.writes
        for _ in range(4):
            await made.tick(10)
        assert made.writes


async def test_a_stopped_service_stays_at_zero(one: World) -> None:
    one.usage = {"a/0": "160m"}
    one.change(configmaps=[configmap("a", 2, stopped=True, min_scale=2)])
    one.put(deployment("a", 0, version=2))
    await one.tick()
    assert not one.writes
    assert one.status().standing is Standing.STOPPED


async def test_a_foreign_change_is_reported_once_with_its_author(one: World) -> None:
    one.usage = {"a/0": "80m"}
    await one.tick()
    one.put(deployment("a", 2, version=2))
    for _ in range(3):
        await one.tick(1)
    assert one.stats.foreign_changes == 1
    assert one.reasons == ["ForeignReplicaChange"]
    [event] = one.calls("/events")
    assert event.body["note"].startswith(
        "replicas changed from 1 to 2 by kubectl, not by the scaler, which goes on scaling; to keep"
    )


async def test_a_start_whose_mark_was_seen_first_is_no_foreign_change(one: World) -> None:
    one.author = names.SERVICES_API
    one.usage = {"a/0": "80m"}
    await one.tick()
    one.put(deployment("a", 2, version=2))
    await one.tick(1)
    assert one.stats.foreign_changes == 0


async def test_stop_and_start_are_no_foreign_changes(one: World) -> None:
    one.usage = {"a/0": "80m"}
    await one.tick()
    one.change(configmaps=[configmap("a", 2, stopped=True)])
    one.put(deployment("a", 0, version=2))
    await one.tick(1)
    one.change(configmaps=[configmap("a", 3)])
    one.put(deployment("a", 1, version=3))
    await one.tick(1)
    assert one.stats.foreign_changes == 0


async def test_a_service_made_anew_under_its_name_is_another(one: World) -> None:
    """However quickly: nothing of the old one is held against it."""
    one.usage = {"a/0": "80m"}
    await one.tick()
    anew = deployment("a", 2, version=2)
    anew["metadata"]["uid"] = "another"
    one.put(anew)
    await one.tick(1)
    assert one.stats.foreign_changes == 0
    assert not one.reasons


@pytest.mark.parametrize(
    ("more", "standing"),
    [({"pause": True}, Standing.PAUSED), ({"dry_run": True}, Standing.DRY_RUN)],
)
async def test_pause_and_dry_run_write_nothing(
    tmp_path: Path, more: dict[str, bool], standing: Standing
) -> None:
    async with world(service("a", 1), tmp_path, settings(**more)) as made:
        made.usage = {"a/0": "160m"}
        for _ in range(3):
            await made.tick(1)
        assert not made.writes
        assert made.status().standing is standing
        decision = made.status().decision
        assert (decision is None) is (standing is Standing.PAUSED)
        if decision is not None:
            assert (decision.action, decision.replicas) == (Action.UP, 2)


async def test_a_dry_run_goes_on_proposing_what_it_would_do(tmp_path: Path) -> None:
    config = Config(defaults=Scaling(policy=Policy(period=10.0), dry_run=True))
    async with world(service("a", 3), tmp_path, config) as made:
        made.usage = {f"a/{index}": "1m" for index in range(3)}
        moves = []
        for _ in range(100):
            await made.tick(10)
            decision = made.status().decision
            assert decision is not None
            moves.append(decision.action)
        assert moves == [Action.NONE] * 70 + [Action.DOWN] * 30


async def test_a_change_of_policy_shrinks_nothing_for_one_window(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("defaults: {policy: hpa, period: 10s}")
    async with world(service("a", 3), tmp_path, path=path) as made:
        made.usage = {f"a/{index}": "1m" for index in range(3)}
        for _ in range(29):
            await made.tick(10)
        path.write_text("defaults: {policy: responsive, period: 10s, down: {longest_window: 5m}}")
        for _ in range(30):
            await made.tick(10)
        assert not made.writes
        while not made.writes:
            await made.tick(10)
        made.put(deployment("a", 2, version=2))
        path.write_text("defaults: {policy: hpa, period: 10s}")
        for _ in range(30):
            await made.tick(10)
        assert made.writes == [("a-dlp", 2, "1")]


async def test_wrong_scaling_of_a_definition_is_told_and_the_rest_holds(tmp_path: Path) -> None:
    caches = service("a", 1, scaling="{period: soon, pause: true}")
    async with world(caches, tmp_path, settings()) as made:
        await made.tick()
        assert made.status().standing is Standing.PAUSED
        assert made.reasons == ["InvalidScaling"]


async def test_leadership_lost_before_the_write_prevents_it(one: World) -> None:
    one.usage = {"a/0": "160m"}
    await one.loop.tick()
    one.leads = False
    await one.rest()
    assert not one.writes
    assert one.stats.writes == {"not_leading": 1}


async def test_the_least_busy_pods_are_marked_before_shrinking(tmp_path: Path) -> None:
    caches = service("a", 3)
    short = Scaling(policy=Policy(name=HPA, period=1.0, max_replicas=3))
    async with world(caches, tmp_path, Config(defaults=short)) as made:
        made.usage = {"a/0": "60m", "a/1": "10m", "a/2": "50m"}
        await made.tick()
        await made.tick(400)
        assert made.writes == [("a-dlp", 2, "1")]
        [mark] = made.calls("/pods/a-dlp-1-1/status")
        assert mark.body == {
            "metadata": {"annotations": {"controller.kubernetes.io/pod-deletion-cost": "-100"}}
        }
        paths = [call.path for call in made.script.calls]
        assert paths.index(mark.path) < paths.index(made.calls("/scale")[0].path)


async def test_without_the_right_no_pod_is_marked_and_that_is_asked_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    short = Scaling(policy=Policy(name=HPA, period=1.0, max_replicas=3))
    async with world(service("a", 3), tmp_path, Config(defaults=short)) as made:
        made.marks = False
        made.usage = {f"a/{index}": "50m" for index in range(3)}
        await made.tick()
        await made.tick(400)
        assert made.writes == [("a-dlp", 2, "1")]
        assert made.status().unmarked
        made.put(deployment("a", 3, version=2))
        await made.tick(300)
        await made.tick(299)
        assert len(made.writes) > 1
        (asked,) = made.calls("/selfsubjectaccessreviews")
        assert not [call for call in made.script.calls if "/pods/" in call.path]
        made.marks = True
        made.put(deployment("a", 3, version=3))
        await made.tick(400)
        await made.tick(400)
        assert len(made.calls("/selfsubjectaccessreviews")) == 2
        assert [call for call in made.script.calls if "/pods/" in call.path]
        assert not made.status().unmarked
    assert asked.body["spec"]["resourceAttributes"]["subresource"] == "status"
    told = [each.getMessage() for each in caplog.records if "may not be marked" in each.message]
    assert len(told) == 1
    assert "namespace oscar-svc" in told[0]
    assert "overlay deletion-cost" in told[0]


async def test_a_restart_never_shrinks_for_one_window(tmp_path: Path) -> None:
    """An annotation that is hours old does not stand in for the missing history."""
    old = (
        '{"policy": "hpa", "state": '
        '{"recommendations": [{"replicas": 3, "time": 1000.0}], "ups": [], "downs": []}}'
    )
    caches = service("a", 3)
    async with world(caches, tmp_path, settings()) as made:
        made.put(deployment("a", 3, annotations={ANNOTATION: old}))
        made.usage = {f"a/{index}": "1m" for index in range(3)}
        for _ in range(29):
            await made.tick(10)
        assert not made.writes
        await made.tick(21)
        assert made.writes == [("a-dlp", 1, "1")]


async def test_pods_change_under_it(one: World) -> None:
    one.usage = {"a/0": "160m"}
    one.change(pods=[pod("a", 0, version=2, ready="False", age=10)])
    await one.tick()
    assert not one.writes, "an unready pod's start-up is no load"


async def test_what_was_learnt_is_kept_though_no_size_changes(tmp_path: Path) -> None:
    responsive = Config(defaults=Scaling(policy=Policy(period=1.0)))
    async with world(service("a", 1), tmp_path, responsive) as one:
        one.usage = {"a/0": "80m"}
        await one.tick(1)
        assert not one.calls("/deployments/a-dlp/status")
        one.change(pods=[pod("a", 0, version=2, age=-2)])
        await one.tick(2)
        await one.tick(1)
        assert not one.writes
        [note] = one.calls("/deployments/a-dlp/status")
        assert '"ready_times":[' in note.body["metadata"]["annotations"][ANNOTATION]


async def test_who_waits_for_a_wake_hears_nothing_of_a_sleep_that_only_the_cache_still_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The write is answered before the watch shows it, and a tick comes between."""
    told: list[Progress] = []
    config = Config(defaults=Scaling(policy=Policy(period=1.0), zero_after_s=60.0))
    async with world(service("a", 0), tmp_path, config) as made:
        monkeypatch.setattr(made.streams, "tell", told.append)
        asleep = {names.ASLEEP_SINCE: "2026-01-01T00:00:00Z"}
        made.put(deployment("a", 0, version=1, annotations=asleep))
        await made.tick(1)
        assert [one.phase for one in told] == [Phase.ASLEEP]
        made.loop.woken("a", "a request")
        for _ in range(3):
            await made.tick(1)
        assert [replicas for _, replicas, _ in made.writes] == [1]
        assert made.status().standing is Standing.WAITING
        assert {one.phase for one in told[1:]} == {Phase.WAKING}
