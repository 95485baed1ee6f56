"""The component `deletion-cost`: what it grants, and what it still keeps from a stolen scaler."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest

from scaler.cluster.observe import DELETION_COST
from tests.manifests.admission import refusals
from tests.manifests.built import build, pick

if TYPE_CHECKING:
    from shared.service.objects import Obj

SCALER = "system:serviceaccount:oscar:scaler"
POD: dict[str, Any] = {
    "metadata": {
        "name": "a-1",
        "labels": {"app": "a"},
        "annotations": {"note": "kept", DELETION_COST: "5"},
        "finalizers": ["example.org/hold"],
        "ownerReferences": [{"uid": "1", "controller": True}],
        "managedFields": [{"manager": "kubelet"}],
    },
    "spec": {"containers": [{"name": "main", "image": "x"}]},
    "status": {"phase": "Running", "podIP": "10.0.0.7", "podIPs": [{"ip": "10.0.0.7"}]},
}


@pytest.fixture(scope="module")
def policy() -> Obj:
    objects = build("components/deletion-cost")
    return pick(objects, "ValidatingAdmissionPolicy", "oscar-deletion-cost")


def refused(policy: Obj, user: str = SCALER, old: Obj = POD, **changes: Any) -> list[str]:
    """What is said to a patch that sets these paths (`__` for a dot); None takes a field away."""
    new = copy.deepcopy(old)
    for path, value in changes.items():
        *parents, last = path.split("__")
        place = new
        for parent in parents:
            place = place.setdefault(parent, {})
        if value is None:
            del place[last]
        else:
            place[last] = value
    return refusals(policy, {"userInfo": {"username": user}}, new, old)


@pytest.mark.parametrize(
    "annotations",
    [
        {"note": "kept", DELETION_COST: "-100"},
        {"note": "kept"},
    ],
)
def test_the_deletion_cost_is_set_and_taken_away(policy: Obj, annotations: dict[str, str]) -> None:
    assert refused(policy, metadata__annotations=annotations) == []


def test_a_pod_without_annotations_gets_its_first_and_loses_its_last(policy: Obj) -> None:
    bare = copy.deepcopy(POD)
    for name in ("annotations", "labels", "finalizers"):
        del bare["metadata"][name]
    assert refused(policy, old=bare, metadata__annotations={DELETION_COST: "-100"}) == []
    marked = copy.deepcopy(bare)
    marked["metadata"]["annotations"] = {DELETION_COST: "-100"}
    assert refused(policy, old=marked, metadata__annotations=None) == []
    assert refused(policy, old=bare, metadata__labels={"app": "b"})
    assert refused(policy, old=bare, metadata__finalizers=["example.org/hold"])


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"status__podIP": "10.0.0.66"}, "status"),
        ({"status__podIPs": [{"ip": "10.0.0.66"}]}, "status"),
        ({"status__conditions": [{"type": "Ready", "status": "True"}]}, "status"),
        ({"metadata__labels": {"app": "b"}}, "labels"),
        ({"metadata__labels": None}, "labels"),
        ({"metadata__finalizers": None}, "finalizers"),
        ({"metadata__annotations": {"note": "changed", DELETION_COST: "5"}}, "annotation"),
        ({"metadata__annotations": {DELETION_COST: "5"}}, "annotation"),
        ({"metadata__annotations": {"note": "kept", "more": "x"}}, "annotation"),
        ({"metadata__annotations": None}, "annotation"),
    ],
    ids=str,
)
def test_nothing_else_of_a_pod_changes(policy: Obj, changes: dict[str, Any], what: str) -> None:
    (message,) = refused(policy, **changes)
    assert what in message
    assert refused(policy, user="system:node:one", **changes) == []


def test_right_and_admission_come_together() -> None:
    objects = build("components/deletion-cost")
    assert pick(objects, "Role", "scaler-deletion-cost")["rules"] == [
        {"apiGroups": [""], "resources": ["pods/status"], "verbs": ["patch"]}
    ]
    spec = pick(objects, "ValidatingAdmissionPolicy", "oscar-deletion-cost")["spec"]
    assert spec["failurePolicy"] == "Fail"
    (rule,) = spec["matchConstraints"]["resourceRules"]
    assert rule["operations"] == ["UPDATE"]
    assert "pods/status" in rule["resources"]
    binding = pick(objects, "ValidatingAdmissionPolicyBinding", "oscar-deletion-cost")["spec"]
    assert binding == {"policyName": "oscar-deletion-cost", "validationActions": ["Deny"]}


def test_the_base_can_write_to_no_pod() -> None:
    for folder in ("base", "overlays/tenants"):
        rules = [rule for each in build(folder) for rule in each.get("rules", ())]
        writes = {"create", "update", "patch", "delete", "deletecollection"}
        for rule in rules:
            assert not any(each.startswith("pods") for each in rule["resources"]) or not (
                writes & set(rule["verbs"])
            )
