"""`exposed local`: the whole system on this machine, with real services, until Ctrl-C."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Final

import click

from shared.cli.client import run
from shared.cli.connection import home
from shared.cli.local import encryption
from shared.cli.local.children import Child, Program
from shared.cli.local.deploy import deploy, next_steps
from shared.cli.local.layout import Layout, check_ports, locked, prepare, programs, read
from shared.cli.local.waiting import NotUpError, last_words, recoveries, until_up
from shared.cli.rollout import Duration
from shared.runtime.clock import SystemClock
from shared.runtime.settings import SettingsError
from shared.runtime.signals import on_stop
from shared.runtime.tasks import Supervisor, first_of

EXAMPLES: Final = Path(__file__).parents[3] / "manifests" / "services"
DEFAULT_SERVICES: Final = ("nginx.yaml", "ocr.yaml")


@click.command()
@click.option(
    "--service",
    "services",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="FDL file to apply once all runs; may be given again. [default: nginx and ocr]",
)
@click.option("--empty", is_flag=True, help="Apply no services.")
@click.option(
    "--tls",
    is_flag=True,
    help="Serve https://localhost, by a certificate of this run's own [EXPOSED_TLS].",
)
@click.option(
    "--zero-after",
    type=Duration(30 * 86_400.0),
    envvar="EXPOSED_ZERO_AFTER",
    help="Let what is applied go to no pods after so long without a request [EXPOSED_ZERO_AFTER].",
)
@click.option(
    "--recover", is_flag=True, help="Keep damaged files aside and go on with what can be read."
)
def local(
    services: Sequence[Path], empty: bool, tls: bool, zero_after: float | None, recover: bool
) -> None:
    """Run everything on this machine until Ctrl-C.

    Starts an embedded cluster, the services API, the gateway and the scaler on 127.0.0.1, applies
    the example services and says what to type next. State lives in .local (EXPOSED_HOME); the
    ports are moved by EXPOSED_GATEWAY_PORT, EXPOSED_GATEWAY_ADMIN_PORT, EXPOSED_MANAGEMENT_PORT,
    EXPOSED_SCALER_PORT and EXPOSED_API_PORT. GATEWAY_TLS_CERTIFICATE and GATEWAY_TLS_KEY name a
    certificate of yours for the gateway.
    """
    environ = {**os.environ, **({encryption.WANTED: "true"} if tls else {})}
    try:
        layout = read(environ, home.path(environ))
    except SettingsError as error:
        raise click.UsageError(str(error)) from error
    files = () if empty else services or tuple(EXAMPLES / name for name in DEFAULT_SERVICES)
    with locked(layout.home):
        check_ports(layout)
        prepare(layout)
        run(_until_stopped(layout, files, zero_after, recover=recover))


async def _until_stopped(
    layout: Layout, files: Sequence[Path], zero_after: float | None, *, recover: bool
) -> None:
    """Run until SIGINT or SIGTERM; whatever was started has ended on return."""
    work = _run(layout, files, zero_after, recover=recover)
    running = asyncio.create_task(work, name="local run")
    on_stop(running.cancel)
    try:
        await running
    except asyncio.CancelledError:
        _say("everything has ended; `make local` goes on where this run stopped")


async def _run(
    layout: Layout, files: Sequence[Path], zero_after: float | None, *, recover: bool
) -> None:
    cluster, management, gateway, scaler = programs(layout, os.environ, recover=recover)
    _say(f"starting in {layout.home}")
    # The cluster ends last: until they end, the others write to it.
    async with _started(layout, cluster) as (below, (embedded,)):
        await first_of("start of the cluster", _until_cluster_up(layout), _failed_start(embedded))
        for line in recoveries(layout.log("cluster")) if recover else ():
            _say(line)
        _say(f"cluster    up  https://127.0.0.1:{layout.api}")
        async with _started(layout, management, gateway, scaler) as (tasks, _):
            await _until_all_up(layout)
            tasks.start(
                "certificate", encryption.keep(layout.encryption, layout.home, SystemClock())
            )
            await deploy(files, layout.target, _say, zero_after)
            await next_steps(layout, layout.target, _say)
            await first_of("until a failure", tasks.failed(), below.failed())


async def _until_cluster_up(layout: Layout) -> None:
    await until_up("cluster", f"https://127.0.0.1:{layout.api}/readyz", layout.log("cluster"))


async def _failed_start(cluster: Child) -> None:
    """Wait until the cluster ends, and raise what it said: before it has served at all, another
    start would end as this one did."""
    await cluster.has_ended.wait()
    raise NotUpError(last_words("cluster", cluster.log))


async def _until_all_up(layout: Layout) -> None:
    for name, port, path in (
        ("management", layout.management, "/health"),
        ("gateway", layout.gateway_admin, "/readyz"),
        ("scaler", layout.scaler, "/healthz"),
    ):
        await until_up(name, f"http://127.0.0.1:{port}{path}", layout.log(name))
        _say(f"{name:<10} up")


@contextlib.asynccontextmanager
async def _started(
    layout: Layout, *programs: Program
) -> AsyncIterator[tuple[Supervisor, list[Child]]]:
    """Keep `programs` running inside the block."""
    async with Supervisor() as tasks:
        children = [
            Child(program, layout.log(program.name), SystemClock(), _say) for program in programs
        ]
        for child in children:
            tasks.start(child.program.name, child.run())
        yield tasks, children


def _say(line: str) -> None:
    click.echo(line, err=False)
