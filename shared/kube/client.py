"""The Kubernetes API as coroutines over raw JSON; the only file that knows kubernetes_asyncio."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Literal, Self

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from shared.kube.resources import Obj, Resource

PatchKind = Literal["merge", "strategic", "json"]


class KubeClient:
    """One connection pool to one API server. Every method raises `shared.kube.errors.KubeError`."""

    @classmethod
    @asynccontextmanager
    async def open(
        cls, *, field_manager: str, kubeconfig: str | None = None
    ) -> AsyncIterator[Self]:
        """Connect as told by `kubeconfig`, the variable KUBECONFIG, or the pod's service account.

        `field_manager` names us in managedFields and in the User-Agent.
        """
        yield cls()

    async def get(self, resource: Resource, name: str, namespace: str | None = None) -> Obj:
        """The object `name`; `NotFound` if there is none."""
        raise NotImplementedError

    async def list(
        self,
        resource: Resource,
        namespace: str | None = None,
        *,
        labels: str = "",
        fields: str = "",
        limit: int = 0,
    ) -> Obj:
        """All objects (pages of `limit` joined; 0 = 500): `items`, `metadata.resourceVersion`."""
        raise NotImplementedError

    async def page(
        self,
        resource: Resource,
        namespace: str | None = None,
        *,
        labels: str = "",
        fields: str = "",
        limit: int = 500,
        continue_: str = "",
    ) -> Obj:
        """One page of a list; `metadata.continue` leads to the next."""
        raise NotImplementedError

    async def create(self, resource: Resource, body: Obj, namespace: str | None = None) -> Obj:
        """POST; `AlreadyExists` if the name is taken."""
        raise NotImplementedError

    async def replace(
        self, resource: Resource, body: Obj, namespace: str | None = None, subresource: str = ""
    ) -> Obj:
        """PUT; `Conflict` if `metadata.resourceVersion` is given and stale."""
        raise NotImplementedError

    async def patch(
        self,
        resource: Resource,
        name: str,
        body: Obj | Sequence[Obj],
        namespace: str | None = None,
        *,
        kind: PatchKind = "merge",
        subresource: str = "",
    ) -> Obj:
        """PATCH by merge, strategic merge or JSON patch (`body` is a list of operations)."""
        raise NotImplementedError

    async def apply(
        self, resource: Resource, body: Obj, namespace: str | None = None, *, force: bool = True
    ) -> Obj:
        """Server-side apply of `body` under our field manager; creates the object if missing."""
        raise NotImplementedError

    async def delete(
        self,
        resource: Resource,
        name: str,
        namespace: str | None = None,
        *,
        propagation: str = "Background",
        grace: int | None = None,
        uid: str | None = None,
    ) -> None:
        """DELETE; with `uid` only that very object (`Conflict` otherwise)."""
        raise NotImplementedError

    async def scale(
        self, name: str, replicas: int, namespace: str, *, resource_version: str | None
    ) -> Obj:
        """Set the replicas of Deployment `name`; `Conflict` if `resource_version` is stale."""
        raise NotImplementedError

    def watch(
        self,
        resource: Resource,
        namespace: str | None = None,
        *,
        resource_version: str,
        labels: str = "",
        fields: str = "",
        timeout: float = 240.0,
    ) -> AsyncIterator[Obj]:
        """Events `{type, object}` after `resource_version`, bookmarks included, for `timeout` s."""
        raise NotImplementedError

    async def text(self, path: str) -> str:
        """GET `path` (may carry a query) as text: pod logs, the kubelet through the node proxy."""
        raise NotImplementedError
