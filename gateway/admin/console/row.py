"""A service as one row of the overview. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gateway.admin.console.history import MINUTE, shown, usable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gateway.admin.console.condition import State
    from gateway.admin.console.history import Track
    from shared.service.sizing import Sizing


def row(
    numbers: Mapping[str, Any],
    track: Track | None,
    sizing: Sizing | None,
    state: State,
    since: float | None,
    *,
    old: bool,
) -> dict[str, Any]:
    """As the page has it; `old`: the scaler's values may hold no more."""
    open_now = (numbers.get("in_flight", 0), numbers.get("waiting", 0), numbers.get("tunnels", 0))
    return {
        "state": state[0],
        "why": state[1],
        "since": since,
        "quiet": not any(open_now) and (track is None or track.quiet),
        **dict(zip(("in_flight", "waiting", "tunnels"), open_now, strict=True)),
        **_minute(track),
        **_size(numbers, sizing),
        "old": old and sizing is not None,
        "ejected": numbers.get("endpoints", {}).get("ejected", 0),
        "set_auth": numbers.get("set_auth", False),
    }


def _minute(track: Track | None) -> dict[str, Any]:
    if track is None:
        return {"requests_1m": 0, "errors_1m": 0, "p50_s": None, "p99_s": None}
    quantiles = {"p50_s": track.minute(0.5), "p99_s": track.minute(0.99)}
    return {
        "requests_1m": int(track.last("requests", MINUTE)),
        "errors_1m": int(track.last("errors", MINUTE)),
        **{name: None if value is None else shown(value) for name, value in quantiles.items()},
    }


def _size(numbers: Mapping[str, Any], sizing: Sizing | None) -> dict[str, Any]:
    replicas = {"now": None, "ready": usable(numbers), "wanted": None, "min": None, "max": None}
    if sizing is None:
        nothing = dict.fromkeys(("cpu_pct", "cpu_target_pct", "decision", "standing"))
        return {**nothing, "note": "", "replicas": replicas}
    replicas |= {
        "now": sizing.current,
        "wanted": sizing.wanted,
        "min": sizing.least,
        "max": sizing.most,
    }
    return {
        "cpu_pct": sizing.cpu_pct,
        "cpu_target_pct": sizing.target_pct,
        "replicas": replicas,
        "decision": _decision(sizing),
        "standing": sizing.standing,
        "note": sizing.note,
    }


def _decision(sizing: Sizing) -> dict[str, Any] | None:
    if not sizing.sentence:
        return None
    return {"at": sizing.decided, "action": sizing.action, "words": sizing.sentence}
