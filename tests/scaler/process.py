"""The scaler as a process, before an embedded cluster and a proxy."""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.scaler.embedded import Embedded
    from tests.scaler.proxy import Proxy

# A window of nothing and steps without bound: the number follows the load at once.
QUICK = """
defaults:
  policy: hpa
  hpa:
    behavior:
      scaleUp: {policies: [{type: Pods, value: 100, periodSeconds: 1}]}
      scaleDown:
        stabilizationWindowSeconds: 0
        policies: [{type: Pods, value: 100, periodSeconds: 1}]
"""


@asynccontextmanager
async def scaler(
    cluster: Embedded, before: Proxy, identity: str = "one", **environment: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A scaler behind the proxy; it is killed in the end if it still runs."""
    config = cluster.folder / "config.yaml"
    if not config.exists():
        config.write_text(QUICK)
    settings = {
        "KUBECONFIG": cluster.kubeconfig(before.port),
        "SCALER_HOST": "127.0.0.1",
        "SCALER_PORT": "0",
        "SCALER_PERIOD": "1",
        "SCALER_CONFIG": str(config),
        "SCALER_IDENTITY": identity,
    }
    command = (sys.executable, "-m", "scaler", "run")
    process = await asyncio.create_subprocess_exec(
        *command, env={**os.environ, **settings, **environment}, stderr=asyncio.subprocess.PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def said(process: asyncio.subprocess.Process, text: str) -> str:
    """The next line of the log that has `text`."""
    assert process.stderr is not None
    async for line in process.stderr:
        if text in line.decode():
            return line.decode()
    raise AssertionError(f"the log ended without {text!r}")
