"""Which objects are a controller's own: it adopts orphans that its selector matches, and lets go of
its own that it does not match any more.

Used by the controllers of Deployments and of ReplicaSets. Source: Kubernetes
`pkg/controller/controller_ref_manager.go`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.embedded.controllers.pods import controller_reference, is_terminating
from shared.embedded.schema.selectors import selects

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from shared.embedded.api.operations import Api
    from shared.embedded.controllers.cache import Cache, Key
    from shared.embedded.kinds import Kind
    from shared.service.objects import Obj


class Adoption:
    """Makes owner references true, for objects of `kind` that those of `owners` control.

    eligible: which orphans may be adopted; nobody adopts what is being deleted.
    """

    def __init__(
        self, api: Api, cache: Cache, owners: Kind, kind: Kind, eligible: Callable[[Obj], bool]
    ) -> None:
        self._api = api
        self._cache = cache
        self._owners = owners
        self._kind = kind
        self._eligible = eligible

    def settle(self, owner: Obj, manager: str) -> None:
        """Adopt and let go, as `owner`; one that is being deleted does neither."""
        if is_terminating(owner):
            return
        for obj in self._cache.owned(self._kind, owner):
            if not _matches(owner, obj):
                self._write(obj, [each for each in _owners(obj) if not _is(each, owner)], manager)
        for obj in self._cache.orphans(self._kind, owner["metadata"]["namespace"]):
            if _matches(owner, obj) and not is_terminating(obj) and self._eligible(obj):
                self._write(obj, [*_owners(obj), controller_reference(owner)], manager)

    def candidates(self, orphan: Obj) -> Iterator[Key]:
        """Who might adopt an object that nobody controls."""
        namespace = orphan["metadata"].get("namespace", "")
        for key, owner in self._cache.all(self._owners).items():
            if key[0] == namespace and _matches(owner, orphan):
                yield key

    def _write(self, obj: Obj, owners: list[Obj], manager: str) -> None:
        metadata = {**obj["metadata"], "ownerReferences": owners}
        self._api.update(self._kind, {**obj, "metadata": metadata}, manager=manager)


def _matches(owner: Obj, obj: Obj) -> bool:
    return selects(owner["spec"]["selector"], obj["metadata"].get("labels") or {})


def _owners(obj: Obj) -> list[Obj]:
    owners: list[Obj] = obj["metadata"].get("ownerReferences") or []
    return owners


def _is(reference: Obj, owner: Obj) -> bool:
    return bool(reference["uid"] == owner["metadata"]["uid"])
