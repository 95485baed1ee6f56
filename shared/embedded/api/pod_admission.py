"""What a new pod is given, and refused, for its account and its classes. Pure.

Source: Kubernetes' admission plugins ServiceAccount, Priority and RuntimeClass. Called by
`admission`. The cluster has the two classes of priority that every cluster has, and no class of
runtimes. No token is mounted: a pod's processes share the files of the machine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from shared.embedded.errors import forbidden
from shared.embedded.kinds import POD

if TYPE_CHECKING:
    from shared.embedded.errors import StatusError
    from shared.service.objects import Obj

_PRIORITIES: Final = {
    "system-cluster-critical": 2_000_000_000,
    "system-node-critical": 2_000_001_000,
}
_PREEMPTION: Final = "PreemptLowerPriority"
_COMPUTED: Final = "priority admission controller computed {} from the given PriorityClass name"


DEFAULT_ACCOUNT: Final = "default"


def admit(pod: Obj) -> None:
    """Give the pod its account and its priority, in place; raises 403."""
    spec = pod.get("spec") or {}
    account = spec.get("serviceAccountName") or spec.get("serviceAccount") or DEFAULT_ACCOUNT
    spec["serviceAccountName"] = spec["serviceAccount"] = account
    name = spec.get("priorityClassName")
    if name and name not in _PRIORITIES:
        raise _refusal(pod, f"no PriorityClass with name {name} was found")
    priority = _PRIORITIES.get(name or "", 0)
    _agree(pod, spec, "priority", priority, "the integer value of priority")
    _agree(pod, spec, "preemptionPolicy", _PREEMPTION, "the string value of PreemptionPolicy")
    if runtime := spec.get("runtimeClassName"):
        why = f'pod rejected: RuntimeClass "{runtime}" not found'
        raise _refusal(pod, why)
    if name:
        spec["priority"] = priority


def no_account(pod: Obj, name: str) -> StatusError:
    """403 for a pod whose service account is not there."""
    place = f"{pod['metadata']['namespace']}/{name}"
    return _refusal(
        pod, f'error looking up service account {place}: serviceaccount "{name}" not found'
    )


def _agree(pod: Obj, spec: Obj, field: str, computed: Any, called: str) -> None:
    given = spec.get(field)
    if given is not None and given != computed:
        why = f"{called} ({given}) must not be provided in pod spec; {_COMPUTED.format(computed)}"
        raise _refusal(pod, why)


def _refusal(pod: Obj, why: str) -> StatusError:
    return forbidden(POD, pod["metadata"].get("name", ""), why)
