"""One change of one object, as informers and reflectors report it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from shared.service.objects import Obj

Key = tuple[str, str]
"""Namespace ("" for cluster-scoped objects) and name."""


@dataclass(frozen=True, slots=True)
class Change:
    """`object` as it is now (DELETED: as last seen) and `old` as it was before, if known.

    Treat both as read-only: they are shared with the cache.
    """

    type: Literal["ADDED", "MODIFIED", "DELETED"]
    object: Obj
    old: Obj | None = None


def key_of(obj: Obj) -> Key:
    """The cache key of `obj`."""
    metadata = obj["metadata"]
    return metadata.get("namespace", ""), metadata["name"]
