"""When the board looks, and what it keeps."""

from __future__ import annotations

import asyncio
import gc
import tracemalloc
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import orjson

from gateway.admin.console.history import GRACE, PERIOD, POINTS
from shared.runtime.clock import settle
from shared.runtime.tasks import cancelled
from shared.service.sizing import encoded, read
from tests.gateway.admin.console.scene import (
    EVENTS,
    SENTENCE,
    SETTINGS,
    Scene,
    counts,
    pod,
    service,
    sizing,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

SERVICES, SHARE = 1000, 50


@asynccontextmanager
async def running(scene: Scene) -> AsyncIterator[None]:
    task = asyncio.create_task(scene.board.run(), name="board")
    await settle()
    try:
        yield
    finally:
        await cancelled(task)


async def test_it_looks_each_ten_seconds_and_each_second_while_somebody_watches() -> None:
    scene = Scene()
    async with running(scene):
        await scene.clock.advance(4 * PERIOD)
        assert scene.looks == scene.board.history.points == 4
        with scene.board.watched() as news:
            await scene.clock.advance(PERIOD)
            assert scene.looks == 4 + PERIOD
            assert news.is_set()
        await scene.clock.advance(PERIOD)
        assert scene.board.history.points == 6
        assert scene.looks == 4 + PERIOD + 1


async def test_many_who_come_at_once_cost_one_look() -> None:
    scene = Scene()
    await asyncio.gather(*(scene.board.fresh() for _ in range(20)))
    assert scene.looks == 1


async def test_a_look_that_fails_is_made_again() -> None:
    scene = Scene()
    good = scene.numbers
    async with running(scene):
        scene.numbers = {}
        await scene.clock.advance(PERIOD)
        scene.numbers = good
        await scene.clock.advance(PERIOD)
        assert scene.board.frame.services.keys() >= {"ocr"}


async def test_since_when_a_state_holds() -> None:
    scene = Scene()
    await scene.look()
    began = scene.whole()["services"]["quiet"]["since"]
    await scene.look(30.0)
    assert scene.whole()["services"]["quiet"]["since"] == began
    scene.services["quiet"]["stopped"] = True
    await scene.look(30.0)
    row = scene.whole()["services"]["quiet"]
    assert (row["state"], row["since"]) == ("stopped", began + 60)


async def test_a_deleted_service_leaves_the_rows_at_once_and_all_memory_soon() -> None:
    scene = Scene()
    await scene.live(2)
    del scene.services["ocr"]
    await scene.look()
    assert "ocr" not in scene.whole()["services"]
    assert await scene.board.service("ocr") is None
    assert "ocr" not in scene.heard.sizes
    for _ in range(GRACE + 1):
        await scene.look(PERIOD)
    assert "ocr" not in scene.board.history.tracks
    scene.services["ocr"] = service({})
    await scene.look(PERIOD)
    assert (await scene.service("ocr"))["timeline"]["requests"] == [0]


async def test_a_thousand_services_take_no_more_than_twenty_megabytes() -> None:
    """A few of them, all busy, failing and scaled; what is looked at is not counted."""
    scene = Scene()
    scene.services.clear()
    for name in (f"s{index}" for index in range(SERVICES // SHARE)):
        scene.services[name] = service(
            {f"{name}:80": pod(f"{name}-1-x", 1)},
            requests={"GET 200 upstream": 0},
            first_byte=counts(),
            failures={"pod_5xx": 1},
        )
    usual = replace(sizing("x"), settings=SETTINGS, events=EVENTS)
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for index, name in enumerate(scene.services):
            told = encoded(replace(usual, service=name, sentence=f"{SENTENCE} {index}"))
            scene.heard.sized(read(orjson.loads(told)))
        for point in range(POINTS + 2):
            for index, numbers in enumerate(scene.services.values()):
                numbers["requests"]["GET 200 upstream"] += 300 + index
                numbers["first_byte"]["counts"][point % 20] += 300 + index
            await scene.look(PERIOD)
        scene.board._numbers = {}
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 20_000_000 / SHARE
