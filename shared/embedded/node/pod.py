"""One pod on this node: its containers run side by side, its status is reported to the agent.

Owned by the agent, which alone writes to the cluster.
"""

from __future__ import annotations

import asyncio
import copy
import logging
from typing import TYPE_CHECKING

from shared.embedded.errors import StatusError
from shared.embedded.node import volumes
from shared.embedded.node.container import Container
from shared.embedded.node.environment import ConfigError
from shared.embedded.node.metrics import PodUsage
from shared.embedded.node.status import pod_status

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from shared.embedded.controllers.events import Events
    from shared.embedded.kinds import Kind
    from shared.embedded.node.procfs import Usage
    from shared.embedded.node.sandbox import Sandbox
    from shared.embedded.node.settings import NodeSettings
    from shared.runtime.clock import Clock
    from shared.service.objects import Obj

log = logging.getLogger(__name__)

UNKNOWN_EXIT = 255  # as containers are reported that ended while nobody looked


class Pod:
    """Runs the containers of one pod. `report(status)` is called whenever its status changes."""

    def __init__(
        self,
        sandbox: Sandbox,
        settings: NodeSettings,
        clock: Clock,
        events: Events,
        marker: str,
        report: Callable[[Obj], None],
    ) -> None:
        self.sandbox = sandbox
        self._clock = clock
        self._events = events
        self._report = report
        self._started = clock.now()
        self.untold = False  # the cluster could not store the last status
        self._status = sandbox.pod.get("status", {})
        self.containers = {
            spec["name"]: Container(spec, sandbox, settings, clock, events, marker, self.changed)
            for spec in sandbox.pod["spec"]["containers"]
        }
        self._remember(sandbox.pod)

    @property
    def references(self) -> set[tuple[Kind, str]]:
        """(kind, name) of the ConfigMaps and Secrets that it mounts."""
        return volumes.references(self.sandbox.pod)

    async def run(self) -> None:
        """Until every container has ended for good, or the task is cancelled."""
        self.changed()
        try:
            async with asyncio.TaskGroup() as group:
                for name, container in self.containers.items():
                    group.create_task(container.run(), name=f"container/{name}")
        finally:
            self.changed()

    async def stop(self, grace: float) -> None:
        """End every container, each within `grace` seconds."""
        for container in self.containers.values():
            if container.process is not None:
                message = f"Stopping container {container.name}"
                self._events.normal(self.sandbox.pod, "Killing", message)
        stops = (container.stop(grace) for container in self.containers.values())
        await asyncio.gather(*stops)

    def refresh(self) -> None:
        """A mounted ConfigMap or Secret has changed: bring the files up to date."""
        try:
            self.sandbox.refresh()
        except (ConfigError, OSError) as error:  # what is mounted stays, as in Kubernetes
            self._events.warning(self.sandbox.pod, "FailedMount", str(error))

    def changed(self) -> None:
        """Report the status if it is a new one."""
        views = [container.view for container in self.containers.values()]
        before = {**self.sandbox.pod, "status": self._status}
        now = self._clock.now()
        status = pod_status(before, views, self.sandbox.address, self._started, now)
        if status != self._status or self.untold:
            self._status = copy.deepcopy(status)
            try:
                self._report(status)
            except StatusError as error:  # the containers go on; the agent reports it again
                self.untold = True
                log.debug(
                    "status of %s not stored: %s", self.sandbox.pod["metadata"]["name"], error
                )
            else:
                self.untold = False

    def report(self) -> None:
        """Report the status once more: somebody else wrote it."""
        if self._status:
            self._report(copy.deepcopy(self._status))

    def sample(self, now: float, usages: Mapping[int, Usage]) -> None:
        """Take in a reading of /proc."""
        for container in self.containers.values():
            container.sample(now, usages)

    @property
    def roots(self) -> list[int]:
        """The pids below which its processes are."""
        return [root for container in self.containers.values() for root in container.roots]

    def usage(self) -> PodUsage:
        """What the last samples say of the containers that run."""
        running = {name: each for name, each in self.containers.items() if each.process is not None}
        rates = {name: each.meter.rate() for name, each in running.items()}
        samples = {name: each.meter.last for name, each in running.items()}
        metadata = self.sandbox.pod["metadata"]
        return PodUsage(
            metadata["namespace"],
            metadata["name"],
            metadata.get("labels") or {},
            {name: rate for name, rate in rates.items() if rate is not None},
            {name: sample for name, sample in samples.items() if sample is not None},
            {name: each.started_at for name, each in running.items()},
        )

    def _remember(self, pod: Obj) -> None:
        """Go on counting where an earlier run of the agent ended, as after a reboot of a node."""
        for status in pod.get("status", {}).get("containerStatuses") or ():
            container = self.containers.get(status["name"])
            if container is None:
                continue
            state = status.get("state") or {}
            ended = state.get("terminated") or (status.get("lastState") or {}).get("terminated")
            if "running" in state:
                ended = {
                    "exitCode": UNKNOWN_EXIT,
                    "reason": "Unknown",
                    "message": "the cluster stopped without a word of this container",
                    "startedAt": state["running"].get("startedAt"),
                    "finishedAt": state["running"].get("startedAt"),
                }
            container.view.last = {"terminated": ended} if ended else {}
            container.view.restarts = status.get("restartCount", 0) + ("waiting" not in state)
