"""The node agent: runs the pods that are bound to its node, reports and measures them.

What the kubelet is in Kubernetes; its pods are processes (`shim.py`), its network is loopback. It
sees the cluster through the API alone, like any client.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
from typing import TYPE_CHECKING

from shared.embedded.controllers.cache import key_of
from shared.embedded.controllers.endpoints import PORT_MAP, is_ready_endpoint
from shared.embedded.controllers.events import Events
from shared.embedded.controllers.pods import is_terminal, is_terminating
from shared.embedded.controllers.taints import is_unready
from shared.embedded.errors import StatusError
from shared.embedded.kinds import (
    CONFIG_MAP,
    ENDPOINT_SLICE,
    NODE,
    PERSISTENT_VOLUME,
    POD,
    SECRET,
)
from shared.embedded.node import node_object, orphans, ports, procfs, volumes
from shared.embedded.node.folders import Folders
from shared.embedded.node.lease import NodeLease
from shared.embedded.node.meter import Meter
from shared.embedded.node.pod import Pod
from shared.embedded.node.sandbox import Sandbox
from shared.runtime.tasks import lasting

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from pathlib import Path

    from shared.embedded.api.operations import Api, Change
    from shared.embedded.kinds import Kind
    from shared.embedded.node.accounts import Accounts
    from shared.embedded.node.addresses import Addresses
    from shared.embedded.node.settings import NodeSettings
    from shared.runtime.clock import Clock
    from shared.runtime.tasks import Supervisor
    from shared.service.objects import Obj

log = logging.getLogger(__name__)

MANAGER = "kubelet"
LOOK_AGAIN = 0.02  # seconds


class Agent:
    """The pods of one node. `begin`, then `start`; `stop` leaves no process behind.

    home: the cluster's state directory; marker: the id that every process of it carries.
    """

    def __init__(
        self,
        api: Api,
        clock: Clock,
        settings: NodeSettings,
        home: Path,
        addresses: Addresses,
        marker: str,
    ) -> None:
        self._api = api
        self._clock = clock
        self.settings = settings
        self._home = home
        self._addresses = addresses
        self._marker = marker
        self._events = Events(api, clock, "kubelet", settings.name)
        self._folders = Folders(api, home / "volumes")
        self._first_free_port = ports.first_free_port()
        self._accounts: Accounts | None = None
        self.pods: dict[str, Pod] = {}
        self.meter = Meter()
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._stopping = False
        self._doubted = False
        self._supervisor: Supervisor | None = None

    def begin(self) -> None:
        """Clear away what an earlier run left, and tell the cluster that its pods do not run.

        Before this the cluster must serve nobody: it would tell of pods that are not there.
        """
        killed = orphans.kill_marked(self._marker)
        if killed:
            log.warning("killed %d processes that an earlier run left behind", killed)
        self._register()
        self._folders.clear()
        for pod in self._api.list(POD):
            if self._is_mine(pod) and is_terminating(pod):
                self._confirm(pod)
            elif self._is_mine(pod) and not is_terminal(pod):
                self._adopt(pod)
        for directory in (*self._home.glob("pods/*"), *self._home.glob("logs/pods/*")):
            if directory.name.rpartition("_")[2] not in self.pods:
                shutil.rmtree(directory, ignore_errors=True)

    def start(self, tasks: Supervisor, accounts: Accounts | None = None) -> None:
        """Run the pods that are there, and follow what comes; `accounts` gives them tokens."""
        self._supervisor = tasks
        self._accounts = accounts
        for known in self.pods.values():
            known.sandbox.accounts = accounts
        self._unsubscribe = self._api.subscribe(self._apply)
        for pod in self._api.list(POD):
            if self._is_mine(pod) and not is_terminal(pod):
                self._launch(pod)
        lease = NodeLease(self._api, self._clock, self.settings.name)
        for name, work in (
            ("node/sampler", self._sample),
            ("node/statuses", self._retell),
            ("node/lease", lease.run),
        ):
            tasks.start(name, lasting(name, work, self._clock, self.settings.pod_retry))

    async def stop(self) -> None:
        """End every pod within its grace and the node's; they stay in the cluster's store."""
        self._stopping = True
        self._unsubscribe()
        limit = self.settings.stop_grace
        graces = {
            uid: min(limit, pod.sandbox.pod["spec"].get("terminationGracePeriodSeconds", 30))
            for uid, pod in self.pods.items()
        }
        await asyncio.gather(*(self.pods[uid].stop(grace) for uid, grace in graces.items()))
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    # -- following the cluster -------------------------------------------------------------------

    def _apply(self, change: Change) -> None:
        """Called by the writer of the change: what can fail is left to tasks."""
        if change.kind is POD and self._is_mine(change.object):
            self._follow(change.type, change.object)
        elif change.kind is NODE and self._is_doubted(change):
            self._doubted = True
            self._tend("node/status", self._reassure())
        elif change.kind is PERSISTENT_VOLUME and change.type == "DELETED":
            self._reclaim(change.object)
        elif change.kind in (CONFIG_MAP, SECRET) and change.type != "DELETED":
            namespace, name = key_of(change.object)
            for pod in self.pods.values():
                same = pod.sandbox.pod["metadata"]["namespace"] == namespace
                if same and (change.kind, name) in pod.references:
                    pod.refresh()

    def _reclaim(self, volume: Obj) -> None:
        """Remove the files of a volume that is no more, beside other work: it may take a while."""
        name = f"reclaim/{volume['metadata']['name']}"
        self._tend(name, asyncio.to_thread(self._folders.remove, volume))

    def _follow(self, event: str, pod: Obj) -> None:
        uid = pod["metadata"]["uid"]
        known = self.pods.get(uid)
        was_terminating = known is not None and is_terminating(known.sandbox.pod)
        if known is not None:
            known.sandbox.pod = pod
        if event == "DELETED":
            if uid in self._tasks:
                self._tasks[uid].cancel()
        elif is_terminating(pod):
            if not was_terminating and not self._stopping:
                self._tend(f"terminate/{pod['metadata']['name']}", self._terminate(pod))
        elif uid not in self._tasks and not is_terminal(pod) and not self._stopping:
            self._launch(pod)

    def _is_mine(self, pod: Obj) -> bool:
        return bool(pod["spec"].get("nodeName") == self.settings.name)

    def _adopt(self, pod: Obj) -> Pod:
        """Give the pod its place on this machine, and say so in its status."""
        mapping = ports.port_map(pod, self._first_free_port)
        text = ports.annotation(mapping)
        if mapping and (pod["metadata"].get("annotations") or {}).get(PORT_MAP) != text:
            namespace, name = key_of(pod)
            body = {"metadata": {"annotations": {PORT_MAP: text}}}
            pod = self._api.patch(POD, name, namespace, body, manager=MANAGER)
        metadata = pod["metadata"]
        place = f"{metadata['namespace']}_{metadata['name']}_{metadata['uid']}"
        sandbox = Sandbox(
            pod=pod,
            address=self._addresses.take(),
            ports=mapping,
            root=self._home / "pods" / metadata["uid"],
            logs=self._home / "logs" / "pods" / place,
            log_bytes=self.settings.log_bytes,
            read=lambda kind, name: self._read(kind, name, metadata["namespace"]),
            folder=lambda claim: self._folders.of_claim(claim, metadata["namespace"]),
            accounts=self._accounts,
        )
        found = Pod(
            sandbox, self.settings, self._clock, self._events, self._marker,
            lambda status: self._report(sandbox, status),
        )  # fmt: skip
        self.pods[metadata["uid"]] = found
        found.changed()
        return found

    def _launch(self, pod: Obj) -> None:
        name, uid = pod["metadata"]["name"], pod["metadata"]["uid"]
        self._tasks[uid] = self._tend(f"pod/{name}", self._care(pod))

    def _tend(self, name: str, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        assert self._supervisor is not None, "the agent was started"
        return self._supervisor.start(name, work)

    async def _care(self, pod: Obj) -> None:
        """See to a pod from its first process to its last file."""
        uid = pod["metadata"]["uid"]
        try:
            await self._run(uid, pod)
            await asyncio.Event().wait()  # ended for good; its logs stay until its deletion
        finally:
            if not self._stopping:
                await self._clear(uid)

    async def _run(self, uid: str, pod: Obj) -> None:
        """Run its containers; a mistake of ours costs this pod a pause, not the node."""
        while True:
            try:
                known = self.pods.get(uid) or self._adopt(pod)
                await known.run()
            except StatusError as error:  # the store cannot be written: nothing to tell it by
                log.debug("pod %s waits: %s", pod["metadata"]["name"], error)
                await self._clock.sleep(self.settings.status_retry)
            except Exception as error:
                log.exception("pod %s failed", pod["metadata"]["name"])
                self._events.warning(pod, "FailedSync", f"error of the node agent: {error!r}")
                await self._clock.sleep(self.settings.pod_retry)
            else:
                return

    async def _clear(self, uid: str) -> None:
        self._tasks.pop(uid, None)
        pod = self.pods.pop(uid, None)
        if pod is not None:
            self._addresses.give_back(pod.sandbox.address)
            await asyncio.to_thread(pod.sandbox.remove)

    async def _terminate(self, pod: Obj) -> None:
        """The pod's deletion was asked for: give watchers time, end it, then confirm."""
        metadata = pod["metadata"]
        grace = metadata.get("deletionGracePeriodSeconds", 30)
        if grace > 0:
            await self._leave_rotation(metadata["namespace"], metadata["uid"])
        known = self.pods.get(metadata["uid"])
        if known is not None:
            await known.stop(grace)
        task = self._tasks.get(metadata["uid"])
        if task is not None:
            task.cancel()
            await asyncio.wait([task])
        while not self._confirmed(pod):
            await self._clock.sleep(self.settings.status_retry)

    async def _leave_rotation(self, namespace: str, uid: str) -> None:
        """Wait until no new request is sent to the pod."""
        end = self._clock.monotonic() + self.settings.endpoint_wait
        while is_ready_endpoint(self._api.list(ENDPOINT_SLICE, namespace), uid):
            if self._clock.monotonic() > end:
                return
            await self._clock.sleep(LOOK_AGAIN)
        await self._clock.sleep(self.settings.endpoint_lag)

    # -- telling the cluster ---------------------------------------------------------------------

    def _register(self) -> None:
        node = node_object.node(self.settings, self._clock.now())
        known = self._api.find(NODE, self.settings.name)
        if known is None:
            known = self._api.create(NODE, node, manager=MANAGER)
        body = {**known, "status": node["status"]}
        self._api.update(NODE, body, subresource="status", manager=MANAGER)

    def _is_doubted(self, change: Change) -> bool:
        """Somebody says that this node is not ready, and it will answer that."""
        mine = change.object["metadata"]["name"] == self.settings.name
        heard = change.type != "DELETED" and is_unready(change.object)
        return mine and heard and not self._doubted and not self._stopping

    async def _reassure(self) -> None:
        """Say once more how the node and its pods are: they are as before."""
        await self._clock.sleep(self.settings.status_period)
        self._doubted = False
        if self._api.find(NODE, self.settings.name) is not None:
            self._register()
            for pod in self.pods.values():
                pod.report()

    def _report(self, sandbox: Sandbox, status: Obj) -> None:
        namespace, name = key_of(sandbox.pod)
        current = self._api.find(POD, name, namespace)
        if current is None or current["metadata"]["uid"] != sandbox.pod["metadata"]["uid"]:
            return
        body = {**current, "status": status}
        self._api.update(POD, body, subresource="status", manager=MANAGER)

    def _confirm(self, pod: Obj) -> None:
        """The last word on a pod that was to be deleted: nothing of it runs."""
        namespace, name = key_of(pod)
        try:
            self._api.delete(POD, name, namespace, grace=0, uid=pod["metadata"]["uid"])
        except StatusError as error:
            if error.code not in (404, 409):  # gone already, or another pod of that name
                raise

    def _confirmed(self, pod: Obj) -> bool:
        """Whether the last word could be said: not while the store cannot be written."""
        try:
            self._confirm(pod)
        except StatusError as error:
            log.debug("the end of pod %s cannot be told: %s", pod["metadata"]["name"], error)
            return False
        return True

    async def _retell(self) -> None:
        """Report again what the cluster could not take."""
        while True:
            await self._clock.sleep(self.settings.status_retry)
            for pod in self.pods.values():
                if pod.untold:
                    pod.changed()

    def _read(self, kind: Kind, name: str, namespace: str) -> dict[str, bytes] | None:
        obj = self._api.find(kind, name, namespace)
        return None if obj is None else volumes.values(kind, obj)

    # -- measuring -------------------------------------------------------------------------------

    async def _sample(self) -> None:
        while True:
            self._take_sample()
            await self._clock.sleep(self.settings.sample_period)

    def _take_sample(self) -> None:
        roots = [root for pod in self.pods.values() for root in pod.roots]
        now = self._clock.now()
        usages = procfs.usage(procfs.read_all(), roots) if roots else {}
        for pod in self.pods.values():
            pod.sample(now, usages)
        self.meter.add(now, procfs.machine())
