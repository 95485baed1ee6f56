"""The states of services, with what their pods say: reads what `status` is to be told.

Called by `calls`. Pods are asked for only where some are missing, and once for all services.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from gateway.management.answers import status, troubles
from gateway.management.objects.pod import CONTAINER
from shared.kube.errors import KubeError
from shared.kube.resources import PODS
from shared.service import names

if TYPE_CHECKING:
    from gateway.management.store.catalog import Catalog
    from shared.kube.client import KubeClient
    from shared.service.objects import Obj

MOST_LOGS: Final = 3
"""Pods whose last words are read."""
LONGEST_LINE: Final = 200
"""Characters of the last words."""


class Rollouts:
    """Reads; every method may raise `KubeError`."""

    def __init__(self, kube: KubeClient, catalog: Catalog) -> None:
        self._kube = kube
        self._catalog = catalog
        self._namespace = catalog.namespace

    async def state(self, name: str) -> Obj:
        """The status of one service, with the last words of what ended."""
        deployment = await self._catalog.deployment(name)
        pods: Sequence[Obj] = ()
        if status.wants_pods(deployment):
            labels = names.pod_selector(name)
            pods = (await self._kube.list(PODS, self._namespace, labels=labels))["items"]
        return await self.told(name, deployment, pods)

    async def told(self, name: str, deployment: Obj | None, pods: Sequence[Obj]) -> Obj:
        """The same by a Deployment and its pods that were read."""
        missing = await self._catalog.missing(name) if deployment is not None else ()
        if not status.wants_pods(deployment):
            return status.deployment_status(deployment, missing=missing)
        words = await self._last_words(pods)
        return status.deployment_status(deployment, pods, missing, words)

    async def states(self) -> Mapping[str, Obj]:
        """The statuses of all services that have a Deployment, by service."""
        deployments, reached = await self._catalog.deployments(), await self._catalog.reached()
        pods: Mapping[str, list[Obj]] = {}
        if any(map(status.wants_pods, deployments.values())):
            pods = _by_service(
                (await self._kube.list(PODS, self._namespace, labels=names.SERVICE_LABEL))["items"]
            )
        return {
            name: status.deployment_status(
                one,
                pods.get(name, ()) if status.wants_pods(one) else (),
                () if name in reached else (f"Service {names.service(name)}",),
            )
            for name, one in deployments.items()
        }

    async def _last_words(self, pods: Iterable[Obj]) -> Mapping[str, str]:
        """The last line before its end that each of some pods wrote, by pod."""
        ended = [pod for pod in pods if troubles.has_ended(pod)]
        return {pod["metadata"]["name"]: await self._last_line(pod) for pod in ended[-MOST_LOGS:]}

    async def _last_line(self, pod: Obj) -> str:
        previous = str(troubles.runs_again(pod)).lower()
        query = f"container={CONTAINER}&previous={previous}&tailLines=1&limitBytes=4096"
        try:
            path = PODS.path(self._namespace, pod["metadata"]["name"], "log")
            text = await self._kube.text(f"{path}?{query}")
        except KubeError:  # it is an extra: the state is told without it
            return ""
        line = text.rstrip("\n").rpartition("\n")[2]
        printable = "".join(char if char.isprintable() else " " for char in line).strip()
        return printable[:LONGEST_LINE]


def _by_service(pods: Iterable[Obj]) -> Mapping[str, list[Obj]]:
    found: dict[str, list[Obj]] = {}
    for pod in pods:
        found.setdefault(pod["metadata"]["labels"][names.SERVICE_LABEL], []).append(pod)
    return found
