"""`/system/logs/{name}`: the logs of a service's pods, by the way that OSCAR has for those of jobs.

What OSCAR's clients call so is `service logs list` and `service logs get`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aiohttp import web

from gateway.management import problems
from gateway.management.answers.jobs import jobs
from gateway.management.answers.logs import is_true
from gateway.management.calls.guard import service_name
from gateway.management.calls.requests import json_answer
from gateway.management.objects.pod import CONTAINER
from gateway.management.store.catalog import NS, Catalog
from shared.kube.resources import PODS
from shared.service import names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shared.kube.client import KubeClient
    from shared.service.objects import Obj

LINES: Final = 10_000
"""The newest of a pod's log: the answer is one text."""


class JobLogs:
    """One method a route."""

    def __init__(self, kube: KubeClient) -> None:
        self._kube = kube
        self._catalog = Catalog(kube)

    def routes(self) -> list[web.RouteDef]:
        """The routes, for an application."""
        return [
            web.get("/system/logs/{name}", self.list, allow_head=False),
            web.get("/system/logs/{name}/{pod}", self.get, allow_head=False),
        ]

    async def list(self, request: web.Request) -> web.Response:
        """The pods, with their times."""
        return json_answer(jobs(await self._pods(service_name(request))))

    async def get(self, request: web.Request) -> web.Response:
        """The log of one pod as text."""
        pod = request.match_info["pod"]
        pods = await self._pods(service_name(request))
        if pod not in [one["metadata"]["name"] for one in pods]:
            raise problems.not_found()
        stamped = str(is_true(request.query.get("timestamps", ""))).lower()
        query = f"container={CONTAINER}&timestamps={stamped}&tailLines={LINES}"
        return web.Response(text=await self._kube.text(f"{PODS.path(NS, pod, 'log')}?{query}"))

    async def _pods(self, name: str) -> Sequence[Obj]:
        if await self._catalog.configmap(name) is None:
            raise problems.not_found()
        listed = await self._kube.list(PODS, NS, labels=f"app={names.app_label(name)}")
        pods: Sequence[Obj] = listed["items"]
        return pods
