"""Eviction: a delete of a pod that its PodDisruptionBudget must allow (`kubectl drain`).

The budget's status comes from the disruption controller; each eviction takes one away from it at
once. Source: https://kubernetes.io/docs/concepts/scheduling-eviction/api-eviction/ and Kubernetes
`pkg/registry/core/pod/storage/eviction.go`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from shared.embedded.errors import StatusError, internal
from shared.embedded.kinds import POD, POD_DISRUPTION_BUDGET
from shared.embedded.schema.selectors import selects
from shared.embedded.schema.times import timestamp
from shared.service.objects import is_true, labels_of

if TYPE_CHECKING:
    from shared.embedded.api.operations import Api
    from shared.service.objects import Obj

MANAGER: Final = "kube-apiserver"
_RETRY: Final = 10  # seconds
_REFUSAL: Final = "Cannot evict pod as it would violate the pod's disruption budget."
_TWO: Final = (
    "This pod has more than one PodDisruptionBudget, which the eviction subresource does not "
    "support."
)


def permit(api: Api, name: str, namespace: str, *, dry_run: bool) -> None:
    """Ask the budget of a pod that is about to be evicted, and note it there.

    Raises StatusError: 404 for no such pod, 429 while the budget does not allow it.
    """
    pod = api.get(POD, name, namespace)
    budgets = [each for each in api.list(POD_DISRUPTION_BUDGET, namespace) if covers(each, pod)]
    if not budgets or _needs_no_budget(pod):
        return
    if len(budgets) > 1:
        raise internal(_TWO)
    (budget,) = budgets
    if _is_unhealthy_anyway(budget, pod):
        return
    check(budget)
    if not dry_run:
        status = budget["status"]
        evicted = {**(status.get("disruptedPods") or {}), name: timestamp(api.now())}
        left = status["disruptionsAllowed"] - 1
        body = {**budget, "status": {**status, "disruptionsAllowed": left}}
        body["status"]["disruptedPods"] = evicted
        api.update(POD_DISRUPTION_BUDGET, body, subresource="status", manager=MANAGER)


def check(budget: Obj) -> None:
    """Raises the 429 of a budget that allows no eviction now."""
    metadata, status = budget["metadata"], budget.get("status") or {}
    if status.get("observedGeneration", 0) < metadata.get("generation", 0):
        why = f"The disruption budget {metadata['name']} is still being processed by the server."
        details = {"causes": [_cause(why)], "retryAfterSeconds": _RETRY}
        raise StatusError(429, "TooManyRequests", _REFUSAL, details)
    if status.get("disruptionsAllowed", 0) < 1:
        why = (
            f"The disruption budget {metadata['name']} needs {status.get('desiredHealthy', 0)} "
            f"healthy pods and has {status.get('currentHealthy', 0)} currently"
        )
        raise StatusError(429, "TooManyRequests", _REFUSAL, {"causes": [_cause(why)]})


def _cause(message: str) -> Obj:
    return {"reason": "DisruptionBudget", "message": message}


def covers(budget: Obj, pod: Obj) -> bool:
    """The pod is of the budget's namespace, and its selector selects it: {} all, none nobody."""
    selector = budget["spec"].get("selector")
    same = budget["metadata"]["namespace"] == pod["metadata"]["namespace"]
    return same and selector is not None and selects(selector, labels_of(pod))


def _needs_no_budget(pod: Obj) -> bool:
    """It serves nobody: it ended, has not begun, or is on its way out."""
    phase = pod.get("status", {}).get("phase")
    return phase in ("Succeeded", "Failed", "Pending") or "deletionTimestamp" in pod["metadata"]


def _is_unhealthy_anyway(budget: Obj, pod: Obj) -> bool:
    """The pod is not ready, and its budget lets such go: always, or while enough others are."""
    if is_true(pod, "Ready"):
        return False
    status = budget.get("status") or {}
    desired = status.get("desiredHealthy", 0)
    always: bool = budget["spec"].get("unhealthyPodEvictionPolicy") == "AlwaysAllow"
    return always or bool(desired > 0 and status.get("currentHealthy", 0) >= desired)
