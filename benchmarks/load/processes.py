"""Programs that are started, found to answer, and ended with all their children."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

from benchmarks.load.accounting import family


class StartError(Exception):
    """A program did not come up; the message has its last words."""


@contextlib.asynccontextmanager
async def running(
    command: Sequence[str],
    listens: Sequence[tuple[str, int]],
    environment: Mapping[str, str] | None = None,
    core: int | None = None,
    folder: Path | None = None,
) -> AsyncIterator[int]:
    """A process of its own process group that accepts connections at all of `listens`; yields its
    id. `core` is the one that it may use, `folder` where it works; None: as this process.
    """
    pinned = command if core is None else ["taskset", "-c", str(core), *command]
    with tempfile.TemporaryFile() as said:
        process = await asyncio.create_subprocess_exec(
            *pinned,
            env=dict(os.environ) | dict(environment or {}),
            cwd=folder,
            stdout=said,
            stderr=said,
            start_new_session=True,
        )
        try:
            for host, port in listens:
                if not await _answers(host, port, process.pid):
                    said.seek(0)
                    words = said.read().decode("utf-8", "replace")[-2000:]
                    raise StartError(f"nothing answers on {host}:{port}. {command[0]}: {words}")
            yield process.pid
        finally:
            await _end(process)


async def _end(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        await asyncio.wait_for(process.wait(), 5)
    except TimeoutError:
        os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


async def _answers(host: str, port: int, pid: int, seconds: float = 60.0) -> bool:
    """Whether process `pid` accepts connections before it ends and in so many seconds."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while loop.time() < end and family(pid):
        try:
            _, writer = await asyncio.open_connection(host, port)
        except OSError:
            await asyncio.sleep(0.05)
        else:
            writer.close()
            return True
    return False


def cores() -> tuple[int, set[int]]:
    """The one for the proxies, and those for everything else: the same where there is only one."""
    *others, last = sorted(os.sched_getaffinity(0))
    return last, set(others) or {last}
