"""`python -m benchmarks.scaler.asleep`: what services that sleep cost a tick; exit code 1 when the
bound is broken.

The same services that are awake are ticked with and without those that sleep beside them, turn by
turn, so that a busy machine slows both. Nothing changes between ticks, and no gateway is asked:
what a gateway says is read whatever sleeps.
"""

from __future__ import annotations

import asyncio
import logging
import platform
import statistics
import sys
import tempfile
import time
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scaler.cluster.catalog import Cataloguer
from scaler.config.document import Config
from scaler.config.scaling import Scaling
from scaler.decision import Policy
from shared.service import names
from tests.scaler.objects import deployment, keyed, service, together
from tests.scaler.world import World, world

if TYPE_CHECKING:
    from scaler.cluster.catalog import Caches

AWAKE = 20
MOST = 0.003
"""Seconds of CPU a tick for 1 000 services that sleep."""
WARM_UP = 25
"""Ticks in which all are looked at for the first time, and again."""


def sleeping(count: int) -> Caches:
    """So many services that sleep."""
    mark = {names.ASLEEP_SINCE: "2026-01-01T00:00:00+00:00"}
    found = together(*(service(f"b{index}", 0) for index in range(count)))
    marked = (deployment(f"b{index}", 0, annotations=mark) for index in range(count))
    return replace(found, deployments=keyed(*marked))


async def tick(made: World) -> float:
    """Seconds of CPU of one tick, a second after the last one."""
    await made.clock.advance(1.0)
    began = time.process_time()
    await made.loop.tick()
    took = time.process_time() - began
    await made.rest()
    return took


async def measured(asleep: int, ticks: int) -> tuple[list[float], list[float]]:
    """The ticks without those that sleep, and with them."""
    awake = together(*(service(f"a{index}", 1) for index in range(AWAKE)))
    config = Config(defaults=Scaling(policy=Policy(period=1.0), zero_after_s=600.0))
    async with AsyncExitStack() as stack:
        worlds = []
        for caches in (awake, together(awake, sleeping(asleep))):
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            made = await stack.enter_async_context(world(caches, folder, config))
            made.usage = {f"a{index}/0": "60m" for index in range(AWAKE)}
            made.catalog = Cataloguer().catalog(caches)
            worlds.append(made)
        found: tuple[list[float], list[float]] = ([], [])
        for turn in range(WARM_UP + ticks):
            for made, spent in zip(worlds, found, strict=True):
                took = await tick(made)
                if turn >= WARM_UP:
                    spent.append(took)
        return found


@click.command()
@click.option("--services", default=1000, help="Services that sleep.")
@click.option("--ticks", default=200, help="Ticks measured.")
def main(services: int, ticks: int) -> None:
    """Measure what so many services that sleep add to a tick."""
    logging.disable()
    without, beside = asyncio.run(measured(services, ticks))
    print(f"{platform.platform()}, Python {platform.python_version()}")
    for name, spent in (("none asleep", without), (f"{services} asleep", beside)):
        low, *_, high = statistics.quantiles(spent, n=10)
        median = statistics.median(spent)
        print(
            f"{name:<14} CPU of a tick {median * 1e3:6.2f} ms ({low * 1e3:.2f} to {high * 1e3:.2f})"
        )
    more = statistics.median(beside) - statistics.median(without)
    print(f"those that sleep add {more * 1e3:.2f} ms, {more / services * 1e6:.2f} µs each")
    if broken := more > MOST * services / 1000:
        print(f"BROKEN: more than {MOST * services} ms")
    sys.exit(broken)


if __name__ == "__main__":
    main()
