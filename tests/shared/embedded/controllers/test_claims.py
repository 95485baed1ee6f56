"""Claims get their volumes, grow, stay while they are used, and take their volumes with them."""

from __future__ import annotations

from typing import Any

import pytest

from shared.embedded.api.bootstrap import STORAGE
from shared.embedded.errors import StatusError
from shared.embedded.kinds import (
    NAMESPACE,
    PERSISTENT_VOLUME,
    PERSISTENT_VOLUME_CLAIM,
    POD,
    STORAGE_CLASS,
)

SPACE = "oscar-svc"
MOUNTING = {
    "containers": [
        {"name": "c", "image": "i", "volumeMounts": [{"name": "d", "mountPath": "/data"}]}
    ],
    "volumes": [{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}],
}


@pytest.fixture
def stored(world: Any) -> Any:
    """A cluster with its StorageClass."""
    world.api.create(STORAGE_CLASS, STORAGE, manager="test")
    return world


def ask(world: Any, size: str = "1Gi", **spec: Any) -> dict[str, Any]:
    """Create the claim `data`; as it is when the controllers are through."""
    body = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data"},
        "spec": {
            "accessModes": ["ReadWriteMany"],
            "resources": {"requests": {"storage": size}},
            **spec,
        },
    }
    world.api.create(PERSISTENT_VOLUME_CLAIM, body, SPACE, manager="test")
    world.settle()
    return claim(world)


def claim(world: Any) -> dict[str, Any]:
    found: dict[str, Any] = world.api.get(PERSISTENT_VOLUME_CLAIM, "data", SPACE)
    return found


def gone(world: Any) -> bool:
    return world.api.find(PERSISTENT_VOLUME_CLAIM, "data", SPACE) is None


def change(world: Any, **spec: Any) -> None:
    body = {"spec": spec}
    world.api.patch(PERSISTENT_VOLUME_CLAIM, "data", SPACE, body, manager="test")
    world.settle()


def mount(world: Any, name: str = "p") -> dict[str, Any]:
    body = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": MOUNTING}
    world.api.create(POD, body, SPACE, manager="test")
    world.settle()
    found: dict[str, Any] = world.api.get(POD, name, SPACE)
    return found


def test_a_claim_is_bound_to_a_volume_made_for_it(stored: Any) -> None:
    bound = ask(stored)
    volume = stored.api.get(PERSISTENT_VOLUME, bound["spec"]["volumeName"])
    assert bound["spec"]["storageClassName"] == "standard", "the default, as none was named"
    assert bound["status"] == {
        "phase": "Bound",
        "accessModes": ["ReadWriteMany"],
        "capacity": {"storage": "1Gi"},
    }
    assert volume["status"] == {"phase": "Bound"}
    assert volume["spec"]["claimRef"]["uid"] == bound["metadata"]["uid"]
    assert volume["spec"]["persistentVolumeReclaimPolicy"] == "Delete"
    assert volume["spec"]["csi"]["volumeHandle"].endswith("_oscar-svc_data")
    assert [reason for reason, _ in stored.events(PERSISTENT_VOLUME_CLAIM)] == [
        "ProvisioningSucceeded"
    ]


@pytest.mark.parametrize(
    ("spec", "reason", "message"),
    [
        ({"storageClassName": "fast"}, "ProvisioningFailed", 'storage.k8s.io "fast" not found'),
        ({"storageClassName": ""}, "FailedBinding", "no storage class is set"),
        ({"storageClassName": "nfs"}, "ProvisioningFailed", "serves the provisioner example.com/n"),
        ({"volumeMode": "Block"}, "ProvisioningFailed", "volumeMode must be Filesystem"),
    ],
)
def test_a_claim_that_gets_no_volume_is_told_why(
    stored: Any, spec: dict[str, Any], reason: str, message: str
) -> None:
    other = {**STORAGE, "metadata": {"name": "nfs"}, "provisioner": "example.com/n"}
    stored.api.create(STORAGE_CLASS, other, manager="test")
    assert ask(stored, **spec)["status"] == {"phase": "Pending"}
    found = stored.events(PERSISTENT_VOLUME_CLAIM)
    assert [each for each, _ in found] == [reason]
    assert message in found[0][1]


def test_a_claim_waits_for_its_class(world: Any) -> None:
    assert ask(world)["status"]["phase"] == "Pending"
    world.api.create(STORAGE_CLASS, STORAGE, manager="test")
    world.settle()
    assert claim(world)["status"]["phase"] == "Bound"


def test_a_claim_grows_and_never_shrinks(stored: Any) -> None:
    ask(stored)
    change(stored, resources={"requests": {"storage": "2Gi"}})
    grown = claim(stored)
    volume = stored.api.get(PERSISTENT_VOLUME, grown["spec"]["volumeName"])
    assert grown["status"]["capacity"] == volume["spec"]["capacity"] == {"storage": "2Gi"}
    change(stored, resources={"requests": {"storage": "2048Mi"}})
    for size in ("1Gi", "2047Mi"):
        with pytest.raises(StatusError, match="can not be less than status"):
            change(stored, resources={"requests": {"storage": size}})


def test_a_class_need_not_let_its_claims_grow(stored: Any) -> None:
    ask(stored)
    body = {"allowVolumeExpansion": False}
    stored.api.patch(STORAGE_CLASS, "standard", "", body, manager="test")
    with pytest.raises(StatusError, match="the storageclass that provisions the pvc must support"):
        change(stored, resources={"requests": {"storage": "2Gi"}})
    with pytest.raises(StatusError, match="quantities must match"):
        change(stored, resources={"requests": {"storage": "much"}})


@pytest.mark.parametrize(
    "spec", [{"accessModes": ["ReadWriteOnce"]}, {"storageClassName": "x"}, {"volumeName": "y"}]
)
def test_nothing_else_of_a_claim_changes(stored: Any, spec: dict[str, Any]) -> None:
    ask(stored)
    with pytest.raises(StatusError, match="spec is immutable after creation except resources"):
        change(stored, **spec)


def test_a_claim_that_is_not_bound_does_not_grow(world: Any) -> None:
    ask(world)
    with pytest.raises(StatusError, match="spec is immutable"):
        change(world, resources={"requests": {"storage": "2Gi"}})


def test_a_deleted_claim_goes_with_its_volume_when_no_pod_uses_it(stored: Any) -> None:
    ask(stored)
    mount(stored)
    stored.api.delete(PERSISTENT_VOLUME_CLAIM, "data", SPACE)
    stored.settle()
    assert claim(stored)["metadata"]["finalizers"] == ["kubernetes.io/pvc-protection"]
    waiting = mount(stored, "late")
    assert "nodeName" not in waiting["spec"]
    told = [message for reason, message in stored.events(POD) if reason == "FailedScheduling"]
    assert told == ['0/1 nodes are available: persistentvolumeclaim "data" is being deleted.']
    stored.api.delete(POD, "late", SPACE)
    stored.api.delete(POD, "p", SPACE)
    stored.settle()
    assert not gone(stored), "its pod still ends"
    stored.finish({"metadata": {"name": "p"}})
    assert gone(stored)
    assert stored.api.list(PERSISTENT_VOLUME) == []


def test_a_retained_volume_stays_and_is_not_taken_for_that_of_the_next_claim(stored: Any) -> None:
    first = ask(stored)["spec"]["volumeName"]
    body = {"spec": {"persistentVolumeReclaimPolicy": "Retain"}}
    stored.api.patch(PERSISTENT_VOLUME, first, "", body, manager="test")
    stored.api.delete(PERSISTENT_VOLUME_CLAIM, "data", SPACE)
    stored.settle()
    assert stored.api.get(PERSISTENT_VOLUME, first)["status"] == {"phase": "Released"}
    assert ask(stored)["spec"]["volumeName"] != first
    stored.api.delete(PERSISTENT_VOLUME, first)
    stored.settle()
    assert stored.api.find(PERSISTENT_VOLUME, first) is None


def test_a_volume_in_use_outlives_its_deletion(stored: Any) -> None:
    name = ask(stored)["spec"]["volumeName"]
    stored.api.delete(PERSISTENT_VOLUME, name)
    stored.settle()
    assert claim(stored)["status"]["phase"] == "Bound"
    stored.api.delete(PERSISTENT_VOLUME_CLAIM, "data", SPACE)
    stored.settle()
    assert stored.api.list(PERSISTENT_VOLUME) == []


def test_a_volume_made_by_hand_is_shown_and_can_be_deleted(stored: Any) -> None:
    body = {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": "mine"},
        "spec": {
            "capacity": {"storage": "1Gi"},
            "accessModes": ["ReadWriteOnce"],
            "hostPath": {"path": "/srv"},
        },
    }
    stored.api.create(PERSISTENT_VOLUME, body, manager="test")
    stored.settle()
    assert stored.api.get(PERSISTENT_VOLUME, "mine")["status"] == {"phase": "Available"}
    assert ask(stored, volumeName="mine")["status"]["phase"] == "Pending"
    assert stored.events(PERSISTENT_VOLUME_CLAIM)[-1][0] == "FailedBinding"
    stored.api.delete(PERSISTENT_VOLUME, "mine")
    stored.settle()
    assert stored.api.find(PERSISTENT_VOLUME, "mine") is None


def test_a_claim_whose_volume_was_torn_away_is_lost(stored: Any) -> None:
    name = ask(stored)["spec"]["volumeName"]
    stored.api.delete(PERSISTENT_VOLUME, name)
    body: dict[str, Any] = {"metadata": {"finalizers": []}}
    stored.api.patch(PERSISTENT_VOLUME, name, "", body, manager="test")
    stored.settle()
    assert claim(stored)["status"]["phase"] == "Lost"


def test_pods_wait_for_their_claim(stored: Any) -> None:
    assert "nodeName" not in mount(stored)["spec"]
    told = '0/1 nodes are available: persistentvolumeclaim "data" not found.'
    assert stored.events(POD) == [("FailedScheduling", told)]
    ask(stored)
    assert stored.api.get(POD, "p", SPACE)["spec"]["nodeName"] == "local"


def test_pods_wait_until_their_claim_is_bound(world: Any) -> None:
    ask(world)
    assert "nodeName" not in mount(world)["spec"]
    assert "unbound immediate PersistentVolumeClaims (data)" in world.events(POD)[0][1]
    world.api.create(STORAGE_CLASS, STORAGE, manager="test")
    world.settle()
    assert world.api.get(POD, "p", SPACE)["spec"]["nodeName"] == "local"


def test_a_namespace_goes_with_its_claims(stored: Any) -> None:
    ask(stored)
    stored.api.delete(NAMESPACE, SPACE)
    stored.settle()
    assert stored.api.list(PERSISTENT_VOLUME) == []
    assert stored.api.find(NAMESPACE, SPACE) is None
