"""`/system/info`, `/system/config` and `/system/status`: what OSCAR's clients ask before all else.

Nodes and their load lie outside the services' namespace, where the services API has no rights
unless the operator grants them (manifests/components/cluster-status): then they are told, else
there are none, and a sentence says so. Nothing here fails for that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from aiohttp import web

from gateway.management.answers import elsewhere, nodes, system
from gateway.management.calls.audit import CALLER
from gateway.management.calls.release import release
from gateway.management.calls.requests import json_answer
from shared.kube.errors import Forbidden, KubeError
from shared.kube.resources import NODE_METRICS, NODES, PODS

if TYPE_CHECKING:
    from gateway.management.answers.system import Login
    from gateway.management.store.spaces import Spaces
    from shared.kube.client import KubeClient
    from shared.kube.resources import Resource
    from shared.runtime.clock import Clock
    from shared.service.objects import Obj

_REMEDY: Final = "; apply manifests/components/cluster-status/rbac.yaml to grant it"


class System:
    """One method a route."""

    def __init__(self, kube: KubeClient, spaces: Spaces, login: Login, clock: Clock) -> None:
        self._kube = kube
        self._spaces = spaces
        self._login = login
        began = datetime.fromtimestamp(int(clock.now()), UTC)
        self._since = began.isoformat().replace("+00:00", "Z")

    def routes(self) -> list[web.RouteDef]:
        """The routes, for an application."""
        return [
            web.get("/system/info", self.info, allow_head=False),
            web.get("/system/config", self.config, allow_head=False),
            web.route("*", "/system/config", self.unchangeable),
            web.get("/system/status", self.status, allow_head=False),
        ]

    async def info(self, _: web.Request) -> web.Response:
        """Which OSCAR this is, and on which Kubernetes."""
        try:
            kubernetes = str((await self._kube.version()).get("gitVersion", ""))
        except KubeError:  # as OSCAR: clients start by this call, and need not fail by it
            kubernetes = ""
        return json_answer(system.info(release(), kubernetes))

    async def config(self, _: web.Request) -> web.Response:
        """What the cluster has to offer."""
        return json_answer(system.config(self._login, await self._listed(NODES, [])))

    async def unchangeable(self, _: web.Request) -> web.Response:
        """What OSCAR lets its administrator set is set otherwise here."""
        return web.Response(status=405, text=elsewhere.UNCHANGEABLE, headers={"Allow": "GET"})

    async def status(self, request: web.Request) -> web.Response:
        """Nodes and what is free; the pods of all are counted for the administrator alone."""
        notes: list[str] = []
        found = await self._listed(NODES, notes)
        cluster = nodes.cluster(found, *(await self._load(notes) if found else ({}, [])))
        pods: Sequence[Obj] = []
        if request[CALLER].admin:
            listed = [await self._kube.list(PODS, each) for each in await self._spaces.all()]
            pods = [pod for each in listed for pod in each["items"]]
        return json_answer(system.status(cluster, pods, self._login, self._since, notes))

    async def _load(self, notes: list[str]) -> tuple[Mapping[str, Obj], Sequence[Obj]]:
        """Usage by node, and all pods."""
        metrics = await self._listed(NODE_METRICS, notes)
        pods = await self._listed(PODS, notes)
        return {one["metadata"]["name"]: one["usage"] for one in metrics}, pods

    async def _listed(self, resource: Resource, notes: list[str]) -> Sequence[Obj]:
        """The objects of the whole cluster; none, and a note, where they cannot be had."""
        try:
            items: Sequence[Obj] = (await self._kube.list(resource))["items"]
        except KubeError as error:
            kind = resource.kind if resource.kind.endswith("s") else f"{resource.kind}s"
            remedy = _REMEDY if isinstance(error, Forbidden) else ""
            notes.append(f"{kind} of the cluster are not known: {error}{remedy}.")
            return []
        return items
