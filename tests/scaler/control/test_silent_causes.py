"""What used to be taken for something else, through the real loop, and what an operator reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
import pytest

from scaler.config.document import Config
from scaler.config.scaling import Scaling
from scaler.control.annotation import ANNOTATION
from scaler.control.evaluate import Inputs
from scaler.decision import HPA, RESPONSIVE, HpaOptions, Policy
from scaler.decision.types import Sample
from scaler.report.admin import describe
from scaler.report.sentences import sentence
from scaler.sources.loads import Load, Loads
from scaler.sources.samples import Samples
from tests.scaler.objects import NOW, deployment, pod, service, stamp
from tests.scaler.world import decided, world

if TYPE_CHECKING:
    from pathlib import Path

    from shared.service.objects import Obj


def config(name: str = RESPONSIVE, **fields: Any) -> Config:
    return Config(defaults=Scaling(policy=Policy(name=name, period=1.0, **fields)))


def with_state(obj: Obj, state: Obj) -> Obj:
    obj["status"]["containerStatuses"] = [{"name": "main", "state": state}]
    return obj


def began(ago: float) -> Obj:
    return {"running": {"startedAt": stamp(NOW - ago)}}


@pytest.mark.parametrize("age", [95.0, 240.0])
async def test_a_service_that_loads_is_not_multiplied(tmp_path: Path, age: float) -> None:
    async with world(service("a", 1), tmp_path, config()) as made:
        loading = with_state(pod("a", 0, ready="False", age=age), began(age - 1))
        loading["status"]["conditions"][0]["lastTransitionTime"] = stamp(NOW - age)
        made.change(pods=[loading])
        made.usage = {"a/0": "950m"}
        for _ in range(30):
            await made.tick(5)
        assert not made.writes
        assert decided(made).reasons == ("Loading",)
        assert "because Loading" in sentence(decided(made))
        assert made.reasons == ["Loading"]
        [event] = made.calls("/events")
        assert event.body["note"].startswith("Loading: no pod is ready: they start, or ")


async def test_a_crash_loop_is_not_multiplied(tmp_path: Path) -> None:
    async with world(service("a", 1), tmp_path, config()) as made:
        made.usage = {"a/0": "950m"}
        for round_ in range(4):
            run = began(-130.0 * round_)
            made.change(pods=[with_state(pod("a", 0, ready="False", age=60.0), run)])
            for _ in range(9):
                await made.tick(10)
            waits = {"waiting": {"reason": "CrashLoopBackOff"}}
            made.change(pods=[with_state(pod("a", 0, ready="False", age=60.0), waits)])
            for _ in range(4):
                await made.tick(10)
            assert decided(made).reasons == ("CrashLoop",)
        assert not made.writes


async def test_saturated_pods_whose_help_cannot_start_are_told(tmp_path: Path) -> None:
    """A bad image in a roll-out: the old pod does all the work."""
    async with world(service("a", 3), tmp_path, config()) as made:
        waits = {"waiting": {"reason": "ImagePullBackOff"}}
        stuck = [
            with_state(pod("a", index, ready="False", phase="Pending"), waits) for index in (1, 2)
        ]
        made.change(pods=[pod("a", 0), *stuck])
        made.usage = {"a/0": "1"}
        await made.tick(1)
        assert "Pending" in decided(made).reasons


@pytest.mark.parametrize("name", [HPA, RESPONSIVE])
async def test_clocks_that_differ_are_the_cause_that_is_told(tmp_path: Path, name: str) -> None:
    async with world(service("a", 1), tmp_path, config(name)) as made:
        made.usage = {"a/0": "160m"}
        made.sampled = -35.0
        for _ in range(100):
            await made.tick(1)
        assert not made.writes
        assert decided(made).reasons[0] == "ClockSkew"
        cause = "samples were refused: a-dlp-1-0: future, taken 35 s from now, 10 s are believed"
        assert cause in decided(made).error
        assert "no metrics returned" not in decided(made).error
        assert made.reasons == ["ClockSkew"]
        [event] = made.calls("/events")
        assert cause in event.body["note"]


async def test_old_samples_are_told_with_their_age(tmp_path: Path) -> None:
    async with world(service("a", 1), tmp_path, config()) as made:
        made.usage, made.sampled = {"a/0": "160m"}, 240.0
        await made.tick(1)
        assert decided(made).reasons == ("SamplesStale", "NoUsableSamples")
        assert "240 s old, max_sample_age 90 s" in sentence(decided(made))


async def test_a_size_set_by_hand_is_held_at_once_and_after_a_restart(tmp_path: Path) -> None:
    async with world(
        service("a", 1), tmp_path, config(down_window_s=90.0, longest_window_s=90.0)
    ) as made:
        made.usage = {"a/0": "10m"}
        for _ in range(200):
            await made.tick(1)
        made.put(deployment("a", 5, version=2))
        made.change(pods=[pod("a", index) for index in range(5)])
        made.usage = {f"a/{index}": "2m" for index in range(5)}
        await made.tick(1)
        until = stamp(made.clock.now() + 300)[11:19]
        assert not made.writes
        assert describe(made.status())["hold"] == f"size 5 set by kubectl is held until {until} UTC"
        [event] = made.calls("/events")
        assert event.body["note"].endswith(
            f"size 5 set by kubectl is held until {until} UTC (scaling.hold); to keep it longer, "
            "set scaling.pause or min_scale"
        )
        for _ in range(250):
            await made.tick(1)
        assert decided(made).limits[-1] == "OperatorHold"
        assert f"OperatorHold until {until} UTC" in sentence(decided(made))
        notes = [call.body["metadata"]["annotations"] for call in made.calls("/a-dlp/status")]
    body = orjson.loads(notes[-1][ANNOTATION])
    assert body["state"]["hold"]["replicas"] == 5
    await restarted(tmp_path, notes[-1], until)


async def restarted(tmp_path: Path, annotations: dict[str, str], until: str) -> None:
    """The next scaler goes on with the hold, and ends it."""
    caches = service("a", 5)
    async with world(caches, tmp_path, config(down_window_s=90.0, longest_window_s=90.0)) as made:
        made.put(deployment("a", 5, version=2, annotations=annotations))
        made.usage = {f"a/{index}": "2m" for index in range(5)}
        await made.clock.advance(451)
        for _ in range(40):
            await made.tick(1)
        assert not made.writes
        while stamp(made.clock.now())[11:19] < until:
            await made.tick(1)
            assert not made.writes
        for _ in range(100):
            await made.tick(1)
        assert made.writes


async def test_a_start_by_the_services_api_is_not_held(tmp_path: Path) -> None:
    async with world(
        service("a", 1), tmp_path, config(down_window_s=90.0, longest_window_s=90.0)
    ) as made:
        made.usage = {"a/0": "10m"}
        await made.tick(1)
        made.author = "exposed-services"
        made.put(deployment("a", 3, version=2))
        made.change(pods=[pod("a", index) for index in range(3)])
        made.usage = {f"a/{index}": "2m" for index in range(3)}
        await made.tick(1)
        for _ in range(200):
            await made.tick(1)
        assert made.status().hold == ""
        assert made.writes


async def test_the_request_granted_by_a_resize_in_place_is_the_base(tmp_path: Path) -> None:
    async with world(service("a", 1), tmp_path, config(HPA)) as made:
        resized = with_state(pod("a", 0), began(3600))
        resized["status"]["containerStatuses"][0]["resources"] = {"requests": {"cpu": "200m"}}
        made.change(pods=[resized])
        made.usage = {"a/0": "160m"}
        await made.tick(1)
        assert decided(made).utilisation_pct == 80
        assert not made.writes


async def test_a_sidecar_without_sample_hides_no_container_that_is_named(tmp_path: Path) -> None:
    policy = config(HPA, hpa=HpaOptions(container="main"))
    async with world(service("a", 1), tmp_path, policy) as made:
        two = pod("a", 0)
        two["spec"]["containers"].append({"name": "mesh"})
        made.change(pods=[two])
        made.usage = {"a/0": "160m"}
        await made.tick(1)
        assert made.writes == [("a-dlp", 2, "1")]
        assert made.stats.faults == {"partial": 1}


async def test_a_target_above_the_limit_is_lowered_and_told(tmp_path: Path) -> None:
    caches = service("a", 2, cpu_threshold=150)
    async with world(caches, tmp_path, config()) as made:
        tight = [pod("a", index) for index in range(2)]
        for each in tight:
            each["spec"]["containers"][0]["resources"]["limits"] = {"cpu": "120m"}
        made.change(pods=tight)
        made.usage = {"a/0": "100m", "a/1": "100m"}
        await made.tick(1)
        assert "TargetAboveLimit" in decided(made).reasons
        assert decided(made).target_pct < 120


async def test_a_server_that_spins_is_told(tmp_path: Path) -> None:
    """Its CPU is high for minutes in which gateways have no request for it."""
    async with world(service("a", 2), tmp_path, config()) as made:
        quiet = Loads({"a": Load(0, arrivals=40.0, request_seconds=9.0)})

        async def fetch() -> Inputs:
            now = made.clock.now()
            names = [pod_["metadata"]["name"] for pod_ in made.caches.pods.values()]
            return Inputs(
                Samples({name: Sample(now, 15.0, {"main": 78}) for name in names}), loads=quiet
            )

        made.fetcher.fetch = fetch  # type: ignore[method-assign]
        for _ in range(119):
            await made.tick(1)
        assert "CpuDoesNotFollow" not in decided(made).reasons
        for _ in range(5):
            await made.tick(1)
        assert "CpuDoesNotFollow" in decided(made).reasons
        assert "CpuDoesNotFollow" in sentence(decided(made))
