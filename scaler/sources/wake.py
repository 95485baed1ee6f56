"""What a gateway says when it holds a request for a service without a pod. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import orjson

CAUSES: Final = {
    "request": "a request",
    "websocket": "a WebSocket",
    "page": "a browser",
}
"""What a gateway may name as the cause, and how it is told."""


@dataclass(frozen=True, slots=True)
class Wake:
    """A request is held for `service` since `at` (unix seconds), and `cause` says in words what."""

    service: str
    at: float
    cause: str


def read(message: str | bytes) -> Wake | None:
    """The wake in a message; None for messages of other kinds. Raises ValueError."""
    body = orjson.loads(message)
    if not isinstance(body, dict):
        raise ValueError(f"{body!r:.60} is not a message")
    found = body.get("wake")
    if found is None:
        return None
    if not isinstance(found, dict):
        raise ValueError(f"wake: {found!r:.60} is not a mapping of fields")
    service, at = found.get("service"), found.get("at", 0.0)
    if not isinstance(service, str) or isinstance(at, bool) or not isinstance(at, int | float):
        raise ValueError(f"wake: {found!r:.60} does not name a service and a time")
    return Wake(service, float(at), CAUSES.get(str(found.get("cause")), CAUSES["request"]))
