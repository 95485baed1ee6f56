"""Several gateway processes behind one port: started, restarted, stopped, and counted as one.

The kernel spreads connections over the workers (SO_REUSEPORT). Each worker has its admin port on a
Unix socket; this process, their parent, has the real one and sums. A worker ends by itself when its
standard input does, so none survives a killed parent.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import aiohttp

from gateway.admin import snapshot
from gateway.admin.app import Admin, serving
from gateway.net.listening import bind
from gateway.process import admin_socket
from shared.runtime.clock import SystemClock
from shared.runtime.restarts import Restarts
from shared.runtime.tasks import Supervisor

if TYPE_CHECKING:
    from gateway.admin.snapshot import Snapshot
    from gateway.settings import Settings

log = logging.getLogger(__name__)

ANSWER: Final = 5.0
"""Seconds a worker has to answer its parent."""


class Worker:
    """One place for a process: whatever ends there is started again until `stop`."""

    def __init__(self, number: int, folder: Path, port: int) -> None:
        self.socket = folder / f"{number}.sock"
        self.restarts = 0
        self.process: asyncio.subprocess.Process | None = None
        self._number = number
        self._environment = os.environ | {"GATEWAY_WORKERS": "1", "GATEWAY_PORT": str(port)}
        self._clock = SystemClock()
        self._stop = asyncio.Event()
        self._past: Snapshot = {}
        """What the processes before the present one counted, as far as it was ever asked."""
        self._last: Snapshot = {}

    async def run(self) -> None:
        """Keep a process here; returns when `stop` was called and it has ended."""
        restarts = Restarts()
        while not self._stop.is_set():
            began = self._clock.monotonic()
            code = await self._run_once()
            if self._stop.is_set():
                return
            wait = restarts.pause(self._clock.monotonic() - began)
            log.error("worker %d ended (code %d); starting it again in %g s",
                      self._number, code, wait)  # fmt: skip
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), wait)
            self.restarts += 1

    async def _run_once(self) -> int:
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "gateway", "--worker", str(self.socket),
            env=self._environment, stdin=asyncio.subprocess.PIPE,
        )  # fmt: skip
        if self._stop.is_set():
            self.stop()
        try:
            return await self.process.wait()
        finally:
            self.process = None
            if self._last:
                self._past = snapshot.merge([self._past, snapshot.counters(self._last)])
                self._last = {}

    def stop(self) -> None:
        """Ask the process to drain and end."""
        self._stop.set()
        if self.process is not None:
            with suppress(ProcessLookupError):
                self.process.send_signal(signal.SIGTERM)

    async def numbers(self) -> list[Snapshot]:
        """What the present process says, and what remains of those before.

        Of one that does not answer, what it counted last remains, so that no sum ever falls: its
        return would look like as many requests in one moment.
        """
        try:
            present = self._last = await self._ask("/snapshot")
        except (aiohttp.ClientError, TimeoutError, OSError):
            present = snapshot.counters(self._last) if self._last else {}
        return [one for one in (present, self._past) if one]

    async def excuse(self) -> str:
        """Why this worker is not ready; empty when it is."""
        try:
            return str((await self._ask("/readyz"))["why"])
        except (aiohttp.ClientError, TimeoutError, OSError):
            return f"worker {self._number} does not answer"

    async def _ask(self, path: str) -> dict[str, Any]:
        timeout = aiohttp.ClientTimeout(total=ANSWER)
        connector = aiohttp.UnixConnector(str(self.socket))
        async with (
            aiohttp.ClientSession(connector=connector, timeout=timeout) as session,
            session.get(f"http://worker{path}") as answer,
        ):
            if path == "/readyz":
                return {"why": "" if answer.status == 200 else (await answer.text()).strip()}
            found: dict[str, Any] = await answer.json()
            return found


class Workers:
    """All workers as one gateway."""

    def __init__(self, workers: list[Worker]) -> None:
        self._workers = workers
        self.stopping = False

    async def excuse(self) -> str:
        """Why no worker is ready; one that is suffices."""
        if self.stopping:
            return "shutting down"
        excuses = await asyncio.gather(*(worker.excuse() for worker in self._workers))
        return "" if "" in excuses else excuses[0]

    async def snapshot(self) -> Snapshot:
        """The sum."""
        asked = await asyncio.gather(*(worker.numbers() for worker in self._workers))
        excuse = await self.excuse()
        empty: Snapshot = {"services": {}, "connections": 0, "invalid": 0, "age": None}
        merged = snapshot.merge([one for answer in asked for one in answer]) or empty
        return merged | {
            "ready": not excuse,
            "why": excuse,
            "workers": sum(worker.process is not None for worker in self._workers),
            "worker_restarts": sum(worker.restarts for worker in self._workers),
        }

    def stop(self) -> None:
        """Ask every worker to drain and end."""
        self.stopping = True
        for worker in self._workers:
            worker.stop()


async def run(settings: Settings, stop: asyncio.Event) -> None:
    """Serve with `settings.workers` processes until `stop` is set and they have drained."""
    # Bound and never listening: it holds the port, and finds out now whether it is free.
    public = bind(settings.listen, "GATEWAY_PORT", shared=True)
    private = admin_socket(settings)
    port: int = public.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="gateway-") as folder:
        places = [Worker(number, Path(folder), port) for number in range(settings.workers)]
        workers = Workers(places)
        admin = Admin(workers.snapshot, workers.excuse)
        async with serving(admin.application(), private), Supervisor() as tasks:
            running = [tasks.start(f"worker {place.socket.stem}", place.run()) for place in places]
            try:
                await tasks.until(stop)
            finally:
                log.info("shutting down")
                workers.stop()
                await asyncio.gather(*running, return_exceptions=True)
    public.close()
