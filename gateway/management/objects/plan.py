"""What is to be done so that a service's objects are what its ConfigMap says. Pure.

The ConfigMap is the root and the truth; all else is derived from it and from what the Secret keeps.
A plan depends on nothing but what is there, so it does not matter who asks for it: the write that
has just changed the root, the next one, or a reconcile after the process of a write has died.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from gateway.management.objects import adoption, claim, drift, kept, render, rendering, scale, spans
from gateway.management.objects.policy import DEFAULT
from gateway.management.objects.seen import Seen, uid, version
from gateway.management.objects.whole import Whole, restored
from shared.service import names
from shared.service.objects import annotations_of, wanted_replicas

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gateway.management.objects.kept import Kept
    from gateway.management.objects.policy import Policy
    from shared.service.objects import Obj


class ForeignError(ValueError):
    """An object of a name that the service needs is somebody else's; the message says which."""


@dataclass(frozen=True, slots=True)
class Step:
    """One call: `body` is applied, created, or merged; of a deletion it holds the preconditions."""

    verb: Literal["apply", "create", "patch", "delete"]
    kind: str
    name: str
    body: Obj
    why: str = ""
    """What was wrong, for people; empty for what is no news."""
    notes: bool = False
    """Whether it only notes that all is done, so that nothing is undone when it fails."""
    role: str = ""
    """In which the fields of an apply are owned apart from all others of ours."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps in their order."""

    steps: tuple[Step, ...] = ()
    waits: str = ""
    """What must be gone before anything else is done."""
    complete: bool = True
    """Whether nothing is left to do when the steps are done; else look and plan again."""
    finished: bool = True
    """Whether the last write had come to its end: what is to be done now is due to others."""
    lost: tuple[str, ...] = ()
    """Secrets that are nowhere any more."""


def make(
    seen: Seen, known: Mapping[str, Kept], new_token: str, now: float, policy: Policy = DEFAULT
) -> Plan:
    """The plan for what was `seen`; `known` are revisions that the caller has just made.

    Raises StoredError for a ConfigMap that cannot be read, and ForeignError.
    """
    if seen.root is None:
        return _remove(seen, [obj for obj in seen.objects.values() if seen.is_ours(obj)])
    if not seen.is_service:
        return Plan()
    dead = [obj for obj in seen.objects.values() if seen.is_ours(obj) and seen.is_dead(obj)]
    if dead:
        return _remove(seen, dead)
    whole = restored(seen, known, new_token)
    if seen.revision != whole.revision or not drift.contains(seen.root["data"], whole.data):
        return _rooted(seen, whole, now)
    return _derived(seen, whole, now, policy)


def staged(seen: Seen, revision: str, secret: Kept, now: float) -> Step | None:
    """Keep the secrets of a revision before the ConfigMap names it; None if they are kept.

    Raises ForeignError.
    """
    place = names.token_secret(seen.name)
    _refuse_foreign(seen, seen.secret)
    if seen.secret is None:
        body = _secret(seen.name, revision, kept.Entry(secret, now))
        if seen.root is not None:
            body["metadata"]["ownerReferences"] = [render.owner(seen.name, uid(seen.root))]
        return Step("create", "Secret", place, body)
    entry = kept.entries(seen.secret).get(revision)
    if entry is not None and entry.kept == secret:
        return None
    data = {kept.key(revision): kept.encoded(kept.Entry(secret, now))}
    return Step("patch", "Secret", place, _at(seen.secret, {"data": data}))


def switched(
    root: Obj, data: Mapping[str, str], revision: str, annotations: Mapping[str, Any] | None = None
) -> Step:
    """Make the ConfigMap, if it is still as it was read, name a revision."""
    marks = {names.REVISION: revision or None, **(annotations or {})}
    body = _at(root, {"metadata": {"annotations": marks}, "data": dict(data)})
    return Step("patch", "ConfigMap", root["metadata"]["name"], body)


def _remove(seen: Seen, objects: list[Obj]) -> Plan:
    """Volumes are left to garbage collection: for that nobody needs the right to delete data."""
    steps = []
    for obj in objects:
        if "deletionTimestamp" not in obj["metadata"] and obj["kind"] != claim.KIND:
            conditions = {"uid": uid(obj)}
            if not seen.owners(obj):  # it may be that of a create under way, which will own it
                conditions["resourceVersion"] = version(obj)
            steps.append(_step("delete", obj, conditions, "was left behind by a deleted service"))
    waits = ", ".join(f"{obj['kind']} {obj['metadata']['name']}" for obj in objects)
    return Plan(tuple(steps), waits=waits, complete=not objects)


def _rooted(seen: Seen, whole: Whole, now: float) -> Plan:
    """The ConfigMap itself is not as it must be: of an earlier version, or changed by hand."""
    assert seen.root is not None
    first = staged(seen, whole.revision, whole.kept, now)
    root = switched(seen.root, whole.data, whole.revision)
    why = "was changed" if seen.revision else "was written by an earlier version"
    root = Step(root.verb, root.kind, root.name, root.body, why)
    steps = (first, root) if first else (root,)
    applied = annotations_of(seen.secret).get(names.APPLIED, seen.revision)
    finished = seen.revision == applied != ""
    return Plan(steps, complete=False, finished=finished, lost=whole.lost)


def _derived(seen: Seen, whole: Whole, now: float, policy: Policy) -> Plan:
    _refuse_foreign(seen, seen.secret)
    token = list(_token(seen, whole))
    steps = [
        *token,
        *_claimed(seen, whole, policy),
        *_corrected(seen, whole),
        *_applied(seen, whole, policy),
        *_born(seen, whole),
        *_superfluous(seen, whole),
        *_grown(seen, whole),
        *(() if token else (*_last(seen, whole, now), *_released(seen, whole))),
    ]
    finished = _is_applied(seen, whole)
    return Plan(tuple(steps), complete=not token, finished=finished, lost=whole.lost)


def _token(seen: Seen, whole: Whole) -> Iterator[Step]:
    """Pods must find the token before those that ask for it are started."""
    secret, data = seen.secret, {names.TOKEN_KEY: kept.token_data(whole.kept.token)}
    if secret is not None and not drift.contains(kept.data(secret), data):
        yield _step("patch", secret, _at(secret, {"data": data}), "was changed")


def _claimed(seen: Seen, whole: Whole, policy: Policy) -> Iterator[Step]:
    """The claim is there before the pods that mount it; at first it belongs to the service, so
    that a create that is undone takes it along."""
    volume = claim.own(whole.service)
    if volume is None:
        return
    live, root = seen.objects.get((claim.KIND, volume.name)), uid(seen.root)
    if live is None:
        body = claim.claim(whole.service, volume, policy, root)
        yield Step("create", claim.KIND, volume.name, body, "was missing")
    elif not claim.is_of(live, whole.service):
        raise ForeignError(claim.another(volume, live))
    elif body := claim.marked(live, whole.service, volume, root):
        yield Step("patch", claim.KIND, volume.name, _at(live, body))


def _grown(seen: Seen, whole: Whole) -> Iterator[Step]:
    """Late, for a cluster need not let it grow, and all else is not to wait for it."""
    volume = claim.own(whole.service)
    live = seen.objects.get((claim.KIND, volume.name)) if volume else None
    if volume is not None and live is not None and claim.grows(live, volume):
        body = {"spec": {"resources": {"requests": {"storage": volume.size}}}}
        yield Step("patch", claim.KIND, volume.name, body)


def _released(seen: Seen, whole: Whole) -> Iterator[Step]:
    """A claim that is to stay belongs to nobody once its service is made."""
    volume = claim.own(whole.service)
    if volume is None or volume.lifecycle_policy == "delete":
        return
    live = seen.objects.get((claim.KIND, volume.name))
    if live is None or uid(seen.root) in seen.owners(live):
        body = {"metadata": {"ownerReferences": claim.other_owners(live, whole.service)}}
        yield Step("patch", claim.KIND, volume.name, body)


def _applied(seen: Seen, whole: Whole, policy: Policy) -> Iterator[Step]:
    for obj in _dependents(seen, whole, policy):
        name = obj["metadata"]["name"]
        live = seen.objects.get((obj["kind"], name))
        if name == names.token_secret(seen.name):
            continue
        if obj["kind"] == "Deployment" and adoption.keeps(seen.root, live):
            continue
        _refuse_foreign(seen, live)
        if live is None:
            yield _step("apply", obj, obj, "was missing")
        elif not drift.settled(live, obj):
            changed = rendering.news(live, obj) if obj["kind"] == "Deployment" else "was changed"
            yield _step("apply", obj, obj, changed)


def _dependents(seen: Seen, whole: Whole, policy: Policy) -> list[Obj]:
    """As they are to be; the grace is learnt anew only where the pods are made anew anyway."""
    expose, live = whole.service.expose, seen.deployment
    root = uid(seen.root)

    def rendered(grace: int) -> list[Obj]:
        return render.dependents(whole.service, whole.kept.token, root, policy, grace)

    if expose is None:
        return rendered(spans.STEPS[0])
    *others, deployment = rendered(spans.grace(expose, live))
    deployment = rendering.marked(deployment, whole.revision, policy)
    if live is not None and not rendering.unchanged(live, deployment):
        earlier = rendering.kept(live, deployment, applied=_is_applied(seen, whole))
        anew = rendered(spans.grace(expose, live, anew=True))[-1]
        deployment = earlier or rendering.marked(anew, whole.revision, policy)
    return [*others, deployment]


def _is_applied(seen: Seen, whole: Whole) -> bool:
    """Whether all objects had been brought to this revision."""
    return annotations_of(seen.secret).get(names.APPLIED) == whole.revision


def _superfluous(seen: Seen, whole: Whole) -> Iterator[Step]:
    for place in render.superfluous(whole.service):
        live = seen.objects.get(place)
        if live is not None and seen.is_ours(live):
            yield _step("delete", live, {"uid": uid(live)}, "was not wanted any more")


def _corrected(seen: Seen, whole: Whole) -> Iterator[Step]:
    """How many pods there are is the scaler's; whether any, and how many at first, is ours."""
    expose, live = whole.service.expose, seen.deployment
    if expose is None or live is None or adoption.mark(seen.root) is not None:
        return
    body = scale.corrected(live, expose.min_scale, stopped=whole.stopped)
    if body:
        meant = "stopped" if whole.stopped else "running"
        why = f"had {wanted_replicas(live)} replicas, and the service is {meant}"
        yield _step("patch", live, _at(live, body), why)


def _born(seen: Seen, whole: Whole) -> Iterator[Step]:
    expose = whole.service.expose
    if expose is None or seen.deployment is not None or adoption.mark(seen.root) is not None:
        return
    name = names.deployment(seen.name)
    if whole.stopped:
        yield Step("patch", "Deployment", name, scale.born_stopped())
    else:
        body = scale.born(name, expose.min_scale)
        yield Step("apply", "Deployment", name, body, role=scale.OWNER)


def _last(seen: Seen, whole: Whole, now: float) -> Iterator[Step]:
    """The Secret belongs to the service, says that all has been applied, and forgets the rest."""
    secret, name = seen.secret, names.token_secret(seen.name)
    entry = kept.entries(secret).get(whole.revision)
    if entry is None or entry.kept != whole.kept:
        entry = kept.Entry(whole.kept, now)
    body = _secret(seen.name, whole.revision, entry)
    metadata = body["metadata"]
    metadata["ownerReferences"] = [render.owner(seen.name, uid(seen.root))]
    metadata["annotations"][names.APPLIED] = whole.revision
    if secret is None:
        yield Step("create", "Secret", name, body, "was missing")
        return
    stale = kept.stale(secret, whole.revision, now)
    if stale or not drift.contains(secret, body):
        merged = {"metadata": metadata, "data": {**body["data"], **dict.fromkeys(stale)}}
        yield Step("patch", "Secret", name, _at(secret, merged), notes=True)


def _refuse_foreign(seen: Seen, obj: Obj | None) -> None:
    if obj is not None and seen.is_foreign(obj):
        what = f"{obj['kind']} {obj['metadata']['name']}"
        raise ForeignError(f"{what} is there and belongs to no service; rename or delete it")


def _secret(name: str, revision: str, entry: kept.Entry) -> Obj:
    body = render.token_secret(name, entry.kept.token)
    body["data"][kept.key(revision)] = kept.encoded(entry)
    body["metadata"]["annotations"] = {names.REVISION: revision}
    return body


def _at(obj: Obj, body: Obj) -> Obj:
    """A patch of an object as it was read, and of no later one."""
    metadata = {**body.get("metadata", {}), "resourceVersion": version(obj)}
    return {**body, "metadata": metadata}


def _step(verb: Literal["apply", "patch", "delete"], obj: Obj, body: Obj, why: str) -> Step:
    return Step(verb, obj["kind"], obj["metadata"]["name"], body, why)
