"""Nothing grows with the services and pods that were there once."""

from __future__ import annotations

import gc
import tracemalloc
from dataclasses import replace
from pathlib import Path

import scaler
from scaler.cluster.catalog import Caches
from scaler.config.document import Config
from scaler.config.scaling import Scaling
from scaler.decision import Policy
from tests.scaler.objects import keyed, pod, service, together
from tests.scaler.world import World, world

SOURCE = Path(scaler.__file__).parents[1]
TURNS = 150
ROOM = 8 * 1024
"""Bytes, fifty for each turn: less than the smallest entry that could be left behind."""


def at(turn: int) -> Caches:
    """Five services, of which one goes and one comes at each turn, and one that gets new pods."""
    still = service("still", 3)
    fresh = keyed(*(pod("still", 3 * turn + index) for index in range(3)))
    others = (service(f"s{turn + index}", 2) for index in range(5))
    return together(replace(still, pods=fresh), *others)


async def held(made: World, turns: range) -> int:
    """Bytes that our code holds after these turns."""
    for turn in turns:
        made.caches = at(turn)
        made.usage = {f"still/{3 * turn + index}": "80m" for index in range(3)}
        made.usage |= {f"s{turn + index}/0": "80m" for index in range(5)}
        made.usage[f"s{turn}/1"] = "much"
        await made.tick(1)
        made.script.calls.clear()
    gc.collect()
    ours = [tracemalloc.Filter(True, f"{SOURCE}/{each}/*") for each in ("scaler", "shared")]
    traces = tracemalloc.take_snapshot().filter_traces(ours).traces
    return sum(trace.size for trace in traces)


async def test_what_is_gone_is_forgotten(tmp_path: Path) -> None:
    config = Config(defaults=Scaling(policy=Policy(period=1.0, longest_window_s=120.0)))
    async with world(at(0), tmp_path, config) as made:
        tracemalloc.start()
        try:
            before = await held(made, range(1, TURNS))
            growth = await held(made, range(TURNS, 2 * TURNS)) - before
        finally:
            tracemalloc.stop()
        assert len(made.stats.services) == 6
        assert growth < ROOM
