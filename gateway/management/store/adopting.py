"""The steps of taking one service over from an OSCAR manager, done through the Kubernetes API.

`adoption` has them done in the order that `objects.adoption` gives. Each may be done again.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from gateway.management import problems
from gateway.management.objects import adoption, kept, render, scale
from gateway.management.objects import plan as planning
from gateway.management.objects.seen import uid
from shared.kube.errors import Conflict, NotFound
from shared.kube.resources import (
    CLAIMS,
    CONFIGMAPS,
    DEPLOYMENTS,
    HPAS,
    HTTP_ROUTES,
    INGRESSES,
    MIDDLEWARES,
    POD_TEMPLATES,
    REPLICASETS,
    SECRETS,
    SERVICES,
)
from shared.service import names, oscar
from shared.service.objects import controller_uid, wanted_replicas

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Sequence

    from gateway.management.objects.adoption import Action, Found, Options, Running, Step
    from gateway.management.store.settling import Settler
    from shared.kube.client import KubeClient
    from shared.kube.resources import Resource
    from shared.service.objects import Obj

RESOURCES: Final = {
    each.kind: each
    for each in (HPAS, INGRESSES, HTTP_ROUTES, MIDDLEWARES, SECRETS, CLAIMS, POD_TEMPLATES)
}
ATTEMPTS: Final = 5
"""Times the manager's Deployment is deleted as it was seen, while others write it."""
PATIENCE: Final = (0.02, 0.05, 0.1, 0.2, 0.5, *(1.0 for _ in range(15)))
"""Seconds between looks at what the cluster's controllers do in their time."""


class Adopting:
    """One service while it is taken over."""

    def __init__(
        self, kube: KubeClient, settler: Settler, found: Found, token: str, options: Options
    ) -> None:
        self._kube = kube
        self._settler = settler
        self._namespace = settler.namespace
        self._found = found
        self._service = found.service
        self._name = found.service.name
        self._token = token
        self._options = options
        self._root = found.configmap
        self._runs: Running | None = None
        self._actions: dict[Action, Callable[[], Awaitable[None]]] = {
            "begin": self._begin,
            "define": self._define,
            "expose": self._expose,
            "own": self._own,
            "release": self._release,
            "run": self._run,
            "remove": self._remove,
            "end": self._end,
        }

    async def carry_out(self, steps: Sequence[Step]) -> None:
        """Do the steps in their order."""
        for step in steps:
            await self._actions[step.action]()

    async def _begin(self) -> None:
        annotations = {adoption.ADOPTING: str(self._options)}
        if self._found.work.stopped:
            annotations[names.STOPPED] = "true"
        await self._annotate(annotations)

    async def _define(self) -> None:
        """Make the ConfigMap one of ours, once the Secret keeps what it is to hide."""
        secret = kept.of(self._service, self._token)
        data = render.configmap(self._service, self._token)["data"]
        revision = kept.revision(data, secret)
        seen = await self._settler.look(self._name)
        await self._settler.stage(seen, revision, secret)
        self._root = await self._settler.do(planning.switched(self._root, data, revision))

    async def _expose(self) -> None:
        await self._own_object(SERVICES, names.service(self._name))

    async def _own(self) -> None:
        for piece in self._found.pieces:
            if not self._options.removes(piece.use):
                await self._own_object(RESOURCES[piece.kind], piece.name)

    async def _own_object(self, resource: Resource, name: str) -> None:
        """Let an object go when the ConfigMap does; what is gone needs no more."""
        try:
            obj = await self._kube.get(resource, name, self._namespace)
            owners = obj["metadata"].get("ownerReferences") or []
            owner = render.owner(self._name, uid(self._root))
            if owner not in owners:
                at = obj["metadata"]["resourceVersion"]
                metadata = {"resourceVersion": at, "ownerReferences": [*owners, owner]}
                await self._kube.patch(resource, name, {"metadata": metadata}, self._namespace)
        except NotFound:
            return

    async def _release(self) -> None:
        """Delete the manager's Deployment as it is now, and wait until its ReplicaSets are free."""
        name = oscar.deployment(self._name)
        deployment = self._found.work.deployment
        for _ in range(ATTEMPTS):
            if deployment is None:
                return
            self._runs = adoption.running(deployment)
            metadata = deployment["metadata"]
            try:
                await self._kube.delete(
                    DEPLOYMENTS, name, self._namespace, propagation="Orphan",
                    uid=metadata["uid"], resource_version=metadata["resourceVersion"],
                )  # fmt: skip
                break
            except (Conflict, NotFound):
                deployment = await self._deployment(name)
        for seconds in _waits(f"Deployment {name} is not gone yet"):
            if await self._deployment(name) is None:
                return
            await asyncio.sleep(seconds)

    async def _run(self) -> None:
        """Our Deployment, with the pods that are there."""
        ours = await self._deployment(names.deployment(self._name))
        if ours is None:
            runs = self._runs or adoption.orphaned(
                await replicasets(self._kube, self._name, self._namespace)
            )
            if runs is None:  # there is nothing to keep: it is made like any other at the end
                return
            ours = await self._apply(runs, paused=True)
            if runs.previous:
                await self._note(runs.previous)
        if not (adoption.is_adopted(ours) and ours["spec"].get("paused")):
            return
        await self._adopted()
        await self._hand_over()
        await self._apply(adoption.running(ours), paused=False)

    async def _apply(self, runs: Running, *, paused: bool) -> Obj:
        body = adoption.successor(self._service, runs, self._root, paused=paused)
        return await self._kube.apply(DEPLOYMENTS, body, self._namespace)

    async def _note(self, previous: str) -> None:
        body = {"metadata": {"annotations": {names.PREVIOUS_REPLICAS: previous}}}
        await self._kube.patch(DEPLOYMENTS, names.deployment(self._name), body, self._namespace)

    async def _adopted(self) -> None:
        """Return when our Deployment has adopted every ReplicaSet that was released."""
        for seconds in _waits(
            f"Deployment {names.deployment(self._name)} has not got all pods yet"
        ):
            if all(map(controller_uid, await replicasets(self._kube, self._name, self._namespace))):
                return
            await asyncio.sleep(seconds)

    async def _hand_over(self) -> None:
        """Own the number of pods apart, so that an apply without it leaves it; if somebody else has
        written it meanwhile, it is his."""
        name = names.deployment(self._name)
        current = await self._kube.get(DEPLOYMENTS, name, self._namespace)
        body, role = scale.born(name, wanted_replicas(current)), scale.OWNER
        try:
            await self._kube.apply(DEPLOYMENTS, body, self._namespace, force=False, role=role)
        except Conflict:
            return

    async def _remove(self) -> None:
        for piece in self._found.pieces:
            if self._options.removes(piece.use):
                await delete(self._kube, RESOURCES[piece.kind], piece.name, self._namespace)

    async def _end(self) -> None:
        await self._annotate({adoption.ADOPTING: None})
        await self._settler.settle(self._name, {})

    async def _annotate(self, annotations: dict[str, Any]) -> None:
        metadata = {"uid": uid(self._root), "annotations": annotations}
        self._root = await self._kube.patch(
            CONFIGMAPS, self._name, {"metadata": metadata}, self._namespace
        )

    async def _deployment(self, name: str) -> Obj | None:
        try:
            return await self._kube.get(DEPLOYMENTS, name, self._namespace)
        except NotFound:
            return None


async def replicasets(kube: KubeClient, name: str, namespace: str) -> list[Obj]:
    """All that have pods of service `name`, of whomever they are."""
    listed = await kube.list(REPLICASETS, namespace, labels=names.pod_selector(name))
    items: list[Obj] = listed["items"]
    return items


async def delete(kube: KubeClient, resource: Resource, name: str, namespace: str) -> None:
    """Delete the object, if it is there."""
    try:
        await kube.delete(resource, name, namespace)
    except NotFound:
        return


def _waits(problem: str) -> Iterator[float]:
    """Seconds to wait between looks; RefusalError 503 after the last."""
    yield from PATIENCE
    raise problems.RefusalError(503, f"{problem}; it is gone on with, or ask again")
