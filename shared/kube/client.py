"""The Kubernetes API as coroutines over raw JSON and one connection pool."""

from __future__ import annotations

import os
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING, Any, Final, Literal, Self
from urllib.parse import urlsplit

import aiohttp
import orjson

from shared.kube import errors
from shared.kube.credentials import Credentials
from shared.kube.resources import DEPLOYMENTS, Resource
from shared.kube.transport import Transport
from shared.service.objects import Obj

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Mapping, MutableSequence, Sequence

PatchKind = Literal["merge", "strategic", "json"]

CONNECTIONS: Final = 512
"""Connections to an API server at a time; watches and logs that are followed hold one each."""
PAGE: Final = 500
"""Objects a page of a list; what client-go asks for."""

_PATCH_TYPES: Final[dict[str, str]] = {
    "merge": "application/merge-patch+json",
    "strategic": "application/strategic-merge-patch+json",
    "json": "application/json-patch+json",
}
_APPLY_TYPE: Final = "application/apply-patch+yaml"
_LOOPBACK: Final = ("127.", "localhost", "::1")


class KubeClient:
    """One connection pool to one API server. Every method raises `shared.kube.errors.KubeError`."""

    def __init__(self, transport: Transport, field_manager: str) -> None:
        self._transport = transport
        self._manager = field_manager

    @classmethod
    @asynccontextmanager
    async def open(
        cls, *, field_manager: str, kubeconfig: str | None = None, **bounds: Any
    ) -> AsyncIterator[Self]:
        """Connect as told by `kubeconfig`, the variable KUBECONFIG, or the pod's service account.

        `field_manager` names us in managedFields and in the User-Agent. `bounds` are those of
        `Transport`: connect, total and silence (seconds), max_body (bytes).
        """
        source = kubeconfig or os.environ.get("KUBECONFIG", "")
        async with (
            Credentials.load(source, CONNECTIONS) as credentials,
            _session(credentials, field_manager) as session,
        ):
            yield cls(Transport(session, credentials.host, credentials, **bounds), field_manager)

    async def get(self, resource: Resource, name: str, namespace: str | None = None) -> Obj:
        """The object `name`; `NotFound` if there is none."""
        return await self._transport.json("GET", resource.path(namespace, name))

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
        try:
            return await self._joined(resource, namespace, labels, fields, limit)
        except errors.Expired:  # the pages took longer than the server remembers; as client-go does
            return _typed(resource, await self.whole(resource, namespace, labels, fields))

    async def whole(
        self,
        resource: Resource,
        namespace: str | None = None,
        labels: str = "",
        fields: str = "",
    ) -> Obj:
        """All objects in one answer and as the server sends them: without their kinds."""
        params = _selectors(labels, fields)
        return await self._transport.json("GET", resource.path(namespace), params)

    async def body(self, resource: Resource, namespace: str | None = None) -> bytes:
        """The same as JSON that nobody has read: for who needs little of many objects."""
        path = resource.path(namespace)
        return await self._transport.raw("GET", path, accept="application/json")

    async def page(
        self,
        resource: Resource,
        namespace: str | None = None,
        *,
        labels: str = "",
        fields: str = "",
        limit: int = 0,
        continue_: str = "",
    ) -> Obj:
        """One page of a list (`limit` 0 = 500); `metadata.continue` leads to the next."""
        params = _selectors(labels, fields) | {"limit": str(limit or PAGE)}
        if continue_:
            params["continue"] = continue_
        return _typed(resource, await self._transport.json("GET", resource.path(namespace), params))

    async def create(self, resource: Resource, body: Obj, namespace: str | None = None) -> Obj:
        """POST; `AlreadyExists` if the name is taken."""
        path = resource.path(namespace)
        return await self._transport.json("POST", path, self._params(), body)

    async def replace(
        self, resource: Resource, body: Obj, namespace: str | None = None, subresource: str = ""
    ) -> Obj:
        """PUT; `Conflict` if `metadata.resourceVersion` is given and stale."""
        path = resource.path(namespace, body["metadata"]["name"], subresource)
        return await self._transport.json("PUT", path, self._params(), body)

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
        path = resource.path(namespace, name, subresource)
        return await self._transport.json("PATCH", path, self._params(), body, _PATCH_TYPES[kind])

    async def apply(
        self,
        resource: Resource,
        body: Obj,
        namespace: str | None = None,
        *,
        force: bool = True,
        role: str = "",
    ) -> Obj:
        """Server-side apply of `body` under our field manager; creates the object if missing.

        Fields that are applied in a `role` are owned apart, so an apply without them leaves them.
        """
        path = resource.path(namespace, body["metadata"]["name"])
        manager = f"{self._manager}-{role}" if role else self._manager
        params = {"fieldManager": manager, "force": str(force).lower()}
        whole = {"apiVersion": resource.api_version, "kind": resource.kind} | body
        return await self._transport.json("PATCH", path, params, whole, _APPLY_TYPE)

    async def delete(
        self,
        resource: Resource,
        name: str,
        namespace: str | None = None,
        *,
        propagation: str = "Background",
        grace: int | None = None,
        uid: str | None = None,
        resource_version: str | None = None,
    ) -> None:
        """DELETE; only that very object with `uid`, only as it was read with `resource_version`
        (`Conflict` otherwise)."""
        options: Obj = {
            "kind": "DeleteOptions",
            "apiVersion": "v1",
            "propagationPolicy": propagation,
        }
        if grace is not None:
            options["gracePeriodSeconds"] = grace
        stated = {"uid": uid, "resourceVersion": resource_version}
        if conditions := {name: value for name, value in stated.items() if value is not None}:
            options["preconditions"] = conditions
        await self._transport.json("DELETE", resource.path(namespace, name), None, options)

    async def scale(
        self, name: str, replicas: int, namespace: str, *, resource_version: str | None
    ) -> Obj:
        """Set the replicas of Deployment `name`; `Conflict` if `resource_version` is stale."""
        body: Obj = {"spec": {"replicas": replicas}}
        if resource_version is not None:
            body["metadata"] = {"resourceVersion": resource_version}
        return await self.patch(DEPLOYMENTS, name, body, namespace, subresource="scale")

    async def watch(
        self,
        resource: Resource,
        namespace: str | None = None,
        *,
        resource_version: str,
        labels: str = "",
        fields: str = "",
        timeout: float = 240.0,
    ) -> AsyncGenerator[Obj, None]:
        """Events `{type, object}` after `resource_version`, bookmarks included, for `timeout` s.

        Use it within `contextlib.aclosing`, so that the connection closes when you leave.
        """
        params = _selectors(labels, fields) | {
            "watch": "true",
            "allowWatchBookmarks": "true",
            "resourceVersion": resource_version,
            "timeoutSeconds": str(max(1, round(timeout))),
        }
        lines = self._transport.lines(resource.path(namespace), params, timeout)
        async with aclosing(lines):
            async for line in lines:
                yield _event(line)

    async def stream(
        self, path: str, params: Mapping[str, str], seconds: float
    ) -> AsyncGenerator[bytes, None]:
        """GET `path` in chunks as they come, for `seconds` at most: a log that is followed.

        Use it within `contextlib.aclosing`, so that the connection closes when you leave.
        """
        chunks = self._transport.chunks(path, params, seconds)
        async with aclosing(chunks):
            async for chunk in chunks:
                yield chunk

    async def text(self, path: str) -> str:
        """GET `path` (may carry a query) as text: pod logs, the kubelet through the node proxy."""
        return (await self._transport.raw("GET", path)).decode("utf-8", "replace")

    async def version(self) -> Obj:
        """What the API server says of its release: `gitVersion` and more."""
        return await self._transport.json("GET", "/version")

    async def _joined(
        self, resource: Resource, namespace: str | None, labels: str, fields: str, limit: int
    ) -> Obj:
        items: MutableSequence[Obj] = []
        token = ""
        while True:
            page = await self.page(
                resource, namespace, labels=labels, fields=fields, limit=limit, continue_=token
            )
            items += page.get("items") or []
            token = page.get("metadata", {}).pop("continue", "")
            if not token:
                return page | {"items": items}

    def _params(self) -> dict[str, str]:
        return {"fieldManager": self._manager}


def _typed(resource: Resource, page: Obj) -> Obj:
    # items of a list come without the two fields that every object has by itself
    for item in page.get("items") or []:
        item.setdefault("apiVersion", resource.api_version)
        item.setdefault("kind", resource.kind)
    return page


def _selectors(labels: str, fields: str) -> dict[str, str]:
    selectors = {"labelSelector": labels, "fieldSelector": fields}
    return {name: value for name, value in selectors.items() if value}


def _event(line: bytes) -> Obj:
    try:
        event = orjson.loads(line)
        event["type"], event["object"]
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise errors.Unreachable(f"a watch sent {line[:80]!r}, which is no event") from error
    return event  # type: ignore[no-any-return]


def _session(credentials: Credentials, field_manager: str) -> aiohttp.ClientSession:
    # Proxies of the environment are for other machines: like Go's client, never for loopback.
    local = (urlsplit(credentials.host).hostname or "").startswith(_LOOPBACK)
    return aiohttp.ClientSession(
        connector=credentials.connector,
        connector_owner=False,
        headers={"User-Agent": f"exposed-services ({field_manager})"},
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=not local,
        read_bufsize=2**20,
    )
