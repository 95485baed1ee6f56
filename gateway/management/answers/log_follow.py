"""The logs of all pods of a service as they are written, as one stream of pages.

Called by `calls.followers`. A task looks for pods, and one for each pod follows its log; what they
read waits in a bounded queue, so that a client that reads slowly holds the pods' logs back, up to
the API server. Pages are those of `logs`: each has the cursor of what follows it.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Mapping
from typing import TYPE_CHECKING, Any, Final

from gateway.management.answers.log_stream import LineReader, moved, page
from gateway.management.answers.logs import newest
from gateway.management.objects.pod import CONTAINER
from gateway.management.store.catalog import NS, Catalog
from shared.kube.errors import KubeError, NotFound
from shared.kube.resources import PODS
from shared.runtime.tasks import Supervisor
from shared.service import names

if TYPE_CHECKING:
    from gateway.management.answers.log_cursor import Cursor, Position
    from gateway.management.answers.log_lines import Line
    from shared.kube.client import KubeClient
    from shared.runtime.clock import Clock
    from shared.service.objects import Obj

PERIOD: Final = 2.0
"""Seconds between two looks for pods that are new or were started anew."""
GATHER: Final = 0.1
"""Seconds for which lines of other pods are awaited, to put them in the order of time."""
PULSE: Final = 5.0
"""Seconds after which a page is sent without lines: it keeps the connection open, and finds out
whether anybody listens."""
MOST_SECONDS: Final = 3600.0
"""After which a client has to come again with its cursor: who it is, is asked anew then."""
HELD: Final = 256
"""Lines that wait for a client, and that a page has at most."""

Run = tuple[str, int, bool]
"""A pod's uid, how often its container was restarted, and whether that runs."""


class LogFollower:
    """`pages()` goes on until `end()`, or until the service is gone."""

    def __init__(
        self,
        kube: KubeClient,
        name: str,
        after: Cursor,
        since: str,
        clock: Clock,
        namespace: str = NS,
    ) -> None:
        self._kube = kube
        self._name = name
        self._namespace = namespace
        self._since = since
        self._clock = clock
        self._read: dict[str, Position] = dict(after)
        self._given: dict[str, Position] = dict(after)
        self._ended: dict[str, Run] = {}
        self._readers: dict[str, asyncio.Task[None]] = {}
        self._lines: asyncio.Queue[tuple[str, Line]] = asyncio.Queue(HELD)
        self._notes: dict[str, None] = {}
        self._wake = asyncio.Event()
        self._over = False

    def end(self) -> None:
        """Let `pages` come to its end."""
        self._over = True
        self._wake.set()

    async def pages(self) -> AsyncGenerator[dict[str, Any], None]:
        """Pages of lines of all pods; use it within `aclosing`, so that reading ends with you."""
        until = self._clock.monotonic() + MOST_SECONDS
        async with Supervisor() as tasks:
            keeper = tasks.start(f"logs of {self._name}", self._keep(tasks))
            keeper.add_done_callback(lambda _: self.end())
            while not self._over and self._clock.monotonic() < until:
                yield await self._page()
            while not self._lines.empty():
                yield self._taken()
            if keeper.done():
                keeper.result()

    async def _page(self) -> dict[str, Any]:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PULSE):
                await self._wake.wait()
        if not self._lines.empty():
            await self._clock.sleep(GATHER)
        if not self._over:
            self._wake.clear()
        return self._taken()

    def _taken(self) -> dict[str, Any]:
        """A page of what waits."""
        taken = [self._lines.get_nowait() for _ in range(self._lines.qsize())]
        answer = page(taken, self._given)
        if self._notes:
            answer["message"] = " ".join(self._notes)
            self._notes.clear()
        return answer

    async def _keep(self, tasks: Supervisor) -> None:
        """Follow every pod there is, until the service is gone."""
        while True:
            try:
                pods = await self._pods()
                if (
                    not pods
                    and await Catalog(self._kube, self._namespace).configmap(self._name) is None
                ):
                    return
                self._start(pods, tasks)
            except KubeError as error:
                self._note(f"The pods cannot be listed: {error.message}")
            await self._clock.sleep(PERIOD)

    async def _pods(self) -> dict[str, Obj]:
        labels = names.pod_selector(self._name)
        listed = await self._kube.list(PODS, self._namespace, labels=labels)
        return {pod["metadata"]["name"]: pod for pod in newest(listed["items"])}

    def _start(self, pods: Mapping[str, Obj], tasks: Supervisor) -> None:
        self._readers = {pod: one for pod, one in self._readers.items() if not one.done()}
        self._forget(pods.keys() | self._readers.keys())
        for name, pod in pods.items():
            run = run_of(pod)
            if run is None or name in self._readers:
                continue
            if run[2] or self._ended.get(name) != run:
                work = self._follow(name, run)
                self._readers[name] = tasks.start(f"log of pod {name}", work)

    def _forget(self, present: set[str]) -> None:
        """What is known of pods that are gone."""
        self._read = {pod: at for pod, at in self._read.items() if pod in present}
        self._given = {pod: at for pod, at in self._given.items() if pod in present}
        self._ended = {pod: run for pod, run in self._ended.items() if pod in present}

    async def _follow(self, pod: str, run: Run) -> None:
        """All that the container of `pod` writes until it ends."""
        reader = LineReader(self._read.get(pod))
        chunks = self._kube.stream(
            PODS.path(self._namespace, pod, "log"), self._question(pod), MOST_SECONDS + PERIOD
        )
        try:
            async with contextlib.aclosing(chunks):
                async for chunk in chunks:
                    for line in reader.feed(chunk):
                        await self._hold(pod, line)
            for line in reader.end():
                await self._hold(pod, line)
            self._ended[pod] = run
        except NotFound:  # it went between the list and now
            return
        except KubeError as error:
            self._note(f"The log of pod {pod} broke off: {error.message}")

    def _question(self, pod: str) -> dict[str, str]:
        position = self._read.get(pod)
        since = f"{position.moment[0]}Z" if position else self._since
        bounds = {"sinceTime": since} if since else {}
        return {"container": CONTAINER, "follow": "true", "timestamps": "true"} | bounds

    async def _hold(self, pod: str, line: Line) -> None:
        await self._lines.put((pod, line))
        self._read |= moved(self._read, pod, line)
        self._wake.set()

    def _note(self, text: str) -> None:
        self._notes[text] = None
        self._wake.set()


def run_of(pod: Obj) -> Run | None:
    """Which run of its container a pod's log tells of; None while there was none."""
    for one in (pod.get("status") or {}).get("containerStatuses") or ():
        if one.get("name") != CONTAINER:
            continue
        state, last = one.get("state") or {}, one.get("lastState") or {}
        runs = "running" in state
        if runs or "terminated" in state or "terminated" in last:
            return pod["metadata"]["uid"], int(one.get("restartCount") or 0), runs
    return None
