"""Gives the API server what it asks of nodes: logs of containers, usage of pods and nodes.

Made by `cluster` over the agent and the hollow nodes; what is asked is declared in
`api/providers`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from shared.embedded.api.providers import Providers
from shared.embedded.errors import bad_request, internal
from shared.embedded.kinds import NODE
from shared.embedded.node import dialing, logs
from shared.embedded.node.attachment import Attachment
from shared.embedded.node.metrics import node_metrics, pod_metrics, resource_text

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence

    from shared.embedded.api.operations import Api
    from shared.embedded.api.providers import LogRequest
    from shared.embedded.api.sessions import ExecRequest, Link, Session
    from shared.embedded.node.agent import Agent
    from shared.embedded.node.container import Container
    from shared.embedded.node.hollow import HollowNode
    from shared.embedded.node.metrics import PodUsage
    from shared.service.objects import Obj


class NodeProviders:
    """Answers for the node agent, and for hollow nodes that are added to `hollow`."""

    def __init__(self, api: Api, agent: Agent) -> None:
        self._api = api
        self._agent = agent
        self.hollow: list[HollowNode] = []

    def callbacks(self) -> Providers:
        """What the API server is given."""
        return Providers(
            self.logs,
            self.pod_metrics,
            self.node_metrics,
            self.node_proxy,
            execute=self.execute,
            attach=self.attach,
            dial=self.dial,
        )

    async def logs(self, pod: Obj, request: LogRequest) -> AsyncIterator[bytes]:
        """The log that `request` names. Raises StatusError when there is none."""
        container = self._container(pod, request.container)
        path = container.log
        if request.previous:
            path = container.previous_log
            if not path.exists():
                raise bad_request(
                    f'previous terminated container "{request.container}" in pod '
                    f'"{pod["metadata"]["name"]}" not found'
                )
        if request.follow and not request.previous:
            async for chunk in logs.follow(path, request, container.ended):
                yield chunk
        else:
            yield logs.read(path, request)

    def pod_metrics(self, namespace: str | None) -> Sequence[Obj]:
        """PodMetrics by namespace and name, of pods with two samples or more."""
        found = (
            pod_metrics(each) for each in self._usages() if namespace in (None, each.namespace)
        )
        known = [each for each in found if each is not None]
        return sorted(known, key=lambda m: (m["metadata"]["namespace"], m["metadata"]["name"]))

    def node_metrics(self) -> Sequence[Obj]:
        """NodeMetrics of the agent's node."""
        rate = self._agent.meter.rate()
        node = self._api.find(NODE, self._agent.settings.name)
        return [node_metrics(node, rate)] if rate is not None and node is not None else []

    def node_proxy(self, node: str, path: str) -> tuple[str, bytes] | None:
        """(media type, body) of a path of the kubelet's; only `metrics/resource` is served."""
        if path.strip("/") != "metrics/resource":
            return None
        if node == self._agent.settings.name:
            usages = (pod.usage() for pod in self._agent.pods.values())
            return CONTENT_TYPE_PLAIN_0_0_4, resource_text(usages, self._agent.meter.last).encode()
        return None

    async def execute(self, pod: Obj, request: ExecRequest) -> Session:
        """A command in a container that runs. Raises StatusError."""
        return await self._running(pod, request.container).execute(request)

    async def attach(self, pod: Obj, request: ExecRequest) -> Session:
        """A running container's console, or else what it prints from now on. Raises StatusError."""
        container = self._running(pod, request.container)
        if container.console is not None:
            return container.console.attach(request)
        return Attachment(container, request)

    async def dial(self, pod: Obj, port: int) -> Link:
        """A connection to `port` of the pod. Raises OSError."""
        uid = pod["metadata"]["uid"]
        known = self._agent.pods.get(uid)
        return await dialing.dial(known.sandbox if known else None, uid, port)

    def _running(self, pod: Obj, name: str) -> Container:
        known = self._agent.pods.get(pod["metadata"]["uid"])
        container = known.containers.get(name) if known is not None else None
        if container is None or container.process is None:
            raise internal(f'unable to upgrade connection: container not found ("{name}")')
        return container

    def _usages(self) -> Iterator[PodUsage]:
        for pod in self._agent.pods.values():
            yield pod.usage()
        for hollow in self.hollow:
            yield from hollow.usage()

    def _container(self, pod: Obj, name: str) -> Container:
        known = self._agent.pods.get(pod["metadata"]["uid"])
        container = known.containers.get(name) if known is not None else None
        if container is None or not (container.process or container.view.last):
            reason = "ContainerCreating"
            if container is not None:
                reason = container.view.state.get("waiting", {}).get("reason", reason)
            raise bad_request(
                f'container "{name}" in pod "{pod["metadata"]["name"]}" is waiting to start: '
                f"{reason}"
            )
        return container
