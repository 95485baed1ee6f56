"""`python -m benchmarks.scaler_load`: exit code 1 when a promise is broken.

The whole local system with one service of 1 to 4 pods, which is scaled by the rules of Kubernetes'
HPA and by our own, under the same open-loop load.
"""

from __future__ import annotations

import asyncio
import os
import platform
import sys
from collections import defaultdict
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import click

from benchmarks.scaler_load import report
from benchmarks.scaler_load.measure import Run, apart, together
from benchmarks.scaler_load.schedule import LOADS, SECONDS, Level, arrivals, scaled
from benchmarks.scaler_load.scores import Score, bounds, score
from benchmarks.scaler_load.stack import SAMPLES, Settings
from shared.runtime.signals import on_stop

if TYPE_CHECKING:
    from collections.abc import Coroutine, Sequence

BASELINE, OURS = "hpa", "responsive"


@click.command()
@click.option("--policies", default=f"{BASELINE},{OURS}", help="By commas.", show_default=True)
@click.option("--load", default="pulses", type=click.Choice(list(LOADS)), show_default=True)
@click.option("--start", default=1.0, show_default=True, help="Seconds that a pod loads.")
@click.option(
    "--seconds",
    default=SECONDS,
    show_default=True,
    help="Length of the load. Samples, windows and starts take as long as ever.",
)
@click.option("--rate", default=1.0, show_default=True, help="Factor of all rates.")
@click.option("--repeat", default=1, show_default=True, help="Runs, each with its own arrivals.")
@click.option("--seed", default=1, show_default=True, help="Of the first run's arrivals.")
@click.option("--concurrency", default=0, help="Requests a pod gets at a time; 0: all.")
@click.option("--side-by-side", is_flag=True, help="All policies in one system at a time.")
@click.option("--output", type=click.Path(path_type=Path), help="Write the result to this file.")
def main(
    policies: str,
    load: str,
    start: float,
    seconds: float,
    rate: float,
    repeat: int,
    seed: int,
    concurrency: int,
    side_by_side: bool,
    output: Path | None,
) -> None:
    """Measure scaling policies on real processes, one after the other."""
    levels = scaled(LOADS[load], seconds, rate)
    services = [Settings(policy, concurrency, start) for policy in policies.split(",")]
    run = together if side_by_side else apart
    runs: list[Run] = []
    for number in range(repeat):
        instants = arrivals(levels, Random(seed + number))
        # Steps meet samples at other phases in each run.
        phase = SAMPLES * (number + 0.5) / repeat
        work = run(services, levels, instants, phase)
        runs += asyncio.run(_until_stopped(work))
    told(setting(levels, services[0], side_by_side), runs, output)


def told(setting: str, runs: Sequence[Run], output: Path | None) -> None:
    """Print the result, write it, and exit."""
    scores: dict[str, list[Score]] = defaultdict(list)
    for run in runs:
        scores[run.policy].append(score(run))
    both = BASELINE in scores and OURS in scores
    found = list(bounds(scores[OURS], scores[BASELINE])) if both else []
    page = report.page(setting, scores, found, runs)
    click.echo(page)
    if output is not None:
        output.write_text(page)
    sys.exit(any(not one.holds for one in found))


def setting(levels: Sequence[Level], service: Settings, side_by_side: bool) -> str:
    """The machine, and what it ran."""
    rates = ", ".join(f"{one.rate:g}/s for {one.seconds:g} s" for one in levels)
    return (
        f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}. "
        f"Load: {rates}. A service of 1 to 4 pods that load for {service.start:g} s, target 50 %, "
        f"samples every {SAMPLES:g} s, concurrency {service.concurrency or 'not set'}; policies "
        f"{'side by side' if side_by_side else 'one after the other, each in a new system'}."
    )


async def _until_stopped(work: Coroutine[Any, Any, list[Run]]) -> list[Run]:
    """What `work` gives; a signal cancels it, so that whatever it started has ended."""
    running = asyncio.ensure_future(work)
    on_stop(running.cancel)
    with suppress(asyncio.CancelledError):
        return await running
    click.echo("stopped; everything that was started has ended")
    sys.exit(130)


if __name__ == "__main__":
    main()
