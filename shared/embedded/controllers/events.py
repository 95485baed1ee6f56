"""Writes Events: what the controllers and the node agent tell the user, repeated ones counted.

Source: Kubernetes client-go `tools/record`; they are core/v1 Events, as `kubectl describe` shows.
An Event that cannot be written is dropped: nothing depends on one.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.embedded.errors import StatusError
from shared.embedded.kinds import EVENT
from shared.embedded.schema.times import timestamp

if TYPE_CHECKING:
    from shared.embedded.api.operations import Api
    from shared.runtime.clock import Clock
    from shared.service.objects import Obj

log = logging.getLogger(__name__)

REMEMBERED = 1024  # series that can still be continued by a count
MESSAGE_LIMIT = 1024  # bytes, as the API server allows


@dataclass(slots=True)
class _Series:
    name: str
    count: int


class Events:
    """Writes Events as `component`; an Event that says the same again raises its count."""

    def __init__(self, api: Api, clock: Clock, component: str, host: str = "") -> None:
        self._api = api
        self._clock = clock
        self._component = component
        self._host = host
        self._series: OrderedDict[tuple[str, str, str], _Series] = OrderedDict()

    def normal(self, regarding: Obj, reason: str, message: str) -> None:
        """Tell of something that went as it should."""
        self._emit(regarding, reason, message, "Normal")

    def warning(self, regarding: Obj, reason: str, message: str) -> None:
        """Tell of something that the user should look at."""
        self._emit(regarding, reason, message, "Warning")

    def _emit(self, regarding: Obj, reason: str, message: str, kind: str) -> None:
        message = message[:MESSAGE_LIMIT]
        key = (regarding["metadata"].get("uid", ""), reason, message)
        try:
            if not self._repeat(key, regarding):
                self._create(key, regarding, kind)
        except StatusError as error:  # an Event is news, not state: losing one breaks nothing
            log.debug("event %s on %s not written: %s", reason, key[0], error)

    def _repeat(self, key: tuple[str, str, str], regarding: Obj) -> bool:
        series = self._series.get(key)
        namespace = regarding["metadata"].get("namespace") or "default"
        if series is None or self._api.find(EVENT, series.name, namespace) is None:
            return False
        series.count += 1
        body = {"count": series.count, "lastTimestamp": timestamp(self._clock.now())}
        self._api.patch(EVENT, series.name, namespace, body, manager=self._component)
        self._series.move_to_end(key)
        return True

    def _create(self, key: tuple[str, str, str], regarding: Obj, kind: str) -> None:
        now = self._clock.now()
        namespace = regarding["metadata"].get("namespace") or "default"
        name = f"{regarding['metadata']['name']}.{int(now * 1e9):x}"
        while self._api.find(EVENT, name, namespace) is not None:
            name += "0"
        body = {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"name": name, "namespace": namespace},
            "involvedObject": _reference(regarding),
            "reason": key[1],
            "message": key[2],
            "type": kind,
            "count": 1,
            "firstTimestamp": timestamp(now),
            "lastTimestamp": timestamp(now),
            "source": {"component": self._component} | ({"host": self._host} if self._host else {}),
            "reportingComponent": self._component,
            "reportingInstance": self._host,
        }
        self._api.create(EVENT, body, namespace, manager=self._component)
        self._series[key] = _Series(name, 1)
        if len(self._series) > REMEMBERED:
            self._series.popitem(last=False)


def _reference(obj: Obj) -> Obj:
    metadata = obj["metadata"]
    fields = {
        "apiVersion": obj.get("apiVersion"),
        "kind": obj.get("kind"),
        "namespace": metadata.get("namespace"),
        "name": metadata["name"],
        "uid": metadata.get("uid"),
        "resourceVersion": metadata.get("resourceVersion"),
    }
    return {key: value for key, value in fields.items() if value}
