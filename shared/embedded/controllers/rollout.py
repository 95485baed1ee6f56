"""How a Deployment's replicas are shared among its ReplicaSets, step by step. Pure.

Each function answers with the ReplicaSets to resize: `{name: replicas}`, empty when there is
nothing to do now; the Deployment controller does it. Source: Kubernetes `pkg/controller/deployment`
(`rolling.go`, `recreate.go`, `sync.go`, `util/deployment_util.go`).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shared.service.objects import Obj

DESIRED = "deployment.kubernetes.io/desired-replicas"
MAXIMUM = "deployment.kubernetes.io/max-replicas"

Resize = dict[str, int]


def size(replicaset: Obj) -> int:
    """Replicas asked of a ReplicaSet."""
    replicas: int = replicaset["spec"].get("replicas", 1)
    return replicas


def counted(replicaset: Obj, field: str) -> int:
    """A count of a ReplicaSet's status, such as `availableReplicas`; absent means 0."""
    value: int = replicaset.get("status", {}).get(field, 0)
    return value


def name_of(obj: Obj) -> str:
    """`metadata.name`."""
    name: str = obj["metadata"]["name"]
    return name


def fenceposts(deployment: Obj) -> tuple[int, int]:
    """(maxSurge, maxUnavailable) in pods: surge rounded up, unavailable down, never both 0."""
    spec = deployment["spec"]
    replicas = spec["replicas"]
    if spec.get("strategy", {}).get("type") == "Recreate":
        return 0, 0
    rolling = spec.get("strategy", {}).get("rollingUpdate") or {}
    surge = _resolve(rolling.get("maxSurge", "25%"), replicas, math.ceil)
    unavailable = _resolve(rolling.get("maxUnavailable", "25%"), replicas, math.floor)
    if surge == 0 and unavailable == 0:
        unavailable = 1
    return surge, unavailable


def _resolve(value: int | str, total: int, rounding: Any) -> int:
    if isinstance(value, int):
        return value
    return int(rounding(int(value.removesuffix("%")) * total / 100))


def max_unavailable(deployment: Obj) -> int:
    """How many replicas may be missing before the Deployment counts as unavailable."""
    return min(fenceposts(deployment)[1], int(deployment["spec"]["replicas"]))


def new_size(deployment: Obj, replicasets: Sequence[Obj], current: int) -> int:
    """What the newest ReplicaSet, now `current` large, may grow to in this step."""
    replicas: int = deployment["spec"]["replicas"]
    if deployment["spec"].get("strategy", {}).get("type") == "Recreate":
        return replicas
    room = replicas + fenceposts(deployment)[0] - sum(size(rs) for rs in replicasets)
    return current + max(0, min(room, replicas - current))


def grow_new(deployment: Obj, new: Obj, old: Sequence[Obj]) -> Resize:
    """Let the newest ReplicaSet grow as far as the surge allows, or shrink to what is asked."""
    replicas: int = deployment["spec"]["replicas"]
    current = size(new)
    wanted = replicas if current > replicas else new_size(deployment, [new, *old], current)
    return {} if wanted == current else {name_of(new): wanted}


def shrink_old(deployment: Obj, new: Obj, old: Sequence[Obj]) -> Resize:
    """Take pods from older ReplicaSets: those not available first, then as availability allows."""
    minimum = deployment["spec"]["replicas"] - max_unavailable(deployment)
    total = size(new) + sum(size(rs) for rs in old)
    budget = total - minimum - max(0, size(new) - counted(new, "availableReplicas"))
    if budget <= 0:
        return {}
    by_age = sorted(old, key=_age)
    sizes = {name_of(rs): size(rs) for rs in by_age}
    unhealthy = 0
    for rs in by_age:
        missing = max(0, size(rs) - counted(rs, "availableReplicas"))
        step = min(budget - unhealthy, missing)
        sizes[name_of(rs)] -= step
        unhealthy += step
    spare = sum(counted(rs, "availableReplicas") for rs in (new, *old)) - minimum
    for rs in by_age:
        step = max(0, min(sizes[name_of(rs)], spare))
        sizes[name_of(rs)] -= step
        spare -= step
    return {name_of(rs): sizes[name_of(rs)] for rs in by_age if sizes[name_of(rs)] != size(rs)}


def rescale(deployment: Obj, new: Obj | None, old: Sequence[Obj]) -> Resize:
    """Follow a change of `spec.replicas` without moving a rollout on.

    One active ReplicaSet takes it whole; once the newest is complete the older ones go; in the
    middle of a rollout every ReplicaSet takes its proportion.
    """
    replicas: int = deployment["spec"]["replicas"]
    single = _active_or_latest(new, old)
    if single is not None:
        return {} if size(single) == replicas else {name_of(single): replicas}
    if new is not None and _saturated(deployment, new):
        return {name_of(rs): 0 for rs in old if size(rs) > 0}
    if deployment["spec"].get("strategy", {}).get("type") == "Recreate":
        return {}
    return _proportional(deployment, [rs for rs in (new, *old) if rs is not None and size(rs) > 0])


def _active_or_latest(new: Obj | None, old: Sequence[Obj]) -> Obj | None:
    active = [rs for rs in (new, *old) if rs is not None and size(rs) > 0]
    if len(active) == 1:
        return active[0]
    if active:
        return None
    return new if new is not None else max(old, key=_age, default=None)


def _saturated(deployment: Obj, new: Obj) -> bool:
    replicas = deployment["spec"]["replicas"]
    desired = (new["metadata"].get("annotations") or {}).get(DESIRED)
    return (
        size(new) == replicas
        and desired == str(replicas)
        and counted(new, "availableReplicas") == replicas
    )


def _proportional(deployment: Obj, active: list[Obj]) -> Resize:
    replicas: int = deployment["spec"]["replicas"]
    allowed = replicas + fenceposts(deployment)[0] if replicas > 0 else 0
    to_add = allowed - sum(size(rs) for rs in active)
    newest_first = sorted(active, key=_age, reverse=True)
    order = sorted(newest_first if to_add > 0 else newest_first[::-1], key=size, reverse=True)
    sizes, added = {}, 0
    for rs in order:
        step = _proportion(deployment, rs, to_add, added) if to_add else 0
        sizes[name_of(rs)] = size(rs) + step
        added += step
    if order and to_add:
        first = name_of(order[0])
        sizes[first] = max(0, sizes[first] + to_add - added)
    return {name_of(rs): sizes[name_of(rs)] for rs in order if sizes[name_of(rs)] != size(rs)}


def _proportion(deployment: Obj, rs: Obj, to_add: int, added: int) -> int:
    if to_add == added:
        return 0
    fraction = _fraction(deployment, rs)
    allowed = to_add - added
    return min(fraction, allowed) if to_add > 0 else max(fraction, allowed)


def _fraction(deployment: Obj, rs: Obj) -> int:
    replicas: int = deployment["spec"]["replicas"]
    if replicas == 0:
        return -size(rs)
    maximum = replicas + fenceposts(deployment)[0]
    text = (rs["metadata"].get("annotations") or {}).get(MAXIMUM, "")
    before = int(text) if text.isdigit() else deployment.get("status", {}).get("replicas", 0)
    if not before:
        return 0
    return math.floor(size(rs) * maximum / before + 0.5) - size(rs)


def _age(obj: Obj) -> tuple[str, str]:
    return obj["metadata"].get("creationTimestamp", ""), name_of(obj)
