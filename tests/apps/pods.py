"""Pods of the guide's services: processes with the environment and the probe of a real pod.

They differ from pods of the embedded cluster by their interpreter alone: applications have an
environment of their own, so that their dependencies are not the project's.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp

from gateway.management.objects.pod import pod_template
from tests.gateway.fake_cluster import TOKEN
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from shared.service.model import Service

PYTHON = Path(os.environ.get("APPS_PYTHON", "missing")).absolute()
"""The interpreter of the applications' environment."""


@contextlib.asynccontextmanager
async def running(
    service: Service, address: str, folder: Path, variables: Mapping[str, str]
) -> AsyncIterator[None]:
    """A pod of `service` that works in `folder`, from its readiness to the end of the block."""
    assert service.expose is not None
    container = pod_template(service, service.expose, TOKEN)["spec"]["containers"][0]
    script = folder / f"{service.name}.sh"
    script.write_text(service.script)
    log = folder / f"{service.name}.log"
    with log.open("ab") as output:
        process = await asyncio.create_subprocess_exec(
            "/bin/sh", script, cwd=folder, stdout=output, stderr=output, start_new_session=True,
            env=_environment(container["env"], address, service.expose.api_port[0])
            | {"HOME": str(folder)} | dict(variables),
        )  # fmt: skip
    try:
        await until(lambda: _ready(process, container, address, log), service.name, 120, 0.1)
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


def _environment(entries: list[dict[str, Any]], address: str, port: int) -> dict[str, str]:
    plain = {entry["name"]: entry.get("value", TOKEN) for entry in entries}
    path = f"{PYTHON.parent}:{os.environ['PATH']}:/usr/sbin"
    return {"PATH": path, "HOST": address, "PORT": str(port), "POD_IP": address} | plain


async def _ready(
    process: asyncio.subprocess.Process, container: dict[str, Any], address: str, log: Path
) -> bool:
    """What the pod's own readiness probe says (any status from 200 to 399)."""
    assert process.returncode is None, log.read_text()[-2000:]
    probe = container["readinessProbe"]["httpGet"]
    url = f"http://{address}:{container['ports'][0]['containerPort']}{probe['path']}"
    try:
        async with (
            aiohttp.ClientSession() as client,
            client.get(url, allow_redirects=False) as answer,
        ):
            return answer.status < 400
    except aiohttp.ClientError:
        return False
