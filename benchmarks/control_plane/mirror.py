"""Between a cluster and the store of our node agent: what the kubelet's watches and reports are.

The agent works on a store in its own process. Pods that the cluster binds to the node are put
there as they are, with the ConfigMaps and Secrets of all namespaces; what the agent says of its
pods, that they are gone, and its signs of life go to the cluster.
"""

from __future__ import annotations

import asyncio
import copy
import logging
from functools import partial
from typing import TYPE_CHECKING, Final

from shared.embedded.controllers.cache import key_of
from shared.embedded.kinds import CONFIG_MAP, LEASE, NODE, POD, SECRET
from shared.kube.errors import Conflict, KubeError, NotFound
from shared.kube.informer import Informer
from shared.kube.resources import CONFIGMAPS, LEASES, NODES, PODS, SECRETS
from shared.runtime.tasks import Supervisor

if TYPE_CHECKING:
    from shared.embedded.api.operations import Api
    from shared.embedded.api.operations import Change as Told
    from shared.embedded.kinds import Kind
    from shared.kube.changes import Change
    from shared.kube.client import KubeClient
    from shared.service.objects import Obj

log = logging.getLogger(__name__)

RETRY: Final = 0.2
"""Seconds until a report that was not taken is made again."""


class Mirror:
    """Of the node `name`: `run` introduces it and goes on until cancelled. Start it before the
    agent, so that it hears of the first sign of life."""

    def __init__(self, kube: KubeClient, api: Api, name: str) -> None:
        self._kube = kube
        self._api = api
        self._name = name
        self._due: dict[tuple[str, str], Told] = {}
        """What is to be reported, by uid of a pod or name of a lease: the last word counts."""
        self._wanted = asyncio.Event()

    async def run(self) -> None:
        """What a container mounts is there before the pod that does."""
        mine = f"spec.nodeName={self._name}"
        kinds = ((CONFIG_MAP, CONFIGMAPS, ""), (SECRET, SECRETS, ""), (POD, PODS, mine))
        unsubscribe = self._api.subscribe(self._told)
        try:
            await self._introduce()
            async with Supervisor() as tasks:
                tasks.start("reports", self._report())
                for kind, resource, fields in kinds:
                    take = partial(self._take, kind)
                    informer = Informer(self._kube, resource, fields=fields, on_change=take)
                    tasks.start(f"informer/{resource.plural}", informer.run())
                    await informer.synced.wait()
                await tasks.failed()
        finally:
            unsubscribe()

    async def _introduce(self) -> None:
        """Make the Node, and say that it is ready."""
        node = self._api.get(NODE, self._name)
        metadata = {"name": self._name, "labels": node["metadata"]["labels"]}
        await self._kube.apply(NODES, {"metadata": metadata})
        status = {"status": node["status"]}
        await self._kube.patch(NODES, self._name, status, subresource="status")

    # -- from the cluster ------------------------------------------------------------------------

    def _take(self, kind: Kind, change: Change) -> None:
        """Put what the cluster says into the agent's store, uid and all; of the status of a pod
        the agent knows more."""
        obj = copy.deepcopy(change.object)
        obj["metadata"].pop("ownerReferences", None)  # else it is garbage: its owners are not there
        namespace, name = key_of(obj)
        known = self._api.find(kind, name, namespace)
        same = known is not None and known["metadata"]["uid"] == obj["metadata"]["uid"]
        if change.type == "DELETED":
            if known is not None and same:
                self._api.store.remove(kind.bucket, dict(known))
            return
        if kind is POD and known is not None and same and "status" in known:
            obj["status"] = known["status"]
        self._api.store.put(kind.bucket, obj)

    # -- to the cluster --------------------------------------------------------------------------

    def _told(self, change: Told) -> None:
        """Called by the store for each change, also those of `_take`."""
        if change.kind is LEASE or (change.kind is POD and _is_news(change)):
            metadata = change.object["metadata"]
            self._due[(change.kind.kind, metadata["uid"])] = change
            self._wanted.set()

    async def _report(self) -> None:
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            for key in list(self._due):
                change = self._due.pop(key)
                try:
                    await self._tell(change)
                except (NotFound, Conflict):  # it is gone, or another of that name is there
                    continue
                except KubeError as error:
                    log.warning("%s %s is not told: %s", *key, error)
                    self._due.setdefault(key, change)
                    self._wanted.set()
                    await asyncio.sleep(RETRY)

    async def _tell(self, change: Told) -> None:
        obj: Obj = change.object
        namespace, name = key_of(obj)
        uid = obj["metadata"]["uid"]
        if change.kind is LEASE:
            body = {"metadata": {"name": name}, "spec": obj["spec"]}
            await self._kube.apply(LEASES, body, namespace)
        elif change.type == "DELETED":
            await self._kube.delete(PODS, name, namespace, grace=0, uid=uid)
        else:
            body = {"metadata": {"uid": uid}, "status": obj["status"]}
            await self._kube.patch(PODS, name, body, namespace, subresource="status")


def _is_news(change: Told) -> bool:
    """Whether the agent wrote it: the status is another, or the pod is gone."""
    before = (change.old or {}).get("status")
    return change.type != "ADDED" and (
        change.type == "DELETED" or change.object.get("status") != before
    )
