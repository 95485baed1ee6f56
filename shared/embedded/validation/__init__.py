"""Is an object acceptable? Kubernetes' rules and messages, one cause for each thing wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from shared.embedded import kinds
from shared.embedded.validation import metadata, network, objects, pods, workloads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from shared.embedded.errors import Cause
    from shared.embedded.kinds import Kind, Obj


def created(kind: Kind, obj: Obj) -> list[Cause]:
    """What is wrong with a completed object about to be stored."""
    causes = list(metadata.check(kind, obj))
    if check := _CHECKS.get(kind.bucket):
        causes += check(obj)
    return causes


def updated(kind: Kind, old: Obj, new: Obj) -> list[Cause]:
    """What is wrong with `new` as the successor of `old`."""
    causes = created(kind, new)
    if check := _UPDATE_CHECKS.get(kind.bucket):
        causes += check(old, new)
    return causes


_CHECKS: Final[dict[str, Callable[[Obj], Iterator[Cause]]]] = {
    kinds.CONFIG_MAP.bucket: objects.config_map,
    kinds.SECRET.bucket: objects.secret,
    kinds.EVENT.bucket: objects.event,
    kinds.LEASE.bucket: objects.lease,
    kinds.HPA.bucket: objects.autoscaler,
    kinds.ROLE.bucket: objects.role,
    kinds.CLUSTER_ROLE.bucket: objects.role,
    kinds.ROLE_BINDING.bucket: objects.binding,
    kinds.CLUSTER_ROLE_BINDING.bucket: objects.binding,
    kinds.POD.bucket: pods.check,
    kinds.DEPLOYMENT.bucket: workloads.deployment,
    kinds.REPLICA_SET.bucket: workloads.replica_set,
    kinds.SERVICE.bucket: network.service,
    kinds.ENDPOINT_SLICE.bucket: network.endpoint_slice,
}
_UPDATE_CHECKS: Final[dict[str, Callable[[Obj, Obj], Iterator[Cause]]]] = {
    kinds.CONFIG_MAP.bucket: objects.immutable_data,
    kinds.SECRET.bucket: objects.immutable_secret,
    kinds.ROLE_BINDING.bucket: objects.same_role,
    kinds.CLUSTER_ROLE_BINDING.bucket: objects.same_role,
    kinds.POD.bucket: pods.successor,
    kinds.DEPLOYMENT.bucket: workloads.same_selector,
    kinds.REPLICA_SET.bucket: workloads.same_selector,
    kinds.SERVICE.bucket: network.same_address,
    kinds.ENDPOINT_SLICE.bucket: network.same_family,
}
