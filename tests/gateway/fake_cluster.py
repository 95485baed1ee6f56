"""A small cluster over HTTP for the feed: two collections that can be listed, watched and lost."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
from typing import TYPE_CHECKING, Any

import orjson
from aiohttp import web

from shared.service.objects import Obj
from tests.loopback import listening
from tests.shared.kube import scripted

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

TOKEN = "0123456789abcdef" * 4


class Cluster:
    """ConfigMaps and EndpointSlices, those of other namespaces as `<namespace>/<name>`.

    `put` and `delete` reach watchers at once.
    """

    def __init__(self) -> None:
        self.objects: dict[str, dict[str, Obj]] = {"configmaps": {}, "endpointslices": {}}
        self.version = 1
        self.port = 0
        self.lists = 0
        self.reachable = True
        self._forgotten = 0
        self.withheld = ""
        """A collection that is not answered, as if the server were not reachable."""
        self._watchers: dict[str, set[asyncio.Queue[Obj | None]]] = {
            "configmaps": set(),
            "endpointslices": set(),
        }

    def put(self, plural: str, obj: Obj, namespace: str = "oscar-svc") -> None:
        self.version += 1
        name = obj["metadata"]["name"]
        name = name if namespace == "oscar-svc" else f"{namespace}/{name}"
        kind = "MODIFIED" if name in self.objects[plural] else "ADDED"
        obj["metadata"] |= {"resourceVersion": str(self.version), "namespace": namespace}
        self.objects[plural][name] = obj
        self._tell(plural, {"type": kind, "object": obj})

    def delete(self, plural: str, name: str) -> None:
        self.version += 1
        obj = self.objects[plural].pop(name)
        obj["metadata"]["resourceVersion"] = str(self.version)
        self._tell(plural, {"type": "DELETED", "object": obj})

    def lose(self) -> None:
        """Break every watch, and answer nothing until `reachable` is set again."""
        self.reachable = False
        for watchers in self._watchers.values():
            for queue in watchers:
                queue.put_nowait(None)

    def forget(self) -> None:
        """What came so far is forgotten: watches from there on are refused with 410."""
        self._forgotten = self.version

    def _tell(self, plural: str, event: Obj) -> None:
        for queue in self._watchers[plural]:
            queue.put_nowait(json.loads(json.dumps(event)))

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        plural = request.path.rsplit("/", 1)[1]
        if not self.reachable or plural == self.withheld:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        if "watch" in request.query:
            return await self._watch(request, plural)
        self.lists += 1
        items = list(self.objects[plural].values())
        return web.json_response(
            {"metadata": {"resourceVersion": str(self.version)}, "items": items}
        )

    async def _watch(self, request: web.Request, plural: str) -> web.StreamResponse:
        since = int(request.query["resourceVersion"])
        if since <= self._forgotten:
            return web.json_response({"kind": "Status", "code": 410}, status=410)
        queue: asyncio.Queue[Obj | None] = asyncio.Queue()
        for obj in self.objects[plural].values():
            if int(obj["metadata"]["resourceVersion"]) > since:
                queue.put_nowait({"type": "MODIFIED", "object": obj})
        self._watchers[plural].add(queue)
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        try:
            while (event := await queue.get()) is not None:
                await response.write(orjson.dumps(event) + b"\n")
        finally:
            self._watchers[plural].discard(queue)
        return response


@contextlib.asynccontextmanager
async def serving() -> AsyncIterator[Cluster]:
    cluster = Cluster()
    app = web.Application()
    app.router.add_get("/{path:.*}", cluster._handle)
    async with listening(app) as cluster.port:
        yield cluster


def kubeconfig(folder: Path, port: int) -> str:
    """A kubeconfig for the API server on loopback port `port`; the answer is its path."""
    return scripted.kubeconfig_file(folder, f"http://127.0.0.1:{port}")


def configmap(name: str, *, token: str = TOKEN, stopped: bool = False, **expose: Any) -> Obj:
    """The ConfigMap of service `name` with these `expose` fields."""
    definition = {"name": name, "image": "i", "expose": {"api_port": 8080} | expose}
    return {
        "metadata": {
            "name": name,
            "labels": {"oscar_service": name},
            "annotations": {"oscar.grycap.io/stopped": "true"} if stopped else {},
        },
        "data": {
            "function_config.yaml": json.dumps(definition),
            "script.sh": "true",
            "token_sha256": hashlib.sha256(token.encode()).hexdigest(),
        },
    }


def endpoint_slice(service: str, *endpoints: Obj, port: int = 8080, suffix: str = "x") -> Obj:
    """An EndpointSlice of exposed service `service`."""
    return {
        "metadata": {
            "name": f"{service}-svc-{suffix}",
            "labels": {"kubernetes.io/service-name": f"{service}-svc"},
        },
        "addressType": "IPv4",
        "ports": [{"name": "serviceport-0", "port": port, "protocol": "TCP"}],
        "endpoints": list(endpoints),
    }


def entry(address: str, pod: str = "", **conditions: bool | None) -> Obj:
    """One endpoint of a slice."""
    return {
        "addresses": [address],
        "conditions": {"ready": True} | conditions,
        "targetRef": {"kind": "Pod", "name": pod or f"pod-{address}"},
    }
