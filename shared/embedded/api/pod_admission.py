"""What a new pod is given, and refused, for its account and its classes. Pure.

Source: Kubernetes' admission plugins ServiceAccount, Priority and RuntimeClass. Called by
`admission`. Beside the classes of priority that are stored the cluster has the two that every
cluster has; it has no class of runtimes, and no class is everybody's default. No volume with a
token is added, as a process sees no mount: `node/accounts` gives that.
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


def admit(pod: Obj, priority_class: Obj | None = None) -> None:
    """Give the pod its account and its priority, in place; raises 403.

    priority_class: the stored one that the pod names, if there is one.
    """
    spec = pod.get("spec") or {}
    account = spec.get("serviceAccountName") or spec.get("serviceAccount") or DEFAULT_ACCOUNT
    spec["serviceAccountName"] = spec["serviceAccount"] = account
    name = spec.get("priorityClassName")
    found = priority_class or {}
    if name and name not in _PRIORITIES and not found:
        raise _refusal(pod, f"no PriorityClass with name {name} was found")
    priority = found.get("value", _PRIORITIES.get(name or "", 0))
    preemption = found.get("preemptionPolicy", _PREEMPTION)
    _agree(pod, spec, "priority", priority, "the integer value of priority")
    _agree(pod, spec, "preemptionPolicy", preemption, "the string value of PreemptionPolicy")
    if runtime := spec.get("runtimeClassName"):
        why = f'pod rejected: RuntimeClass "{runtime}" not found'
        raise _refusal(pod, why)
    if name:
        spec["priority"], spec["preemptionPolicy"] = priority, preemption


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
