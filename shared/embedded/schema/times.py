"""Times as objects hold them: RFC 3339, in UTC. Pure."""

from __future__ import annotations

from datetime import UTC, datetime


def timestamp(now: float) -> str:
    """Unix seconds as Kubernetes writes a Time: whole seconds."""
    return datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def seconds(text: str) -> float:
    """The Unix seconds of a Time or MicroTime; raises ValueError."""
    return datetime.fromisoformat(text).timestamp()
