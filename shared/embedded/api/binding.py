"""pods/binding: a pod is given to a node, once. Pure.

Called by `operations`; time is an argument. The rules of kube-apiserver's BindingREST.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.embedded import kinds
from shared.embedded.errors import bad_request, bare, conflict_over
from shared.embedded.schema.times import timestamp

if TYPE_CHECKING:
    from shared.service.objects import Obj


def node_of(binding: Obj, name: str) -> str:
    """The node that a Binding of the pod `name` names; raises 400 or 500."""
    metadata, target = binding.get("metadata") or {}, binding.get("target")
    if not isinstance(metadata, dict) or metadata.get("name", name) != name:
        raise bad_request("name in URL does not match name in Binding object")
    target = target if isinstance(target, dict) else {}
    problems = []
    if target.get("kind", "") not in ("", "Node"):
        problems.append(
            f'target.kind: Unsupported value: "{target["kind"]}": supported values: "Node", '
            '"<empty>"'
        )
    node = target.get("name")
    if not isinstance(node, str) or not node:
        problems.append("target.name: Required value")
    if problems:
        raise bare(problems[0] if len(problems) == 1 else f"[{', '.join(problems)}]")
    return str(node)


def bound(pod: Obj, node: str, now: float) -> Obj:
    """`pod` on `node`; raises 409 for one that has a node or is on its way out."""
    name = pod["metadata"]["name"]
    if taken := pod["spec"].get("nodeName"):
        raise _refusal(name, f'pod {name} is already assigned to node "{taken}"')
    if "deletionTimestamp" in pod["metadata"]:
        raise _refusal(name, f"pod {name} is being deleted, cannot be assigned to a host")
    condition = {
        "type": "PodScheduled",
        "status": "True",
        "lastProbeTime": None,
        "lastTransitionTime": timestamp(now),
    }
    others = [c for c in pod["status"].get("conditions", []) if c["type"] != "PodScheduled"]
    status = {**pod["status"], "conditions": [*others, condition]}
    return {**pod, "spec": {**pod["spec"], "nodeName": node}, "status": status}


def _refusal(name: str, why: str) -> Exception:
    return conflict_over(f"{kinds.POD.plural}/binding", name, why)
