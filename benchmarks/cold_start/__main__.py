"""`python -m benchmarks.cold_start`: exit code 1 when gateway and scaler add more than they may.

The whole local system with one service that sleeps; each request wakes it.
"""

from __future__ import annotations

import asyncio
import os
import platform
import sys
from pathlib import Path
from random import Random
from typing import Final

import click

from benchmarks.cold_start.measure import measure
from benchmarks.cold_start.wakes import holds, page

SERVICE: Final = Path(__file__).parents[2] / "tests" / "e2e" / "services" / "sleepy.yaml"


@click.command()
@click.option("--wakes", default=50, show_default=True)
@click.option("--load", default=0.5, show_default=True, help="Seconds that the pod loads.")
@click.option("--seed", default=1, show_default=True, help="Of the moments of requests.")
@click.option("--output", type=click.Path(path_type=Path), help="Write the result to this file.")
def main(wakes: int, load: float, seed: int, output: Path | None) -> None:
    """Measure wakes."""
    found = asyncio.run(measure(wakes, load, SERVICE, Random(seed)))
    machine = (
        f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}. The "
        f"pod is a process of the embedded cluster that loads for {load:g} s; gateway, scaler, API "
        f"server and node share the machine. Mean load at the end: {os.getloadavg()[0]:.1f}."
    )
    text = page(machine, found)
    click.echo(text)
    if output is not None:
        output.write_text(text)
    sys.exit(not holds(found))


if __name__ == "__main__":
    main()
