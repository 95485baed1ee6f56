"""The whole local system as `exposed local` runs it, in a folder of its own and on free ports."""

from __future__ import annotations

import os
import tempfile
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
import yaml

from shared.cli.local.children import Child, Program
from shared.cli.local.deploy import deploy
from shared.cli.local.layout import VARIABLES, Layout, prepare, programs, read
from shared.cli.local.waiting import until_up
from shared.runtime.clock import SystemClock
from shared.runtime.tasks import Supervisor

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

HERE: Final = Path(__file__).parent
SAMPLES: Final = 15.0
"""Seconds between two CPU samples: the resolution of metrics-server."""
PORTS: Final = {name: "0" for name in VARIABLES if name.endswith("_PORT")}
"""Any that are free."""


@asynccontextmanager
async def stack() -> AsyncIterator[tuple[Layout, Supervisor]]:
    """A system that is up; its processes and its folder are gone after the block."""
    with tempfile.TemporaryDirectory(prefix="scaler-load-", ignore_cleanup_errors=True) as folder:
        layout = read(PORTS, Path(folder) / "home")
        prepare(layout)
        cluster, *others = programs(layout, os.environ)
        sampled = (*cluster.arguments, "--sample-period", str(SAMPLES))
        # The cluster ends last: until they end, the others write to it.
        async with Supervisor() as below, Supervisor() as tasks:
            run(layout, replace(cluster, arguments=sampled), below)
            await until_up(
                "cluster", f"https://127.0.0.1:{layout.api}/readyz", layout.log("cluster")
            )
            await serve(layout, others, tasks)
            yield layout, tasks


async def serve(layout: Layout, others: Iterable[Program], tasks: Supervisor) -> None:
    """Run services API, gateway and scaler beside a cluster that is up, and wait until they
    answer."""
    for program in others:
        run(layout, program, tasks)
    for name, port, path in (
        ("management", layout.management, "/health"),
        ("gateway", layout.gateway_admin, "/readyz"),
        ("scaler", layout.scaler, "/readyz"),
    ):
        await until_up(name, f"http://127.0.0.1:{port}{path}", layout.log(name))


def run(layout: Layout, program: Program, tasks: Supervisor) -> None:
    """Keep a program running until `tasks` end; its log is in the folder of logs."""
    child = Child(program, layout.log(program.name), SystemClock(), click.echo)
    tasks.start(program.name, child.run())


@dataclass(frozen=True, slots=True)
class Settings:
    """What differs between services: the policy, which is its name, the requests a pod gets at a
    time (0: all), and the seconds that a pod loads."""

    policy: str
    concurrency: int = 0
    start: float = 1.0


async def add(layout: Layout, settings: Settings) -> None:
    """Apply the service and wait until it answers."""
    file = layout.home / f"{settings.policy}.yaml"
    file.write_text(definition(settings))
    await deploy([file], layout.target, lambda line: click.echo(f"  {line}"))


def definition(settings: Settings) -> str:
    """The FDL of the service; for `responsive`, which is the default, nothing is set."""
    document: dict[str, Any] = yaml.safe_load((HERE / "service.yaml").read_text())
    (entry,) = document["functions"]["oscar"][0].values()
    entry["name"] = settings.policy
    entry["script"] = (HERE / "service.sh").read_text()
    entry["environment"]["Variables"]["START"] = str(settings.start)
    if settings.concurrency:
        entry["expose"]["concurrency"] = settings.concurrency
    if settings.policy != "responsive":
        entry["expose"]["scaling"] = {"policy": settings.policy}
    return yaml.safe_dump(document)
