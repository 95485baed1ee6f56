"""Brings the objects of one service to what its ConfigMap says: looks, plans, does, looks again.

For `lifecycle`, after each change of a ConfigMap, and for `reconcile`, when a process died or
somebody meddled. It does not matter how many processes do it at a time: what is not as it was
looked at is not written, and who has written looks whether the ConfigMap still is the same. So the
last one to write leaves what the last ConfigMap says.
"""

from __future__ import annotations

import contextlib
import logging
import secrets
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from gateway.management.objects import claim, render
from gateway.management.objects import plan as planning
from gateway.management.objects.policy import DEFAULT
from gateway.management.objects.seen import Place, Seen, version
from gateway.management.problems import RefusalError
from shared.kube.errors import Conflict, Forbidden, KubeError, NotFound
from shared.kube.resources import CLAIMS, CONFIGMAPS, DEPLOYMENTS, SECRETS, SERVICES
from shared.runtime.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gateway.management.objects.kept import Kept
    from gateway.management.objects.plan import Plan, Step
    from gateway.management.objects.policy import Policy
    from shared.kube.client import KubeClient
    from shared.kube.resources import Resource
    from shared.runtime.clock import Clock
    from shared.service.objects import Obj

log = logging.getLogger(__name__)

RESOURCES: Final[Mapping[str, Resource]] = {
    "ConfigMap": CONFIGMAPS,
    "Secret": SECRETS,
    "Service": SERVICES,
    "Deployment": DEPLOYMENTS,
    claim.KIND: CLAIMS,
}
ATTEMPTS: Final = 8
"""Times that something is tried while others write the same objects."""
WAITS: Final = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 3.0, 3.0)
"""Seconds between looks at what has to go first: objects of a deleted service, ten in all."""
BRIEF: Final = WAITS[:3]
"""The same for a reconcile, which comes again."""


def new_token() -> str:
    """256 random bits."""
    return secrets.token_hex(32)


@dataclass(frozen=True, slots=True)
class Settled:
    """How a service was found and left."""

    seen: Seen
    """As it is now, so far as it was read or written here."""
    changes: tuple[tuple[str, Obj], ...] = ()
    """What was wrong and is not any more: a sentence, and the object it is about."""
    finished: bool = True
    """Whether the last write had come to its end before."""
    lost: tuple[str, ...] = ()
    """Secrets that were nowhere any more; a new token was made."""
    begun: bool = False
    """Whether a plan was carried out: what the first one found is what the service was found as."""
    undone: str = ""
    """Why a create that had not come to its end was undone; empty when none was."""


class Settler:
    """Works on one service at a time; who calls it sees to that within the process."""

    def __init__(
        self, kube: KubeClient, clock: Clock | None = None, policy: Policy = DEFAULT
    ) -> None:
        self._kube = kube
        self.policy = policy
        self.namespace = policy.namespace
        self._clock = clock or SystemClock()

    async def look(self, name: str) -> Seen:
        """All objects of a service, the ConfigMap last, but for the claim that it names."""
        objects: dict[Place, Obj] = {}
        for kind, place in render.places(name):
            if (obj := await self._get(kind, place)) is not None:
                objects[kind, place] = obj
        root = await self._get("ConfigMap", name)
        if (named := claim.stated(root)) and (obj := await self._get(claim.KIND, named)):
            objects[claim.KIND, named] = obj
        return Seen(name, root, objects)

    async def settle(
        self,
        name: str,
        known: Mapping[str, Kept],
        seen: Seen | None = None,
        patience: Sequence[float] = WAITS,
    ) -> Settled:
        """Do all that is due; raises KubeError, StoredError, and RefusalError for what is in the
        way, if `patience` (seconds from look to look) does not see it gone. `known` are the secrets
        of revisions that the caller has just written, `seen` is what he knows of the objects."""
        found = Settled(seen or await self.look(name))
        conflicts, waits = 0, iter(patience)
        while True:
            plan, before = self.plan(found.seen, known), version(found.seen.root)
            try:
                found = await self._carried_out(plan, found)
                root = await self._get("ConfigMap", name) if plan.steps else found.seen.root
            except (Conflict, NotFound):  # somebody else was faster
                conflicts += 1
                if conflicts == ATTEMPTS:
                    raise
            else:
                same = version(root) == before
                if plan.complete and same:
                    return found
                if plan.waits and same:
                    await self._wait(plan.waits, next(waits, None))
            found = replace(found, seen=await self.look(name))

    async def sweep(self, name: str) -> None:
        """Remove what a deleted service has left, if garbage collection has not done so yet."""
        seen = await self.look(name)
        if seen.root is None:
            for step in self.plan(seen, {}).steps:
                with contextlib.suppress(Conflict, NotFound):
                    await self.do(step)

    def plan(self, seen: Seen, known: Mapping[str, Kept]) -> Plan:
        """What is due; raises StoredError, and RefusalError."""
        try:
            return planning.make(seen, known, new_token(), self._clock.now(), self.policy)
        except planning.ForeignError as error:
            raise RefusalError(409, str(error)) from error

    async def stage(self, seen: Seen, revision: str, secret: Kept) -> Seen:
        """Keep the secrets of a revision; what is seen after that.

        Raises Conflict, RefusalError and other KubeErrors.
        """
        try:
            step = planning.staged(seen, revision, secret, self._clock.now())
        except planning.ForeignError as error:
            raise RefusalError(409, str(error)) from error
        if step is None:
            return seen
        objects = {**seen.objects, (step.kind, step.name): await self.do(step)}
        return replace(seen, objects=objects)

    async def remove(self, obj: Obj) -> None:
        """Delete an object if it is as it was read; raises Conflict."""
        metadata = obj["metadata"]
        await self._kube.delete(
            RESOURCES[obj["kind"]],
            metadata["name"],
            self.namespace,
            uid=metadata["uid"],
            resource_version=metadata["resourceVersion"],
        )

    async def do(self, step: Step) -> Obj:
        """One call; the object as the server has it now."""
        resource = RESOURCES[step.kind]
        match step.verb:
            case "apply":
                return await self._kube.apply(resource, step.body, self.namespace, role=step.role)
            case "create":
                return await self._kube.create(resource, step.body, self.namespace)
            case "patch":
                return await self._patched(step)
            case "delete":
                uid, at = step.body["uid"], step.body.get("resourceVersion")
                await self._kube.delete(
                    resource, step.name, self.namespace, uid=uid, resource_version=at
                )
                return {}

    async def _patched(self, step: Step) -> Obj:
        try:
            return await self._kube.patch(
                RESOURCES[step.kind], step.name, step.body, self.namespace
            )
        except Forbidden as error:
            if step.kind == claim.KIND:
                raise claim.may_not_grow(step.name, error.message) from error
            raise

    async def _carried_out(self, plan: Plan, found: Settled) -> Settled:
        objects = dict(found.seen.objects)
        changes = list(found.changes)
        for step in plan.steps:
            place = (step.kind, step.name)
            try:
                before, now = objects.get(place), await self.do(step)
            except KubeError as error:
                if not step.notes or isinstance(error, Conflict | NotFound):
                    raise
                log.warning(
                    "service %s is as it must be; the next reconcile notes it: %s",
                    found.seen.name,
                    error,
                )
                continue
            if step.verb == "delete":
                objects.pop(place, None)
            else:
                objects[place] = now
            if step.why and version(now) != version(before):
                changes.append((f"{step.kind} {step.name} {step.why}", now or before or {}))
        return Settled(
            replace(found.seen, objects=objects),
            tuple(changes),
            found.finished if found.begun else plan.finished,
            found.lost or plan.lost,
            begun=True,
        )

    async def _wait(self, what: str, seconds: float | None) -> None:
        if seconds is None:
            raise RefusalError(
                409, f"{what} of a deleted service of that name has not gone yet; try again"
            )
        await self._clock.sleep(seconds)

    async def _get(self, kind: str, name: str) -> Any:
        try:
            return await self._kube.get(RESOURCES[kind], name, self.namespace)
        except NotFound:
            return None
