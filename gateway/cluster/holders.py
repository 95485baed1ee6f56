"""Which namespace has the service of a name, when several have one of it. Pure.

The feed tells it of each ConfigMap. The oldest holds the name, so that nobody takes a route over by
making a service of the same name elsewhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.service.objects import Obj


class Holders:
    """What is not told of any more is forgotten."""

    def __init__(self) -> None:
        self._ages: dict[str, dict[str, str]] = {}
        """Service → namespace → when it was made there."""

    def seen(self, configmap: Obj) -> None:
        """It is there."""
        metadata = configmap["metadata"]
        ages = self._ages.setdefault(metadata["name"], {})
        ages[metadata.get("namespace", "")] = str(metadata.get("creationTimestamp") or "")

    def gone(self, configmap: Obj) -> None:
        """It is not there any more."""
        metadata = configmap["metadata"]
        ages = self._ages.get(metadata["name"], {})
        ages.pop(metadata.get("namespace", ""), None)
        if not ages:
            self._ages.pop(metadata["name"], None)

    def of(self, name: str) -> tuple[str, ...]:
        """The namespaces that have service `name`: first the one that holds it."""
        ages = self._ages.get(name, {})
        return tuple(sorted(ages, key=lambda each: (ages[each], each)))
