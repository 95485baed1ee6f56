"""What the requests at gateways tell, through the real loop, and what an operator reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from aiohttp import web

from scaler.config.document import Config, SourceConfig
from scaler.config.scaling import Scaling
from scaler.decision import RESPONSIVE, Policy
from scaler.report.sentences import sentence
from tests.scaler.objects import deployment, pod, service
from tests.scaler.world import World, decided, world

if TYPE_CHECKING:
    from pathlib import Path

    from shared.service.objects import Obj


def serve_load(made: World, load: Obj) -> None:
    """The scripted server answers as a gateway, too."""
    otherwise = made.script.otherwise
    assert otherwise is not None

    async def answer(request: web.Request) -> web.StreamResponse:
        return web.json_response(load) if request.path == "/load" else await otherwise(request)

    made.script.otherwise = answer


class Counters:
    """A gateway's, of service `a`."""

    def __init__(self, made: World) -> None:
        names = ("in_flight", "waiting", "arrivals", "seconds", "request_seconds")
        self.made, self.told = made, dict.fromkeys(names, 0.0)
        serve_load(made, {"a": self.told})

    async def pass_by(self, seconds: int, rate: int) -> None:
        """So many ticks, with so many requests in each."""
        for _ in range(seconds):
            self.told["in_flight"] = min(rate, 1)
            self.told["arrivals"] += rate
            self.told["seconds"] += 1.0
            self.told["request_seconds"] += rate / 10
            await self.made.tick(1)


async def test_a_silent_gateway_lets_a_service_grow_and_never_shrink(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("{}")
    async with world(service("a", 4), tmp_path, path=path) as made:
        silent = "http://127.0.0.1:9"
        path.write_text(
            f"gateways: ['{made.script.url}', '{silent}']\n"
            "defaults: {period: 1s, in_flight_target: 2, "
            "down: {window: 90s, longest_window: 90s}}\n"
        )
        in_flight = {"a": {"in_flight": 2, "waiting": 0}}
        serve_load(made, in_flight)
        made.usage = {f"a/{index}": "10m" for index in range(4)}
        for _ in range(200):
            await made.tick(1)
        assert not made.writes
        assert "GatewayPartial" in decided(made).limits
        assert "held by GatewayPartial" in sentence(decided(made))
        assert made.reasons == ["GatewayPartial"]
        in_flight["a"]["waiting"] = 12
        await made.tick(1)
        assert made.writes == [("a-dlp", 7, "1")]


async def test_the_idle_pod_goes_and_those_at_work_on_long_requests_stay(tmp_path: Path) -> None:
    """Each of the three that work uses less CPU than the idle one."""
    path = tmp_path / "config.yaml"
    path.write_text("{}")
    async with world(service("a", 4), tmp_path, path=path) as made:
        path.write_text(f"gateways: ['{made.script.url}']\ndefaults: {{policy: hpa, period: 1s}}\n")
        pods = {f"a-dlp-1-{index}": min(index, 1) for index in range(4)}
        serve_load(made, {"a": {"in_flight": 3, "waiting": 0, "pods": pods}})
        made.usage = {f"a/{index}": f"{80 - 20 * index}m" for index in range(4)}
        await made.tick()
        await made.tick(400)
        assert made.writes == [("a-dlp", 3, "1")]
        marked = [call.path.split("/")[-2] for call in made.script.calls if call.method == "PATCH"]
        assert marked[0] == "a-dlp-1-0"
        assert not [name for name in marked if pods.get(name)]


async def test_the_longest_request_is_noted_once_for_the_pods_that_will_end(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("{}")
    async with world(service("a", 2), tmp_path, path=path) as made:
        path.write_text(f"gateways: ['{made.script.url}']\ndefaults: {{policy: hpa, period: 1s}}\n")
        told = {"in_flight": 1, "waiting": 0, "longest": 90.0}
        serve_load(made, {"a": told})
        made.usage = {f"a/{index}": "80m" for index in range(2)}
        await made.tick()
        await made.tick(5)
        told["longest"] = 3.0
        await made.tick(5)
        noted = [one for one in made.script.calls if one.path.endswith("/a-dlp/status")]
        assert len(noted) == 1
        assert '"longest_request_s":90.0' in str(noted[0].body)


async def test_where_cpu_does_not_count_a_server_that_spins_shrinks(tmp_path: Path) -> None:
    policy = {"count_cpu": False, "in_flight_target": 2}
    windows = {"down_window_s": 90.0, "longest_window_s": 90.0}
    source = {"name": RESPONSIVE, "period": 1.0}
    async with world(service("a", 4), tmp_path, Config()) as made:
        serve_load(made, {"a": {"in_flight": 2, "waiting": 0}})
        made.config.config = Config(
            source=SourceConfig(gateways=(made.script.url,)),
            defaults=Scaling(policy=Policy(**source, **policy, **windows)),  # type: ignore[arg-type]
        )
        made.usage = {f"a/{index}": "990m" for index in range(4)}
        for _ in range(150):
            await made.tick(1)
        assert made.writes, sentence(decided(made))


@pytest.mark.parametrize("known_s", [32, 120])
async def test_pods_at_their_limit_are_told_though_requests_were_cheap(
    tmp_path: Path, known_s: int
) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("{}")
    async with world(service("a", 1), tmp_path, path=path) as made:
        path.write_text(f"gateways: ['{made.script.url}']\ndefaults: {{period: 1s}}\n")
        only = pod("a", 0)
        only["spec"]["containers"][0]["resources"]["limits"] = {"cpu": "100m"}
        made.change(pods=[only])
        counters = Counters(made)
        made.usage = {"a/0": "0m"}
        await counters.pass_by(known_s, 2)
        assert not made.writes
        made.usage = {"a/0": "100m"}
        await counters.pass_by(4, 20)
        assert made.writes, sentence(decided(made))
        assert "BelowTarget" not in decided(made).reasons


async def test_what_is_kept_for_bursts_is_told_and_ends_with_the_longest_window(
    tmp_path: Path,
) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("{}")
    async with world(service("a", 1, cpu_threshold=30), tmp_path, path=path) as made:
        path.write_text(
            f"gateways: ['{made.script.url}']\n"
            "defaults: {period: 1s, down: {window: 30s, longest_window: 90s}}\n"
        )
        counters = Counters(made)
        made.usage = {"a/0": "20m"}
        await counters.pass_by(120, 5)
        made.usage = {"a/0": "80m"}
        await counters.pass_by(40, 20)
        size = made.writes[-1][1]
        grown = deployment("a", size)
        made.put(grown)
        made.change(pods=[pod("a", index) for index in range(size)])
        made.usage = {f"a/{index}": "0m" for index in range(size)}
        await counters.pass_by(85, 0)
        assert "WithinTolerance" not in decided(made).reasons
        assert "Bursts" in sentence(decided(made))
        await counters.pass_by(60, 0)
        assert "Bursts" not in decided(made).reasons
        assert made.writes[-1][1] < size
