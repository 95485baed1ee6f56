"""All that is shown of one service. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gateway.admin.console.happenings import state_of
from gateway.admin.console.history import FIELDS, PERIOD
from shared.service.names import base_path
from shared.service.progress import Phase

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gateway.admin.console.happenings import Happening
    from gateway.admin.console.history import Track
    from shared.service.progress import Progress
    from shared.service.sizing import SizedPod, Sizing

EVENTS: Final = 40
PODS: Final = 200
"""Shown of one service, at most."""

_WHY: Final = {
    "held": "not ready, and kept, as all pods stopped being ready at once",
    "starting": "not ready yet",
    "draining": "it ends; the requests that it has may be finished",
    "new": "new, so that it gets a smaller share of the requests",
}


def pods(numbers: Mapping[str, Any], sizing: Sizing | None, now: float) -> list[dict[str, Any]]:
    """Those that the gateway knows, with what the scaler says of them, and the others; by name."""
    told = {pod.name: pod for pod in sizing.pods} if sizing is not None else {}
    known = [
        _known(address, pod, told.pop(pod.get("pod", ""), None), now)
        for address, pod in numbers.get("pods", {}).items()
    ]
    found = [*known, *map(_unknown, told.values())]
    return sorted(found, key=lambda pod: (pod["name"], pod["address"]))[:PODS]


def _known(
    address: str, pod: Mapping[str, Any], told: SizedPod | None, now: float
) -> dict[str, Any]:
    state = state_of(pod)
    until = None
    why = _WHY.get(state, "")
    if state == "ejected":
        why = f"left out after failures in a row, the last: {pod.get('complaint', 'unknown')}"
        until = round(now + pod.get("returns_s", 0.0))
    elif state == "starting" and told is not None and told.waiting:
        state, why = "failing", told.waiting
    elif complaint := pod.get("complaint"):
        why = f"its last answer failed: {complaint}"
    return {
        "name": pod.get("pod", ""),
        "address": address,
        "state": state,
        "why": why,
        "until": until,
        **_seen(told),
        "in_flight": pod.get("in_flight", 0),
    }


def _unknown(told: SizedPod) -> dict[str, Any]:
    """One without an address yet, or not any more."""
    ends = told.waiting == "Terminating"
    state = "draining" if ends else "failing" if told.waiting else "starting"
    words = told.words or told.waiting
    return {
        "name": told.name,
        "address": "",
        "state": state,
        "why": _WHY[state] if not words or ends else words,
        "until": None,
        **_seen(told),
        "in_flight": 0,
    }


def _seen(told: SizedPod | None) -> dict[str, Any]:
    if told is None:
        return {"started": None, "cpu_pct": None, "class": None}
    return {"started": told.started, "cpu_pct": told.cpu_pct, "class": told.kind or None}


def timeline(track: Track | None, ends: float) -> dict[str, Any]:
    """All points there are."""
    series = track.series(*FIELDS) if track is not None else {name: [] for name in FIELDS}
    return {"ends": ends, "period_s": PERIOD, **series}


def errors(numbers: Mapping[str, Any], track: Track | None) -> list[dict[str, Any]]:
    """By reason, the most frequent of late first."""
    found = [
        {"reason": reason, "count": count, "recent": track.recent(reason, count) if track else 0}
        for reason, count in numbers.get("failures", {}).items()
    ]
    return sorted(found, key=lambda one: (-one["recent"], -one["count"], one["reason"]))


def events(own: Iterable[Happening], sizing: Sizing | None) -> list[dict[str, Any]]:
    """What happened here and what the scaler did, the latest first."""
    found: list[dict[str, Any]] = [
        _event("gateway", one.at, one.kind, one.words, warning=one.warning) for one in own
    ]
    for one in sizing.events if sizing is not None else ():
        told = _event("scaler", one.at, one.kind, one.words, warning=one.warning)
        found.append(told | {"from": one.before, "to": one.after})
    return sorted(found, key=lambda one: -one["at"])[:EVENTS]


def _event(source: str, at: float, kind: str, words: str, *, warning: bool) -> dict[str, Any]:
    facts = {"at": at, "source": source, "kind": kind, "words": words, "warning": warning}
    return {**facts, "from": None, "to": None}


def start(progress: Progress | None) -> dict[str, Any] | None:
    """A start under way, or where it rests; None when it has ready pods."""
    if progress is None or progress.phase is Phase.READY:
        return None
    return {name: value for name, value in progress.to_json().items() if name != "service"}


def size(sizing: Sizing | None) -> dict[str, Any]:
    """What the scaler alone knows."""
    if sizing is None:
        return {"settings": [], "awake": "", "hold": "", "hold_until": None}
    return {
        "settings": list(sizing.settings),
        "awake": sizing.awake,
        "hold": sizing.hold,
        "hold_until": sizing.hold_until,
    }


def curl(name: str, base: str, *, set_auth: bool) -> str:
    """How to call the service; the token has to be put in."""
    user = f"-u {name}:<token> " if set_auth else ""
    return f"curl {user}{base}{base_path(name)}/"
