"""Events about a service: which are, and what each says. Pure.

Kubernetes writes Events in two groups with one store (core/v1, events.k8s.io/v1); read through the
latter, the fields of the former bear the prefix `deprecated`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shared.service.objects import Obj

MOST: Final = 50
"""Events in one answer, the newest."""

_BELOW: Final = {"ReplicaSet": "-[a-z0-9]+", "Pod": "-[a-z0-9]+-[a-z0-9]+"}
"""How Kubernetes names what a Deployment makes."""


class About:
    """Whether an Event is about one of `objects` (kind, name), or about what Deployment
    `deployment` made, be it gone by now."""

    def __init__(self, deployment: str, *objects: tuple[str, str]) -> None:
        self._objects = {("Deployment", deployment), *objects}
        self._made = {
            kind: re.compile(re.escape(deployment) + rest, re.ASCII)
            for kind, rest in _BELOW.items()
        }

    def __call__(self, event: Obj) -> bool:
        regarding = event.get("regarding") or {}
        kind, name = str(regarding.get("kind")), str(regarding.get("name"))
        made = self._made.get(kind)
        return (kind, name) in self._objects or (
            made is not None and made.fullmatch(name) is not None
        )


def events_json(events: Iterable[Obj]) -> list[dict[str, Any]]:
    """The newest events, the oldest of them first."""
    return sorted((_event_json(one) for one in events), key=_moment)[-MOST:]


def _moment(event: dict[str, Any]) -> str:
    return str(event["time"])


def _event_json(event: Obj) -> dict[str, Any]:
    series, regarding = event.get("series") or {}, event.get("regarding") or {}
    source = event.get("deprecatedSource") or {}
    return {
        "id": event["metadata"]["name"],
        "time": _time(event),
        "type": event.get("type") or "Normal",
        "reason": event.get("reason") or "",
        "object": f"{regarding.get('kind')}/{regarding.get('name')}",
        "note": event.get("note") or "",
        "count": int(series.get("count") or event.get("deprecatedCount") or 1),
        "source": event.get("reportingController") or source.get("component") or "",
    }


def _time(event: Obj) -> str:
    """When it happened last; all forms compare as text up to the second."""
    return str(
        (event.get("series") or {}).get("lastObservedTime")
        or event.get("deprecatedLastTimestamp")
        or event.get("eventTime")
        or event["metadata"].get("creationTimestamp")
        or ""
    )
