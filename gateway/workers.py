"""Several gateway processes behind one port: started, restarted, stopped, and counted as one.

The kernel spreads connections over the workers (SO_REUSEPORT). Each worker inherits a socket of
loopback for its admin port, which needs no place in a file system that may be read-only; this
process, their parent, has the real one and sums. What they must agree on is in memory that they
inherit as well (`gateway.sharing`). A worker ends by itself when its standard input
does, so none survives a killed parent; one that hangs is killed.
"""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import signal
import sys
import time
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import aiohttp
import orjson

from gateway.admin import snapshot
from gateway.admin.app import Admin, serving
from gateway.admin.console.board import Board, Books
from gateway.admin.console.calls import Console
from gateway.admin.heard import Heard
from gateway.admin.relay import Relays
from gateway.admin.usage import usage
from gateway.admin.wakes import WakesCall
from gateway.net.listening import bind
from gateway.process import admin_socket, facts
from gateway.services.wakes import Wakes
from gateway.sharing.memory import Memory
from gateway.troubles import joined
from shared.runtime.clock import SystemClock
from shared.runtime.restarts import Restarts
from shared.runtime.tasks import Supervisor

if TYPE_CHECKING:
    import socket

    from gateway.admin.snapshot import Snapshot
    from gateway.settings import Settings

log = logging.getLogger(__name__)

LOOPBACK: Final = "127.0.0.1"
ANSWER: Final = 1.5
"""Seconds a worker has to tell its numbers: with ours they are less than Prometheus waits."""
LIFE: Final = 3.0
"""Seconds in which a worker shows that it lives, however busy it is."""
LOOK: Final = 1.0
"""Seconds between two looks whether it does, at least."""
SILENT: Final = 2
"""Looks in a row without an answer after which a worker hangs. One alone may be the machine's fault
that stood still as a whole, and us with it."""
STARTING: Final = 60
"""The same before its first answer; looks are quick then, as it does not listen yet."""

_FAILED: Final = (aiohttp.ClientError, TimeoutError, OSError)


class Worker:
    """One place for a process: whatever ends or hangs there is started again until `stop`."""

    def __init__(self, number: int, port: int, memory: Memory) -> None:
        self.number = number
        self._memory = memory
        self.restarts = 0
        self.hangs = 0
        self.process: asyncio.subprocess.Process | None = None
        self._environment = os.environ | {"GATEWAY_WORKERS": "1", "GATEWAY_PORT": str(port)}
        self._clock = SystemClock()
        self._stop = asyncio.Event()
        self._port = 0
        """The present process's admin port."""
        self._silent = 0
        self._patience = STARTING
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
                      self.number, code, wait)  # fmt: skip
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), wait)
            self.restarts += 1

    async def _run_once(self) -> int:
        shared = self._memory.descriptors
        with self.admin_socket() as private:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "gateway", "--worker", str(self.number),
                str(private.fileno()), *(f"--shared={one}" for one in shared),
                env=self._environment, stdin=asyncio.subprocess.PIPE,
                pass_fds=(private.fileno(), *shared),
            )  # fmt: skip
        if self._stop.is_set():
            self.stop()
        try:
            return await self.process.wait()
        finally:
            self.process = None
            self._memory.forget(self.number)
            if self._last:
                self._past = snapshot.merge([self._past, snapshot.counters(self._last)])
                self._last = {}

    def admin_socket(self) -> socket.socket:
        """The admin port of the next process."""
        private = bind((LOOPBACK, 0), "the port of a worker")
        self._port = private.getsockname()[1]
        self._silent, self._patience = 0, STARTING
        return private

    def stop(self) -> None:
        """Ask the process to drain and end."""
        self._stop.set()
        if self.process is not None:
            with suppress(ProcessLookupError):
                self.process.send_signal(signal.SIGTERM)

    async def watch(self) -> None:
        """Look after the process for ever, and kill one that hangs: its connections are lost, and
        those that it would still be given are served."""
        while True:
            process = self.process
            lives, _ = await asyncio.gather(self._lives(), self._clock.sleep(LOOK))
            if lives or process is None or process is not self.process:
                continue
            self.hangs += 1
            log.error("worker %d hangs: it was silent for %d looks; killing it",
                      self.number, self._silent)  # fmt: skip
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def _lives(self) -> bool:
        """Look once; False when it was silent for too long."""
        try:
            await self._ask("/healthz", LIFE)
        except _FAILED:
            self._silent += 1
        return self._silent < self._patience

    async def numbers(self) -> list[Snapshot]:
        """What the present process says, and what remains of those before.

        Of one that does not answer, what it counted last remains, so that no sum ever falls: its
        return would look like as many requests in one moment. It is told as `silent`, for what it
        holds is missing in the sum.
        """
        try:
            status, body = await self._ask("/snapshot")
            if status != 200:
                raise aiohttp.ClientError(f"status {status}")
            present = self._last = orjson.loads(body)
        except _FAILED:
            told = self._last or ({"services": {}} if self.process is not None else {})
            present = snapshot.counters(told) | {"silent": 1} if told else {}
        return [one for one in (present, self._past) if one]

    async def troubles(self, service: str) -> dict[str, Any]:
        """The latest failed and slowest requests of a service here."""
        try:
            status, body = await self._ask(f"/troubles/{quote(service, safe='')}")
        except _FAILED:
            return {}
        return orjson.loads(body) if status == 200 else {}

    def url(self, path: str) -> str:
        """Of the present process's admin port."""
        return f"http://{LOOPBACK}:{self._port}{path}"

    async def excuse(self) -> str:
        """Why this worker is not ready; empty when it is."""
        try:
            status, text = await self._ask("/readyz")
        except _FAILED:
            return f"worker {self.number} does not answer"
        return "" if status == 200 else text.decode().strip()

    async def _ask(self, path: str, seconds: float = ANSWER) -> tuple[int, bytes]:
        timeout = aiohttp.ClientTimeout(total=seconds)
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.get(self.url(path)) as answer,
        ):
            body = await answer.read()
        self._silent, self._patience = 0, SILENT
        return answer.status, body


class Workers:
    """All workers as one gateway."""

    def __init__(self, workers: list[Worker]) -> None:
        self._workers = workers
        self.stopping = False
        self.wakes = Wakes(time.monotonic, time.time)
        self.relays = Relays(self.wakes)
        self.heard = Heard()
        self._name = secrets.token_hex(8)

    async def excuse(self) -> str:
        """Why no worker is ready; one that is suffices, and is not kept waiting by the others."""
        if self.stopping:
            return "shutting down"
        asked = [asyncio.ensure_future(worker.excuse()) for worker in self._workers]
        try:
            for answer in asyncio.as_completed(asked):
                if not await answer:
                    return ""
            return asked[0].result()
        finally:
            for one in asked:
                one.cancel()
            await asyncio.gather(*asked, return_exceptions=True)

    async def snapshot(self) -> Snapshot:
        """The sum."""
        excuse, asked = await asyncio.gather(
            self.excuse(), asyncio.gather(*(worker.numbers() for worker in self._workers))
        )
        empty: Snapshot = {"services": {}, "connections": 0, "invalid": 0, "age": None}
        told = [one for answer in asked for one in answer] or [empty]
        merged = snapshot.merge([*told, usage()])
        return merged | {
            "process": self._name,
            "scalers": self.wakes.scalers,
            "ready": not excuse,
            "why": excuse,
            "workers": sum(worker.process is not None for worker in self._workers),
            "worker_restarts": sum(worker.restarts for worker in self._workers),
            "worker_hangs": sum(worker.hangs for worker in self._workers),
        }

    async def troubles(self, service: str) -> dict[str, list[Any]]:
        """The latest failed and slowest requests of a service, of all workers that answer."""
        asked = await asyncio.gather(*(worker.troubles(service) for worker in self._workers))
        return joined([each for each in asked if each])

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
    memory = Memory.make(settings.workers)
    port = public.getsockname()[1]
    places = [Worker(number, port, memory) for number in range(settings.workers)]
    workers = Workers(places)
    clock = SystemClock()
    board = Board(Books(workers.snapshot, workers.troubles, workers.heard), facts(settings), clock)
    admin = Admin(
        workers.snapshot,
        workers.excuse,
        WakesCall(workers.wakes, workers.relays.progressed, workers.heard),
        troubles=workers.troubles,
        console=Console(board),
    )
    async with serving(admin.application(), private), Supervisor() as tasks:
        tasks.start("console", board.run())
        running = [tasks.start(f"worker {place.number}", place.run()) for place in places]
        for place in places:
            tasks.start(f"watch worker {place.number}", place.watch())
            reach = partial(place.url, "/wakes")
            tasks.start(f"relay of worker {place.number}", workers.relays.relay().run(reach, clock))
        try:
            await tasks.until(stop)
        finally:
            log.info("shutting down")
            workers.stop()
            await asyncio.gather(*running, return_exceptions=True)
    public.close()
