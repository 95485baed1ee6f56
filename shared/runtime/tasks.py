"""Supervision of background tasks: each has a name and an owner, and none fails unnoticed."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from types import TracebackType

    from shared.runtime.clock import Clock

log = logging.getLogger(__name__)


async def first_of(name: str, *works: Coroutine[Any, Any, Any]) -> None:
    """Return when the first of `works`, which run as tasks called `name`, has ended, and cancel the
    others; raises what it raised."""
    tasks = [asyncio.create_task(work, name=name) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()


async def cancelled(task: asyncio.Task[Any], *expected: type[Exception]) -> None:
    """Cancel `task` and wait for its end; raises what it failed with, unless that is `expected`."""
    task.cancel()
    await asyncio.wait([task])
    error = None if task.cancelled() else task.exception()
    if error is not None and not isinstance(error, expected):
        raise error


async def lasting(
    name: str, work: Callable[[], Coroutine[Any, Any, Any]], clock: Clock, pause: float
) -> None:
    """Run `work`, and when it raises run it anew after `pause` seconds: for what must outlive any
    trouble, such as a full disk. The same trouble is logged once."""
    told = ""
    while True:
        try:
            await work()
            return
        except Exception as error:
            text = repr(error)
            if text != told:
                log.exception("%s failed; it is started again every %g s", name, pause)
            told = text
        await clock.sleep(pause)


class Supervisor:
    """Owns the background tasks of a process.

    `async with Supervisor() as tasks: tasks.start("feed", feed.run()); await tasks.until(stop)`.
    A task that raises ends that wait with its exception; leaving the block cancels what
    still runs and waits for it. Tasks that return are forgotten.
    """

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()
        self._failure: asyncio.Future[None] | None = None

    async def __aenter__(self) -> Self:
        self._failure = asyncio.get_running_loop().create_future()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    def start(self, name: str, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Run `work` as a task called `name` until it ends or the supervisor stops."""
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    async def failed(self) -> None:
        """Wait until a task fails, and raise its exception."""
        assert self._failure is not None, "failed() is called inside `async with`"
        await asyncio.shield(self._failure)

    async def until(self, stop: asyncio.Event, *others: Supervisor) -> None:
        """Wait until `stop` is set; raise what a task, here or in `others`, failed with before."""
        failures = [one.failed() for one in (self, *others)]
        await first_of("until the stop or a failure", stop.wait(), *failures)

    async def stop(self) -> None:
        """Cancel every task and wait until each has ended."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._failure is not None and not self._failure.done():
            self._failure.cancel()

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if task.cancelled():
            return
        error = task.exception()
        if error is None:
            return
        if self._failure is not None and not self._failure.done():
            self._failure.set_exception(error)
            self._failure.exception()  # marked as seen: the log line below is the report
        log.error("task %s failed: %r", task.get_name(), error, exc_info=error)
