"""`python -m benchmarks.scaler`: a table of ticks; exit code 1 when a bound is broken."""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from itertools import product
from multiprocessing import get_context
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import click

from benchmarks.scaler.measure import MEBIBYTE, Plan, Result, measure
from scaler.decision import HPA, RESPONSIVE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

P = ParamSpec("P")
T = TypeVar("T")

PODS = 10
CHANGES = 50
"""Pods that change before each tick in a busy cluster; then nothing of the last catalog stands."""
EVERY = 15
"""Seconds between two samples of a metrics-server as it comes."""
MOST_CPU = 0.5
"""Seconds of CPU for nine of ten ticks of 1 000 services."""
MOST_REQUESTS = 2.0
"""Requests a tick, whatever the number of services."""
MOST_GROWTH = 8 * MEBIBYTE
"""Bytes by which a process at rest may grow."""

HEAD = (
    f"{'services':>8} {'pods':>6} {'changed':>7} {'every':>5} {'policy':<10} {'gateways':>8} "
    f"{'CPU a tick':>22} {'mean':>6} {'µs/pod':>7} {'wall':>6} {'calls':>6} {'RSS MiB':>8}"
)


@click.command()
@click.option("--services", default="10,100,1000", help="Numbers of services, by commas.")
@click.option("--ticks", default=20, help="Ticks measured for each number.")
@click.option("--gateways", default=2, help="Gateways that count requests; 0: CPU alone.")
def main(services: str, ticks: int, gateways: int) -> None:
    """Measure ticks over services of ten pods each, before an embedded API server.

    Both policies by CPU alone, then policy responsive with the counts of gateways, whose requests
    explain the CPU.
    """
    print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print("CPU of one tick in ms: median (10th to 90th percentile), and mean. In each tick all are")
    print("due; `changed` pods have changed since the tick before. Samples come each `every`")
    print("seconds; 0: all are new in each tick, which is more than any metrics server does.")
    print(HEAD)
    broken: list[str] = []
    for number, every in product((int(each) for each in services.split(",")), (0, EVERY)):
        with cluster(number, gateways, every) as (kubeconfig, addresses):
            for plan in plans(kubeconfig, addresses, number, every, ticks):
                result = alone(measure, plan)
                print(row(result), flush=True)
                broken += bounds(result)
    for each in broken:
        print(f"BROKEN: {each}")
    sys.exit(bool(broken))


def plans(
    kubeconfig: str, gateways: tuple[str, ...], services: int, every: int, ticks: int
) -> Iterator[Plan]:
    """What is measured on one cluster; where pods change, each sample is new anyway."""
    arms = ((HPA, ()), (RESPONSIVE, ()), (RESPONSIVE, gateways))
    known = arms if gateways else arms[:2]
    for changes, (policy, asked) in product((0,) if every else (0, CHANGES), known):
        took = max(ticks, 2 * every)
        yield Plan(kubeconfig, services, PODS, policy, asked, changes, took, every)


def row(result: Result) -> str:
    """One line of the table."""
    low, *_, high = statistics.quantiles(result.cpu, n=10)
    spread = f"{result.median * 1e3:.1f} ({low * 1e3:.1f} to {high * 1e3:.1f})"
    pods = result.services * result.pods
    wall = statistics.median(result.wall) * 1e3
    return (
        f"{result.services:>8} {pods:>6} {result.changes:>7} {result.every:>5} "
        f"{result.policy:<10} {result.gateways:>8} {spread:>22} {result.mean * 1e3:>6.1f} "
        f"{result.median / pods * 1e6:>7.1f} {wall:>6.0f} {result.requests:>6.2f} "
        f"{result.rss / MEBIBYTE:>8.1f}"
    )


def bounds(result: Result) -> Iterator[str]:
    """What the result breaks."""
    where = f"{result.services} services, policy {result.policy}, {result.gateways} gateways"
    if result.services <= 1000 and result.tail > MOST_CPU:
        yield f"{where}: a tenth of ticks take {result.tail:.2f} s of CPU, more than {MOST_CPU}"
    if result.requests > MOST_REQUESTS:
        yield f"{where}: {result.requests:.2f} requests a tick, more than {MOST_REQUESTS}"
    if result.growth > MOST_GROWTH:
        yield f"{where}: grew by {result.growth / MEBIBYTE:.1f} MiB at rest"


def alone(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What `call` answers in a process of its own, whose memory is that of no other run."""
    with ProcessPoolExecutor(1, get_context("spawn")) as processes:
        return processes.submit(call, *args, **kwargs).result()


@contextmanager
def cluster(services: int, gateways: int, every: int) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The kubeconfig of an embedded cluster in its own process, and its gateways."""
    with tempfile.TemporaryDirectory() as folder:
        command = (sys.executable, "-m", "benchmarks.scaler.cluster")
        process = subprocess.Popen(
            [*command, folder, *map(str, (services, PODS, gateways, every))],
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert process.stdout is not None
            kubeconfig, *addresses = process.stdout.readline().split()
            yield kubeconfig, tuple(addresses)
        finally:
            process.terminate()
            process.wait()


if __name__ == "__main__":
    main()
