"""`python -m benchmarks.scaler_load`: exit code 1 when a promise is broken.

The whole local system with one service of 1 to 4 pods, which is scaled by the rules of Kubernetes'
HPA and by our own, under the same open-loop load.
"""

from __future__ import annotations

import asyncio
import os
import platform
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Final

import click

from benchmarks.scaler_load.ending import BASELINE, OURS, told, until_stopped
from benchmarks.scaler_load.measure import Run, apart, together
from benchmarks.scaler_load.schedule import LOADS, SECONDS, Level, arrivals, scaled
from benchmarks.scaler_load.stack import SAMPLES, Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

TITLE: Final = "Policies under one load, on real processes"


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
        runs += asyncio.run(until_stopped(work))
    told(TITLE, setting(levels, services[0], side_by_side), runs, output)


def setting(levels: Sequence[Level], service: Settings, side_by_side: bool) -> str:
    """The machine, and what it ran."""
    rates = ", ".join(f"{one.rate:g}/s for {one.seconds:g} s" for one in levels)
    return (
        f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}. "
        f"Load: {rates}. A service of 1 to 4 pods that load for {service.start:g} s, target 50 %, "
        f"samples every {SAMPLES:g} s, concurrency {service.concurrency or 'not set'}; policies "
        f"{'side by side' if side_by_side else 'one after the other, each in a new system'}."
    )


if __name__ == "__main__":
    main()
