"""`python -m gateway`: reads the settings and runs one process, or several."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import ssl
import sys

import click
import uvloop

from gateway import process, settings, workers
from gateway.net.descriptors import raised
from gateway.net.listening import ListenError
from gateway.sharing.memory import Memory
from shared.kube.errors import NotConfigured
from shared.runtime import log as logs
from shared.runtime.settings import SettingsError, help_text
from shared.runtime.signals import on_stop

log = logging.getLogger("gateway")


@click.command(
    help="Route /system/services/<name>/exposed/… to the pods of exposed services.\n\n"
    "The cluster is found by KUBECONFIG, or by the service account of the pod.",
    epilog=help_text(settings.VARIABLES),
)
@click.option("--check", is_flag=True, help="Check the settings and end.")
@click.option("--worker", type=(int, int), hidden=True, help="Number, and descriptor of a socket.")
@click.option("--shared", multiple=True, type=int, hidden=True, help="Of memory, and of bells.")
def main(check: bool, worker: tuple[int, int] | None, shared: tuple[int, ...]) -> None:
    """See the command's help."""
    try:
        read = settings.read(os.environ)
    except SettingsError as error:
        raise click.UsageError(str(error)) from error
    if check:
        click.echo("the settings are valid")
        return
    raised()
    logs.setup("gateway", level=read.log_level, form=read.log_format)
    try:
        uvloop.run(_run(read, _seat(*worker, shared) if worker is not None else None))
    except (ListenError, NotConfigured, ssl.SSLError, FileNotFoundError) as error:
        log.error("cannot start: %s", error)
        sys.exit(1)


async def _run(read: settings.Settings, worker: process.Seat | None) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    on_stop(stop.set)
    if worker is not None:
        loop.add_reader(sys.stdin.fileno(), _orphaned, loop, stop)
    if read.workers > 1:
        await workers.run(read, stop)
    else:
        await process.run(read, stop, worker)


def _seat(number: int, descriptor: int, shared: tuple[int, ...]) -> process.Seat:
    """What the parent of this worker has told it."""
    memory, *bells = shared
    return process.Seat(number, socket.socket(fileno=descriptor), Memory(memory, bells, number))


def _orphaned(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    """The parent of this worker has ended: the pipe from it is closed."""
    loop.remove_reader(sys.stdin.fileno())
    stop.set()


if __name__ == "__main__":
    main()
