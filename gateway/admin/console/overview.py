"""What is shown of the gateway itself, and of its connection to a scaler. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from gateway.admin.heard import Heard
    from gateway.admin.snapshot import Snapshot

COARSE: Final = 10
"""Seconds to which times are rounded that would else be new at each look."""


class Link:
    """Whether a scaler tells us, and since when."""

    def __init__(self) -> None:
        self.connected = False
        self.since: float | None = None
        """Unix seconds; None: none ever was."""

    def look(self, *, connected: bool, now: float) -> None:
        """As it is at unix `now`."""
        if connected != self.connected:
            self.connected, self.since = connected, round(now, 1)


def gateway(
    numbers: Snapshot, name: str, version: str, link: Link, heard: Heard, now: float
) -> dict[str, Any]:
    """As the page has it."""
    ready, age = numbers.get("ready", False), numbers.get("age")
    invalid = numbers.get("invalid_names", {})
    return {
        "name": name,
        "state": "ready" if ready else "not_ready",
        "why": numbers.get("why", "") or numbers.get("note", ""),
        "version": version,
        "workers": numbers.get("workers", 1),
        "workers_silent": numbers.get("silent", 0),
        "connections": numbers.get("connections", 0),
        "connections_limit": numbers.get("connections_limit", 0),
        "table_confirmed": None if age is None else round((now - age) / COARSE) * COARSE,
        "table_stale": bool(numbers.get("stale", False)),
        "invalid": sorted(invalid),
        "invalid_count": numbers.get("invalid", 0),
        "scaler": _scaler(link, heard),
    }


def _scaler(link: Link, heard: Heard) -> dict[str, Any]:
    leader = heard.leader
    return {
        "connected": link.connected,
        "since": link.since,
        "name": leader.name if leader is not None else None,
        "source": leader.source or None if leader is not None else None,
        "gateways": leader.heard + leader.silent if leader is not None else None,
        "gateways_silent": leader.silent if leader is not None else None,
    }
