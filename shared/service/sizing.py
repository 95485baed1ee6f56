"""How the scaler sizes a service at present, as it tells the gateways for people who watch.

Both sides of the stream have it from here. Whatever the cluster holds, it fits into one message.
Values are serialised by the names of their fields; `read` gives them back. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import orjson

from shared.service.messages import count, each_of, fields, flag, moment, number, text, whole
from shared.service.values import changed, value, variable

if TYPE_CHECKING:
    from collections.abc import Mapping

WORDS: Final = 400
"""Characters kept of a sentence."""
NAME: Final = 253
"""Characters of a name in Kubernetes, at most."""
SHORT: Final = 60
"""Characters of a value, and of what is said of a pod."""
PODS: Final = 60
SETTINGS: Final = 40
EVENTS: Final = 8
"""How many of each are told of a service."""
LARGEST: Final = 60 * 1024
"""Bytes of a sizing, within those of a message that either side takes."""


@value
class SizedPod:
    """A pod as the last decision saw it."""

    name: str
    kind: str = ""
    """`ready`, `unready`, `warming`, `missing` or `ignored`; empty: not seen yet."""
    cpu_pct: int | None = None
    """Its usage in percent of what it requests."""
    started: float | None = None
    """Unix seconds."""
    ready: bool = False
    waiting: str = ""
    """Why a container does not run, as the kubelet calls it."""
    words: str = ""


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting that holds for a service, and the layer that it comes from."""

    name: str
    value: str
    layer: str


@dataclass(frozen=True, slots=True)
class SizingEvent:
    """What happened to the size; `before` and `after` are replicas, where it changed."""

    at: float
    kind: str
    words: str
    warning: bool = False
    before: int | None = None
    after: int | None = None


@variable
class Sizing:
    """Numbers are replicas but where their names have a unit; None: not known."""

    service: str
    standing: str = ""
    """How the scaler treats it: a value of its metric `scaler_service_standing`."""
    note: str = ""
    """Why it is left alone."""
    decided: float | None = None
    """When the last decision was made, unix seconds."""
    action: str = ""
    sentence: str = ""
    """The last decision in words."""
    current: int | None = None
    wanted: int | None = None
    asked: int | None = None
    """What the metrics ask for, before windows, steps and bounds."""
    least: int | None = None
    most: int | None = None
    cpu_pct: int | None = None
    target_pct: int | None = None
    demand_m: int | None = None
    awake: str = ""
    """What keeps it from sleeping."""
    hold: str = ""
    hold_until: float | None = None
    pods: tuple[SizedPod, ...] = ()
    settings: tuple[Setting, ...] = ()
    events: tuple[SizingEvent, ...] = ()
    """The latest, oldest first."""


@dataclass(frozen=True, slots=True)
class Leader:
    """Who tells."""

    name: str
    source: str = ""
    """Where samples come from."""
    heard: int = 0
    """Gateways that answer."""
    silent: int = 0


def read(told: Mapping[str, Any]) -> Sizing:
    """A sizing as JSON has it; fields that are not known here are left out. Raises ValueError
    naming the field."""
    found = fields(told, _SIZING)
    if not found.get("service"):
        raise ValueError("service: is missing")
    return Sizing(**found)


def read_leader(told: Mapping[str, Any]) -> Leader:
    """The same of who tells."""
    found = fields(told, _LEADER)
    if not found.get("name"):
        raise ValueError("name: is missing")
    return Leader(**found)


def encoded(sizing: Sizing) -> bytes:
    """As JSON; of one that would not fit into a message, what matters most."""
    whole_one = orjson.dumps(sizing)
    if len(whole_one) <= LARGEST:
        return whole_one
    return orjson.dumps(changed(sizing, pods=(), settings=(), events=()))


def _pod(told: Mapping[str, Any]) -> SizedPod:
    named: dict[str, Any] = {"name": ""}
    return SizedPod(**named | fields(told, _POD))


def _setting(told: Mapping[str, Any]) -> Setting:
    named: dict[str, Any] = {"name": "", "value": "", "layer": ""}
    return Setting(**named | fields(told, _SETTING))


def _event(told: Mapping[str, Any]) -> SizingEvent:
    named: dict[str, Any] = {"at": 0.0, "kind": "", "words": ""}
    return SizingEvent(**named | fields(told, _EVENT))


_POD: Final = {
    "name": text(NAME),
    "kind": text(SHORT),
    "cpu_pct": whole,
    "started": number,
    "ready": flag,
    "waiting": text(SHORT),
    "words": text(SHORT),
}
_SETTING: Final = {"name": text(SHORT), "value": text(SHORT), "layer": text(NAME)}
_EVENT: Final = {
    "at": moment,
    "kind": text(SHORT),
    "words": text(WORDS),
    "warning": flag,
    "before": whole,
    "after": whole,
}
_SIZING: Final = {
    "service": text(NAME),
    "standing": text(SHORT),
    "note": text(WORDS),
    "decided": number,
    "action": text(SHORT),
    "sentence": text(WORDS),
    **dict.fromkeys(("current", "wanted", "asked", "least", "most"), whole),
    **dict.fromkeys(("cpu_pct", "target_pct", "demand_m"), whole),
    "awake": text(WORDS),
    "hold": text(WORDS),
    "hold_until": number,
    "pods": each_of(_pod, PODS),
    "settings": each_of(_setting, SETTINGS),
    "events": each_of(_event, EVENTS),
}
_LEADER: Final = {"name": text(NAME), "source": text(SHORT), "heard": count, "silent": count}
