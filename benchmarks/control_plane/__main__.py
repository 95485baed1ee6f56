"""`python -m benchmarks.control_plane --binaries DIR`: exit code 1 when a promise is broken.

A real control plane, on which one service of 1 to 4 pods is scaled by the real
HorizontalPodAutoscaler and by our policy, under the same open-loop load.
"""

from __future__ import annotations

import asyncio
import os
import platform
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Final

import click

from benchmarks.control_plane import binaries as kubernetes
from benchmarks.control_plane.measure import apart
from benchmarks.control_plane.measure import hold as held
from benchmarks.scaler_load.ending import BASELINE, OURS, told, until_stopped
from benchmarks.scaler_load.schedule import PULSES, SECONDS, Level, arrivals, scaled
from benchmarks.scaler_load.stack import SAMPLES

if TYPE_CHECKING:
    from collections.abc import Sequence

TITLE: Final = "Our policy beside Kubernetes' own, on a real control plane"


@click.command()
@click.option(
    "--binaries",
    type=click.Path(path_type=Path),
    required=True,
    help=f"Folder of {', '.join(kubernetes.NAMES)}.",
)
@click.option("--policies", default=f"{BASELINE},{OURS}", help="By commas.", show_default=True)
@click.option("--seconds", default=SECONDS, show_default=True, help="Length of the load.")
@click.option("--seed", default=1, show_default=True, help="Of the arrivals.")
@click.option("--phase", default=SAMPLES / 2, show_default=True, help="Seconds from a sample on.")
@click.option("--output", type=click.Path(path_type=Path), help="Write the result to this file.")
@click.option("--hold", is_flag=True, help="Measure nothing: for kubectl and `make contract`.")
def main(
    binaries: Path,
    policies: str,
    seconds: float,
    seed: int,
    phase: float,
    output: Path | None,
    hold: bool,
) -> None:
    """Measure our policy and the real HPA on a real control plane, one after the other."""
    found = kubernetes.find(binaries)
    kubernetes.check_addresses()
    if hold:
        asyncio.run(until_stopped(held(found)))
    levels = scaled(PULSES, seconds, 1)
    instants = arrivals(levels, Random(seed))
    work = apart(found, policies.split(","), levels, instants, phase)
    runs = asyncio.run(until_stopped(work))
    told(TITLE, setting(found.version(), levels, seed, phase), runs, output)


def setting(version: str, levels: Sequence[Level], seed: int, phase: float) -> str:
    """The machine, and what it ran."""
    rates = ", ".join(f"{one.rate:g}/s for {one.seconds:g} s" for one in levels)
    return (
        f"{version} (API server, controllers, scheduler, autoscaling/v1), with a node whose pods "
        f"are processes; {platform.platform()}, {os.cpu_count()} cores, Python "
        f"{platform.python_version()}. Load: {rates}, arrivals by seed {seed}, from {phase:g} s "
        f"after a sample on. A service of 1 to 4 pods that load for 1 s, target 50 %, samples "
        f"every {SAMPLES:g} s; policies one after the other, each in a new control plane."
    )


if __name__ == "__main__":
    main()
