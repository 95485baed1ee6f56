"""What the store gives to those who read it: stored objects and changes. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import orjson

if TYPE_CHECKING:
    from shared.service.objects import Obj

EventType = Literal["ADDED", "MODIFIED", "DELETED"]


class CompactedError(Exception):
    """The log does not reach back to the resourceVersion asked for; `oldest` is where it begins."""

    def __init__(self, oldest: int) -> None:
        super().__init__(f"the log begins at {oldest}")
        self.oldest = oldest


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """A stored object. `raw` is its JSON without `kind` and `apiVersion`, as lists show it."""

    object: Obj
    raw: bytes
    version: int

    @property
    def key(self) -> tuple[str, str]:
        metadata = self.object["metadata"]
        return metadata.get("namespace", ""), metadata["name"]


@dataclass(frozen=True, slots=True, eq=False)
class Record:
    """One committed change. `entry` is the state after it, or of DELETED the last state."""

    type: EventType
    bucket: str
    entry: Entry
    old: Entry | None

    @property
    def version(self) -> int:
        return self.entry.version


def make_entry(obj: Obj, version: int) -> Entry:
    """`obj`, which is changed in place, as stored under `version`."""
    obj["metadata"] = {**obj["metadata"], "resourceVersion": str(version)}
    shown = {key: value for key, value in obj.items() if key not in ("kind", "apiVersion")}
    return Entry(obj, orjson.dumps(shown), version)
