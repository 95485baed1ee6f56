"""Several gateways, one of them silent, before the real loop: real HTTP, our time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiohttp import web

from scaler.config.document import Config, SourceConfig
from scaler.config.scaling import Scaling
from scaler.decision import Policy
from tests.scaler.objects import service
from tests.scaler.world import World, world

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_aiohttp.plugin import AiohttpServer

PODS = 10
STEP = 5.0
"""Seconds between ticks."""


class Gateway:
    """Half of the requests of service `a` come by this one."""

    def __init__(self) -> None:
        self.in_flight = 25
        self.seconds = 0.0
        self.silent = False

    async def __call__(self, _: web.Request) -> web.Response:
        return web.Response(status=500) if self.silent else web.json_response({"a": self._load()})

    def _load(self) -> dict[str, Any]:
        pods = {f"a-dlp-1-{index}": self.in_flight // PODS for index in range(PODS)}
        total = self.in_flight * self.seconds
        return {
            "in_flight": self.in_flight, "waiting": 0, "arrivals": int(total), "pods": pods,
            "request_seconds": total, "seconds": self.seconds, "longest": 1.0,
        }  # fmt: skip


async def ticking(made: World, gateways: list[Gateway], seconds: float) -> None:
    for _ in range(int(seconds / STEP)):
        for each in gateways:
            each.seconds += STEP
        await made.tick(STEP)


async def test_one_of_two_gateways_silent_shrinks_nothing(
    aiohttp_server: AiohttpServer, tmp_path: Path
) -> None:
    gateways, urls = [Gateway(), Gateway()], []
    for each in gateways:
        app = web.Application()
        app.router.add_get("/load", each.__call__)
        urls.append(str((await aiohttp_server(app)).make_url("/")))
    policy = Policy(period=STEP, in_flight_target=5, longest_window_s=60.0)
    config = Config(SourceConfig(gateways=tuple(urls)), defaults=Scaling(policy=policy))
    caches = service("a", PODS, min_scale=1, max_scale=20)
    async with world(caches, tmp_path, config) as made:
        made.usage = {f"a/{index}": "40m" for index in range(PODS)}
        await ticking(made, gateways, 60)
        gateways[1].silent = True
        await ticking(made, gateways, 600)
        assert not made.writes
        assert made.stats.gateways == {"heard": 1, "silent": 1}
        gateways[1].silent = False
        for each in gateways:
            each.in_flight = 10
        await ticking(made, gateways, 300)
        assert made.writes, "it does shrink when both say that less is to do"
        assert made.writes[0][1] < PODS
