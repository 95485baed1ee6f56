"""A control plane that is up, with the project installed and its programs beside it."""

from __future__ import annotations

import os
import secrets
import tempfile
import time
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks.control_plane import programs
from benchmarks.control_plane.kubectl import Kubectl, write_kubeconfig
from benchmarks.control_plane.programs import Places
from benchmarks.scaler_load import stack
from shared.cli.local import layout as local
from shared.cli.local.waiting import NotUpError, first_answer, tail
from shared.runtime import certificate, private
from shared.runtime.tasks import Supervisor

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from benchmarks.control_plane.binaries import Binaries
    from shared.cli.local.layout import Layout

START_SECONDS: Final = 60.0


@asynccontextmanager
async def plane(binaries: Binaries) -> AsyncIterator[tuple[Layout, Supervisor]]:
    """Everything runs inside the block; processes and folder are gone after it."""
    with tempfile.TemporaryDirectory(prefix="plane-", ignore_cleanup_errors=True) as folder:
        layout = local.read(stack.PORTS, Path(folder) / "home")
        local.prepare(layout)
        free = local.read(stack.PORTS, layout.home)  # two more, for etcd
        places = Places(layout.home, layout.api, free.api, free.scaler)
        _prepare(places)
        # In this order, and the other way round at the end: each writes to what began before it.
        async with Supervisor() as store, Supervisor() as server, Supervisor() as others:
            stack.run(layout, programs.etcd(binaries, places, os.environ), store)
            stack.run(layout, programs.api_server(binaries, places, os.environ), server)
            await _until_ready(layout)
            await _complete(layout, binaries, places, others)
            async with Supervisor() as tasks:
                _, *ours = local.programs(layout, os.environ)
                await stack.serve(layout, ours, tasks)
                yield layout, tasks


async def _complete(layout: Layout, binaries: Binaries, places: Places, tasks: Supervisor) -> None:
    """Controllers, scheduler, node, metrics; then the project, as its guide says."""
    stack.run(layout, programs.controllers(binaries, places, os.environ), tasks)
    stack.run(layout, programs.scheduler(binaries, places, os.environ), tasks)
    stack.run(layout, programs.node(places, os.environ, stack.SAMPLES), tasks)
    kubectl = Kubectl(places)
    await kubectl.install()
    await kubectl.serve_metrics()


def _prepare(places: Places) -> None:
    """Certificates, tokens and kubeconfigs of the control plane."""
    for folder in (programs.SERVER, programs.ACCOUNTS, programs.PROXY):
        certificate.obtain(places.home / folder, time.time(), f"control plane ({folder})")
    tokens = {name: secrets.token_hex(32) for name in programs.USERS}
    private.write(places.home / programs.TOKENS, programs.tokens(tokens))
    for name, token in tokens.items():
        write_kubeconfig(places, name, token)


async def _until_ready(layout: Layout) -> None:
    url = f"https://{programs.HOST}:{layout.api}/readyz"
    if await first_answer(url, seconds=START_SECONDS, good=lambda status: status == 200) is None:
        log = layout.log("kube-apiserver")
        raise NotUpError(f"the API server is not ready at {url}; the end of {log}:\n{tail(log)}")
