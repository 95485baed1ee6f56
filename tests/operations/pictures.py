"""Makes the pictures of docs/operate/dashboards.md: `make dashboard-pictures`.

The system runs under a load that comes in waves, while a service is rolled out and a worker of the
gateway dies; the dashboards are drawn from what Prometheus has seen of it.
"""

from __future__ import annotations

import asyncio
import io
import itertools
import math
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import aiohttp
import numpy as np
from PIL import Image

from tests.operations.drawing import draw
from tests.operations.grafana import FILES, Target, interpolated, load, values
from tests.operations.load import CALLERS, LOST, TIMEOUT, Caller
from tests.operations.prometheus import prometheus
from tests.operations.rare import kill_a_worker, roll_out
from tests.operations.series import Lines, gridded
from tests.operations.stack import SERVICES, system, targets, under_load

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.e2e.conftest import Run
    from tests.operations.prometheus import Prometheus

IMAGES: Final = Path(__file__).parents[2] / "docs/images"
SECONDS: Final = 420.0
SHOWN: Final = "vision"
WAVE_S: Final = 180.0
MOST: Final = 200
"""Requests of the wave at a time; more are left out."""
COLOURS: Final = 256


def calmer(caller: Caller) -> Caller:
    """The same, more seldom where it would fill a picture: with failures, and with sleep and wake
    by turns."""
    pauses = {"sleepy": 90.0, "flaky": 2.0}
    return replace(caller, pause=pauses.get(caller.service, caller.pause))


def rate(second: float) -> float:
    """Requests a second of the wave, with a burst in each."""
    phase = second % WAVE_S
    burst = 14.0 if 100 < phase < 115 else 0.0
    return 5.0 + 4.0 * math.sin(2 * math.pi * phase / WAVE_S) + burst


async def wave(run: Run, stopped: threading.Event) -> None:
    """Ask as `rate` has it, whether answers come or not, until `stopped`."""
    url = f"{run.url}/system/services/{SHOWN}/exposed/?burn=0.025&wait=0.05"
    odd = itertools.cycle([*[""] * 60, "&drop=1", *[""] * 40, "&status=503"])
    secure = aiohttp.TCPConnector(ssl=run.trust or True, limit=0)
    began, due, tasks = time.monotonic(), 0.0, set[asyncio.Task[None]]()
    async with aiohttp.ClientSession(connector=secure, timeout=TIMEOUT) as session:
        while not stopped.is_set():
            await asyncio.sleep(0.05)
            due += 0.05 * rate(time.monotonic() - began)
            while due >= 1:
                due -= 1
                if len(tasks) < MOST:
                    task = asyncio.create_task(_ask(session, url + next(odd)), name="request")
                    tasks.add(task)
                    task.add_done_callback(tasks.discard)
        await asyncio.gather(*tasks)


async def _ask(session: aiohttp.ClientSession, url: str) -> None:
    try:
        async with session.get(url) as answer:
            await answer.read()
    except LOST:
        return


@contextmanager
def waving(run: Run) -> Iterator[None]:
    """The wave goes on, in a thread of its own, inside the block."""
    stopped = threading.Event()
    thread = threading.Thread(target=lambda: asyncio.run(wave(run, stopped)), name="wave")
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()


def picture(
    server: Prometheus, board: Mapping[str, Any], service: str, began: float, now: float
) -> Image.Image:
    """The dashboard, of what was from `began` to `now`; one of a single service shows `service`."""
    step = max(2.0, round((now - began) / 300))
    times = np.arange(round(began), now, step)
    by = values(board, {"service": service} if _of_one(board) else {}, now - began, step)

    def read(target: Target) -> list[Lines]:
        expr = interpolated(target.expr, by)
        if target.now:
            return gridded(server.at(expr, times[-1]), times[-1:], target.name)
        return gridded(server.range(expr, times[0], times[-1], step), times, target.name)

    marks = [
        (float(at), mark["iconColor"])
        for mark in board["annotations"]["list"]
        for one in server.range(interpolated(mark["expr"], by), times[0], times[-1], step)
        for at in _begins([float(at) for at, _ in one["values"]], 1.5 * step)
    ]
    buffer = io.BytesIO()
    draw(board, read, marks).savefig(buffer, format="png")
    whole = Image.open(buffer).convert("RGB")
    return whole.quantize(COLOURS, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)


def _of_one(board: Mapping[str, Any]) -> bool:
    return any(
        one["name"] == "service" and not one.get("includeAll")
        for one in board["templating"]["list"]
    )


def _begins(times: list[float], gap: float) -> Iterator[float]:
    """Where marks that follow each other begin: Grafana shows them as one."""
    for before, at in zip([-math.inf, *times], times, strict=False):
        if at - before > gap:
            yield at


def main(seconds: float = SECONDS) -> None:
    """Run the system for so long, and draw."""
    with (
        tempfile.TemporaryDirectory(prefix="pictures-") as name,
        system(Path(name)) as run,
        prometheus(Path(name), targets(run)) as server,
        under_load(run, [*map(calmer, CALLERS)]),
    ):
        run.exposed("apply", str(SERVICES / "wave.yaml"))
        began = time.time()
        with waving(run):
            time.sleep(0.4 * seconds)
            roll_out(run, SHOWN)
            time.sleep(0.2 * seconds)
            kill_a_worker(run)
            time.sleep(0.4 * seconds)
            now = time.time()
            IMAGES.mkdir(exist_ok=True)
            for path in FILES:
                image = picture(server, load(path), SHOWN, began, now)
                name = path.stem.replace("exposed-", "dashboard-")
                image.save(IMAGES / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main(*map(float, sys.argv[1:]))
