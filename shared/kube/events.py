"""Events (events.k8s.io/v1): what we tell the users of an object about it."""

from __future__ import annotations

import asyncio
import itertools
import logging
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from shared.kube.errors import KubeError, NotFound
from shared.kube.remedy import remedy
from shared.kube.resources import EVENTS
from shared.kube.series import Correlator, Series
from shared.kube.times import micro_time
from shared.runtime.clock import Clock, SystemClock
from shared.service.objects import Obj

if TYPE_CHECKING:
    from shared.kube.client import KubeClient

log = logging.getLogger(__name__)

QUEUE: Final = 256
"""Events waiting to be written; more are dropped and counted."""
NOTE: Final = 1024
"""Bytes of a note, at most (events.k8s.io/v1)."""


@dataclass(frozen=True, slots=True)
class _Message:
    regarding: Obj
    type: str
    reason: str
    action: str
    note: str
    at: float

    @property
    def about(self) -> tuple[str, ...]:
        names = ("kind", "namespace", "name", "uid")
        return tuple(str(self.regarding.get(name, "")) for name in names)

    @property
    def says(self) -> tuple[str, ...]:
        return (self.type, self.reason, self.action, self.note)


class EventRecorder:
    """`emit` never blocks and never fails; `run()` (a supervised task) writes what was emitted.

    Repetitions of an event become its `series`; a flood about one object is cut off (see
    `shared.kube.series`). `dropped` counts events lost to a full queue, `failed` to the API.
    """

    def __init__(self, kube: KubeClient, component: str, clock: Clock | None = None) -> None:
        self._kube = kube
        self._component = component
        self._instance = f"{component}-{socket.gethostname()}"[:128]
        self._clock = clock or SystemClock()
        self._queue: asyncio.Queue[_Message] = asyncio.Queue(QUEUE)
        self._correlator = Correlator()
        self._serial = itertools.count()
        self.dropped = 0
        self.failed = 0

    def emit(
        self,
        regarding: Obj,
        reason: str,
        note: str,
        *,
        type: Literal["Normal", "Warning"] = "Normal",  # noqa: A002  the API's word
        action: str = "",
    ) -> None:
        """Tell that `reason` (CamelCase) happened to the object `regarding`; `note` is for humans.

        `action` (CamelCase) is what was done or attempted; without it the reason stands for it.
        """
        note = note.encode()[:NOTE].decode(errors="ignore")
        reference = _reference(regarding)
        message = _Message(reference, type, reason, action or reason, note, self._clock.now())
        try:
            self._queue.put_nowait(message)
        except asyncio.QueueFull:
            self.dropped += 1

    async def run(self) -> None:
        """Write queued events for ever; failures are logged and dropped."""
        while True:
            message = await self._queue.get()
            try:
                await self._write(message)
            except KubeError as error:
                self.failed += 1
                namespace = message.regarding["namespace"]
                hint = remedy(error, "create and patch", EVENTS, namespace)
                log.warning("event %s not written: %s; %s", message.reason, error, hint)
            finally:
                self._queue.task_done()

    async def flushed(self) -> None:
        """Wait until everything emitted so far has been written or dropped."""
        await self._queue.join()

    async def _write(self, message: _Message) -> None:
        name = f"{message.regarding['name'][:200]}.{int(message.at * 1e6) + next(self._serial):x}"
        series = self._correlator.observe(message.about, message.says, name, message.at)
        if series is None:
            return
        if series.count > 1 and await self._update(message, series):
            return
        body = self._event(message, series.name if series.count == 1 else name)
        series.name = body["metadata"]["name"]
        await self._kube.create(EVENTS, body, body["metadata"]["namespace"])

    async def _update(self, message: _Message, series: Series) -> bool:
        body = {"series": {"count": series.count, "lastObservedTime": micro_time(series.last)}}
        namespace = message.regarding["namespace"] or "default"
        try:
            await self._kube.patch(EVENTS, series.name, body, namespace)
        except NotFound:  # events live for an hour, and the first write may have failed
            return False
        return True

    def _event(self, message: _Message, name: str) -> Obj:
        regarding = {key: value for key, value in message.regarding.items() if value}
        return {
            "apiVersion": EVENTS.api_version,
            "kind": EVENTS.kind,
            "metadata": {"name": name, "namespace": regarding.get("namespace", "default")},
            "eventTime": micro_time(message.at),
            "reportingController": self._component,
            "reportingInstance": self._instance,
            "type": message.type,
            "reason": message.reason,
            "action": message.action,
            "note": message.note,
            "regarding": regarding,
        }


def _reference(obj: Obj) -> Obj:
    metadata = obj["metadata"]
    return {
        "apiVersion": obj.get("apiVersion", ""),
        "kind": obj.get("kind", ""),
        "namespace": metadata.get("namespace", ""),
        "name": metadata["name"],
        "uid": metadata.get("uid", ""),
        "resourceVersion": metadata.get("resourceVersion", ""),
    }
