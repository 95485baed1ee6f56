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
from shared.kube.resources import PODS
from shared.service import names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gateway.management.store.spaces import Spaces
    from shared.kube.client import KubeClient
    from shared.service.objects import Obj

LINES: Final = 10_000
"""The newest of a pod's log: the answer is one text."""


class JobLogs:
    """One method a route."""

    def __init__(self, kube: KubeClient, spaces: Spaces) -> None:
        self._kube = kube
        self._spaces = spaces

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
        spaces = {one["metadata"]["name"]: one["metadata"]["namespace"] for one in pods}
        if pod not in spaces:
            raise problems.not_found()
        stamped = str(is_true(request.query.get("timestamps", ""))).lower()
        query = f"container={CONTAINER}&timestamps={stamped}&tailLines={LINES}"
        path = PODS.path(spaces[pod], pod, "log")
        return web.Response(text=await self._kube.text(f"{path}?{query}"))

    async def _pods(self, name: str) -> Sequence[Obj]:
        catalog = await self._spaces.catalog(name)
        if await catalog.configmap(name) is None:
            raise problems.not_found()
        listed = await self._kube.list(PODS, catalog.namespace, labels=names.pod_selector(name))
        pods: Sequence[Obj] = listed["items"]
        return pods
