"""The verbs of the embedded cluster as plain synchronous calls.

The HTTP server, the controllers and the node agent all work through `Api`, so that every write is
defaulted, validated, versioned and seen by every watcher alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from shared.local.kinds import Kind, Obj

PatchType = Literal["json", "merge", "strategic", "apply"]


@dataclass(frozen=True, slots=True)
class Change:
    """A committed change: `type` is ADDED, MODIFIED or DELETED; `old` is None for ADDED."""

    type: Literal["ADDED", "MODIFIED", "DELETED"]
    kind: Kind
    object: Obj
    old: Obj | None = None


class Api:
    """The cluster's state and its rules. Objects returned are shared: copy before changing one.

    Every method may raise `shared.local.errors.StatusError`.
    """

    def get(self, kind: Kind, name: str, namespace: str = "") -> Obj:
        raise NotImplementedError

    def find(self, kind: Kind, name: str, namespace: str = "") -> Obj | None:
        """The object, or None when there is none."""
        raise NotImplementedError

    def list(
        self,
        kind: Kind,
        namespace: str | None = None,
        *,
        labels: str | None = None,
        fields: str | None = None,
    ) -> Sequence[Obj]:
        """The objects of `namespace` (None: of all), by namespace and name."""
        raise NotImplementedError

    def create(
        self, kind: Kind, obj: Obj, namespace: str = "", *, manager: str, dry_run: bool = False
    ) -> Obj:
        raise NotImplementedError

    def update(
        self,
        kind: Kind,
        obj: Obj,
        *,
        subresource: Literal["", "status"] = "",
        manager: str,
        dry_run: bool = False,
    ) -> Obj:
        """Replace; a metadata.resourceVersion that is not the current one is a 409 Conflict."""
        raise NotImplementedError

    def patch(
        self,
        kind: Kind,
        name: str,
        namespace: str,
        body: Any,
        *,
        patch_type: PatchType = "merge",
        subresource: Literal["", "status", "scale"] = "",
        manager: str,
        force: bool = False,
        dry_run: bool = False,
    ) -> Obj:
        raise NotImplementedError

    def delete(
        self,
        kind: Kind,
        name: str,
        namespace: str = "",
        *,
        grace: int | None = None,
        propagation: Literal["Background", "Foreground", "Orphan"] = "Background",
        uid: str = "",
        resource_version: str = "",
        dry_run: bool = False,
    ) -> Obj:
        """Delete or begin to delete. A bound pod stays, with deletionTimestamp, until a delete
        with `grace=0` (the node agent's last word); `find` tells whether it is gone."""
        raise NotImplementedError

    def bind(self, name: str, namespace: str, node: str) -> None:
        """Give the pod to a node (pods/binding)."""
        raise NotImplementedError

    def subscribe(self, callback: Callable[[Change], None]) -> Callable[[], None]:
        """Have `callback` called after each committed change, in order; returns the end of it.

        A change that a callback makes is delivered after the present one is through.
        """
        raise NotImplementedError
