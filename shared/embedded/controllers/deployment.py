"""Deployment controller: one ReplicaSet for each pod template, and the way from one to the next.

Source: Kubernetes `pkg/controller/deployment`; the arithmetic is in `rollout`. It never touches
pods: those are the ReplicaSet controller's.
"""

from __future__ import annotations

import copy
import itertools
from typing import TYPE_CHECKING

from shared.embedded.controllers import deployment_status as progress
from shared.embedded.controllers import rollout
from shared.embedded.controllers.adoption import Adoption
from shared.embedded.controllers.cache import key_of
from shared.embedded.controllers.hashing import template_hash
from shared.embedded.controllers.pods import (
    controller_reference,
    is_terminal,
    is_terminating,
)
from shared.embedded.controllers.rollout import name_of, size
from shared.embedded.kinds import DEPLOYMENT, POD, REPLICA_SET
from shared.service.objects import condition, controller_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from shared.embedded.api.operations import Api, Change
    from shared.embedded.controllers.cache import Cache, Key
    from shared.embedded.controllers.events import Events
    from shared.runtime.clock import Clock
    from shared.service.objects import Obj

    Hash = Callable[[Obj, int], str]
    """(pod template, number of collisions) → its name among those of the Deployment"""

MANAGER = "kube-controller-manager"
HASH = "pod-template-hash"
REVISION = "deployment.kubernetes.io/revision"
HISTORY = "deployment.kubernetes.io/revision-history"
_NOT_COPIED = (
    "kubectl.kubernetes.io/last-applied-configuration",
    REVISION,
    HISTORY,
    rollout.DESIRED,
    rollout.MAXIMUM,
)


class Deployments:
    """Reconciles one Deployment a call. hashed: gives a template its name."""

    def __init__(
        self, api: Api, cache: Cache, clock: Clock, events: Events, hashed: Hash = template_hash
    ) -> None:
        self._api = api
        self._cache = cache
        self._clock = clock
        self._events = events
        self._hashed = hashed
        self._adoption = Adoption(api, cache, DEPLOYMENT, REPLICA_SET, lambda _: True)

    def keys(self, change: Change) -> Iterator[Key]:
        """Which Deployments a change concerns."""
        if change.kind is DEPLOYMENT:
            yield key_of(change.object)
        elif change.kind is REPLICA_SET:
            owner = controller_of(change.object)
            if owner is not None:
                yield change.object["metadata"]["namespace"], owner["name"]
            else:
                yield from self._adoption.candidates(change.object)
        elif change.kind is POD and change.type == "DELETED":  # Recreate waits for the last one
            owner = controller_of(change.object)
            namespace = change.object["metadata"]["namespace"]
            parent = self._cache.get(REPLICA_SET, (namespace, owner["name"])) if owner else None
            grandparent = controller_of(parent) if parent is not None else None
            if grandparent is not None:
                yield namespace, grandparent["name"]

    def reconcile(self, key: Key) -> float | None:
        """Take the next step of this Deployment's rollout; seconds until the next look."""
        deployment = self._cache.get(DEPLOYMENT, key)
        if deployment is None:
            return None
        if not is_terminating(deployment):
            self._adoption.settle(deployment, MANAGER)
            self._step(deployment)
        deployment = self._cache.get(DEPLOYMENT, key)
        if deployment is None:
            return None
        new, old = self._replicasets(deployment)
        if progress.is_complete(deployment, deployment.get("status", {})):
            self._forget(deployment, old)
        self._report(deployment, progress.status(deployment, new, old, self._clock.now()))
        current = self._cache.get(DEPLOYMENT, key)
        return progress.deadline_in(current, self._clock.now()) if current else None

    def _replicasets(self, deployment: Obj) -> tuple[Obj | None, list[Obj]]:
        """(the ReplicaSet of the present template, all others)."""
        owned = sorted(self._cache.owned(REPLICA_SET, deployment), key=_revision)
        template = deployment["spec"]["template"]
        new = next((rs for rs in owned if _same_template(rs, template)), None)
        return new, [rs for rs in owned if rs is not new]

    def _step(self, deployment: Obj) -> None:
        self._note_pause(deployment)
        new, old = self._replicasets(deployment)
        paused = deployment["spec"].get("paused", False)
        if paused or _replicas_changed(deployment, [rs for rs in (new, *old) if rs is not None]):
            self._resize(deployment, rollout.rescale(deployment, new, old))
        elif deployment["spec"].get("strategy", {}).get("type") == "Recreate":
            self._recreate(deployment, old)
        else:
            self._roll(deployment, old)

    def _roll(self, deployment: Obj, old: Sequence[Obj]) -> None:
        new = self._current(deployment, old)
        grown = rollout.grow_new(deployment, new, old)
        self._resize(deployment, grown or rollout.shrink_old(deployment, new, old))

    def _recreate(self, deployment: Obj, old: Sequence[Obj]) -> None:
        doomed = {name_of(rs): 0 for rs in old if size(rs) > 0}
        if doomed:
            self._resize(deployment, doomed)
        elif not any(self._runs_pods(rs) for rs in old):
            new = self._current(deployment, old)
            self._resize(deployment, rollout.grow_new(deployment, new, old))

    def _runs_pods(self, replicaset: Obj) -> bool:
        return any(not is_terminal(pod) for pod in self._cache.owned(POD, replicaset))

    def _current(self, deployment: Obj, old: Sequence[Obj]) -> Obj:
        """The ReplicaSet of the present template, made if need be, with the newest revision."""
        new, _ = self._replicasets(deployment)
        revision = max((_revision(rs)[0] for rs in old), default=0) + 1
        if new is None:
            new = self._create(deployment, old, revision)
        else:
            new = self._mark(deployment, new, max(revision, _revision(new)[0]))
        self._revise(deployment, (new["metadata"].get("annotations") or {}).get(REVISION, "1"))
        return new

    def _create(self, deployment: Obj, old: Sequence[Obj], revision: int) -> Obj:
        body = replicaset_of(deployment, revision, self._digest(deployment))
        body["spec"]["replicas"] = rollout.new_size(deployment, old, 0)
        namespace = deployment["metadata"]["namespace"]
        new = self._api.create(REPLICA_SET, body, namespace, manager=MANAGER)
        self._progress(
            deployment, "NewReplicaSetCreated", f'Created new replica set "{name_of(new)}"'
        )
        if size(new) > 0:
            self._scaled(deployment, name_of(new), 0, size(new))
        return new

    def _digest(self, deployment: Obj) -> str:
        """The hash of the template, varied until the name that it makes is free."""
        namespace, name = key_of(deployment)
        template = deployment["spec"]["template"]
        digests = (self._hashed(template, count) for count in itertools.count())
        taken = self._cache.all(REPLICA_SET)
        return next(each for each in digests if (namespace, f"{name}-{each}") not in taken)

    def _mark(self, deployment: Obj, new: Obj, revision: int) -> Obj:
        """Give an existing ReplicaSet the newest revision, and what it copies from above."""
        annotations = dict(new["metadata"].get("annotations") or {})
        before = annotations.get(REVISION)
        wanted = annotations | _annotations(deployment) | {REVISION: str(revision)}
        if before is not None and before != str(revision):
            past = [part for part in annotations.get(HISTORY, "").split(",") if part]
            wanted[HISTORY] = ",".join([*past, before])
        minimum = deployment["spec"].get("minReadySeconds", 0)
        if wanted == annotations and new["spec"].get("minReadySeconds", 0) == minimum:
            return new
        if condition(deployment, "Progressing") is None:
            self._progress(
                deployment, "FoundNewReplicaSet", f'Found new replica set "{name_of(new)}"'
            )
        body = copy.deepcopy(new)
        body["metadata"]["annotations"] = wanted
        body["spec"]["minReadySeconds"] = minimum
        return self._api.update(REPLICA_SET, body, manager=MANAGER)

    def _revise(self, deployment: Obj, revision: str) -> None:
        annotations = deployment["metadata"].get("annotations") or {}
        if annotations.get(REVISION) != revision:
            namespace, name = key_of(deployment)
            body = {"metadata": {"annotations": {REVISION: revision}}}
            # Through status, as Kubernetes does: a revision is no change of what is asked for.
            self._api.patch(
                DEPLOYMENT, name, namespace, body, subresource="status", manager=MANAGER
            )

    def _resize(self, deployment: Obj, sizes: rollout.Resize) -> None:
        """Give the ReplicaSets named their new sizes, and all of them the desired total."""
        for rs in self._cache.owned(REPLICA_SET, deployment):
            wanted = sizes.get(name_of(rs), size(rs))
            annotations = rs["metadata"].get("annotations") or {}
            marks = annotations | (_totals(deployment) if wanted > 0 else {})
            if wanted == size(rs) and marks == annotations:
                continue
            body = {**rs, "spec": {**rs["spec"], "replicas": wanted}}
            body["metadata"] = {**rs["metadata"], "annotations": marks}
            self._api.update(REPLICA_SET, body, manager=MANAGER)
            if wanted != size(rs):
                self._scaled(deployment, name_of(rs), size(rs), wanted)

    def _scaled(self, deployment: Obj, name: str, before: int, after: int) -> None:
        way = "up" if after > before else "down"
        message = f"Scaled {way} replica set {name} from {before} to {after}"
        self._events.normal(deployment, "ScalingReplicaSet", message)

    def _forget(self, deployment: Obj, old: Sequence[Obj]) -> None:
        """Delete the oldest idle ReplicaSets beyond `revisionHistoryLimit`."""
        limit = deployment["spec"].get("revisionHistoryLimit", 10)
        idle = [rs for rs in old if not is_terminating(rs)]
        for rs in idle[: max(0, len(idle) - limit)]:
            if size(rs) == 0 and rollout.counted(rs, "replicas") == 0:
                namespace, name = key_of(rs)
                self._api.delete(REPLICA_SET, name, namespace, uid=rs["metadata"]["uid"])

    def _note_pause(self, deployment: Obj) -> None:
        current = condition(deployment, "Progressing")
        noted = current is not None and current.get("reason") == "DeploymentPaused"
        paused = deployment["spec"].get("paused", False)
        if deployment["spec"].get("progressDeadlineSeconds") is None or paused == noted:
            return
        word = "paused" if paused else "resumed"
        self._progress(deployment, f"Deployment{word.title()}", f"Deployment is {word}", "Unknown")

    def _progress(self, deployment: Obj, reason: str, message: str, value: str = "True") -> None:
        current = self._cache.get(DEPLOYMENT, key_of(deployment)) or deployment
        status = current.get("status", {})
        conditions = progress.with_condition(
            status.get("conditions") or (),
            progress.progressing(value, reason, message),
            self._clock.now(),
        )
        self._report(current, {**status, "conditions": conditions})

    def _report(self, deployment: Obj, new: Obj) -> None:
        if new == deployment.get("status", {}):
            return
        current = self._cache.get(DEPLOYMENT, key_of(deployment)) or deployment
        body = {**current, "status": new}
        self._api.update(DEPLOYMENT, body, subresource="status", manager=MANAGER)


def replicaset_of(deployment: Obj, revision: int, digest: str) -> Obj:
    """The ReplicaSet that a Deployment makes for its present template (`replicas` not set).

    digest: the hash of the template, which tells its ReplicaSet and pods from others.
    """
    template = copy.deepcopy(deployment["spec"]["template"])
    template.setdefault("metadata", {}).setdefault("labels", {})[HASH] = digest
    selector = copy.deepcopy(deployment["spec"]["selector"])
    selector.setdefault("matchLabels", {})[HASH] = digest
    spec = {"selector": selector, "template": template}
    if deployment["spec"].get("minReadySeconds"):
        spec["minReadySeconds"] = deployment["spec"]["minReadySeconds"]
    metadata = {
        "name": f"{name_of(deployment)}-{digest}",
        "namespace": deployment["metadata"]["namespace"],
        "labels": dict(template["metadata"]["labels"]),
        "annotations": _annotations(deployment) | _totals(deployment) | {REVISION: str(revision)},
        "ownerReferences": [controller_reference(deployment)],
    }
    return {"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": metadata, "spec": spec}


def _annotations(deployment: Obj) -> dict[str, str]:
    own = deployment["metadata"].get("annotations") or {}
    return {key: value for key, value in own.items() if key not in _NOT_COPIED}


def _totals(deployment: Obj) -> dict[str, str]:
    replicas = deployment["spec"]["replicas"]
    maximum = replicas + rollout.fenceposts(deployment)[0]
    return {rollout.DESIRED: str(replicas), rollout.MAXIMUM: str(maximum)}


def _replicas_changed(deployment: Obj, replicasets: Sequence[Obj]) -> bool:
    wanted = str(deployment["spec"]["replicas"])
    return any(
        (rs["metadata"].get("annotations") or {}).get(rollout.DESIRED, wanted) != wanted
        for rs in replicasets
        if size(rs) > 0
    )


def _same_template(replicaset: Obj, template: Obj) -> bool:
    return _without_hash(replicaset["spec"]["template"]) == _without_hash(template)


def _without_hash(template: Obj) -> Obj:
    metadata = template.get("metadata") or {}
    labels = {key: value for key, value in (metadata.get("labels") or {}).items() if key != HASH}
    rest = {key: value for key, value in metadata.items() if key != "labels"}
    return {**template, "metadata": {**rest, "labels": labels}}


def _revision(replicaset: Obj) -> tuple[int, str]:
    text = (replicaset["metadata"].get("annotations") or {}).get(REVISION, "0")
    created = replicaset["metadata"].get("creationTimestamp", "")
    return int(text) if text.isdigit() else 0, created
