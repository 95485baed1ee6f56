"""What the console shows at one moment, as JSON in pieces, and what has changed since another.

A row that has not changed is the same object in the next frame, so that frames cost what changes,
and who knows an old one finds what is new by identity. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson

from gateway.admin.console.history import PERIOD

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gateway.admin.console.history import History

Rows = dict[str, bytes]
"""By name, each as JSON."""


@dataclass(frozen=True, slots=True)
class Frame:
    """All rows at unix `at`."""

    at: float = 0.0
    gateway: bytes = b"null"
    services: Rows = field(default_factory=dict)
    system: Rows = field(default_factory=dict)


def rows(known: Rows, new: Mapping[str, Any]) -> Rows:
    """`new` as JSON, with the objects of `known` where nothing has changed."""
    return {name: piece(known.get(name), row) for name, row in new.items()}


def piece(known: bytes | None, new: Any) -> bytes:
    """The same of one; it is copied, as orjson's own takes up four times what it holds."""
    text = orjson.dumps(new)
    return known if known == text and known is not None else bytes(memoryview(text))


def whole(frame: Frame, history: History) -> bytes:
    """The message that tells everything."""
    return orjson.dumps(
        {
            "at": frame.at,
            "period_s": PERIOD,
            "gateway": orjson.Fragment(frame.gateway),
            "services": _fragments(frame.services),
            "system": _fragments(frame.system),
            "history": {"ends": history.ends or frame.at, "series": history.series()},
        }
    )


def change(known: Frame, frame: Frame) -> bytes | None:
    """The message that makes the one of the other; None when they show the same."""
    services, system = _new(known.services, frame.services), _new(known.system, frame.system)
    gone = (known.services.keys() - frame.services.keys()) | (
        known.system.keys() - frame.system.keys()
    )
    same = frame.gateway is known.gateway
    if same and not services and not system and not gone:
        return None
    told = {"at": frame.at, "services": services, "system": system, "removed": sorted(gone)}
    return orjson.dumps(told if same else told | {"gateway": orjson.Fragment(frame.gateway)})


def _new(known: Rows, rows: Rows) -> dict[str, orjson.Fragment]:
    return _fragments({name: row for name, row in rows.items() if known.get(name) is not row})


def _fragments(rows: Rows) -> dict[str, orjson.Fragment]:
    return {name: orjson.Fragment(row) for name, row in rows.items()}
