"""`python -m benchmarks.embedded`: the cores that changes take, of the API server and a gateway."""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from benchmarks.load.accounting import cpu, resident

if TYPE_CHECKING:
    from collections.abc import Iterator

ADMIN = 18181
GATEWAY = 18180
SETTLING = 3.0
"""Seconds before the first window."""


@click.command()
@click.option("--services", default=1000)
@click.option("--pods", default=3, help="Pods of each service.")
@click.option("--rate", default=50.0, help="Pods that change their readiness, a second.")
@click.option("--windows", default=6, help="Measurements.")
@click.option("--seconds", default=10.0, help="Length of one.")
def main(services: int, pods: int, rate: float, windows: int, seconds: float) -> None:
    """Measure with a gateway that follows, in windows of some seconds."""
    print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(f"{services} services of {pods} pods, {rate:g} changes of readiness a second")
    with tempfile.TemporaryDirectory() as folder, cluster(folder, services, pods, rate) as server:
        kubeconfig = server.stdout.readline().strip() if server.stdout else ""
        with gateway(kubeconfig) as follower:
            time.sleep(SETTLING)
            measured = {"API server": server.pid, "gateway": follower.pid}
            cores: dict[str, list[float]] = {name: [] for name in measured}
            for _ in range(windows):
                before = {name: cpu(pid) for name, pid in measured.items()}
                time.sleep(seconds)
                for name, pid in measured.items():
                    cores[name].append((cpu(pid) - before[name]) / 1e9 / seconds)
            for name, pid in measured.items():
                low, high = min(cores[name]), max(cores[name])
                median = statistics.median(cores[name])
                size = resident(pid) >> 20
                print(f"{name:<11} {median:.3f} cores ({low:.3f} to {high:.3f}), {size} MiB")


@contextmanager
def running(command: list[str], env: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


@contextmanager
def cluster(folder: str, services: int, pods: int, rate: float) -> Iterator[subprocess.Popen[str]]:
    """The embedded API server; its first line is a kubeconfig."""
    numbers = [str(services), str(pods), str(rate)]
    command = [sys.executable, "-m", "benchmarks.embedded.cluster", folder, *numbers]
    with running(command, dict(os.environ)) as process:
        yield process


@contextmanager
def gateway(kubeconfig: str) -> Iterator[subprocess.Popen[str]]:
    """A gateway whose table is complete."""
    env = {
        **os.environ,
        "KUBECONFIG": kubeconfig,
        "GATEWAY_PORT": str(GATEWAY),
        "GATEWAY_ADMIN_PORT": str(ADMIN),
    }
    with running([sys.executable, "-m", "gateway"], env) as process:
        while not ready():
            time.sleep(0.1)
        yield process


def ready() -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{ADMIN}/readyz") as answer:
            return bool(answer.status == 200)
    except urllib.error.URLError:
        return False


if __name__ == "__main__":
    main()
