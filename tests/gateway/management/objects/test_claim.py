"""Claims of services: what they are, what is refused, what is said, what changes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gateway.management.objects import claim as claims
from gateway.management.objects.policy import DEFAULT, Policy
from gateway.management.objects.render import configmap
from shared.service.model import Service, Volume

OWN = Volume("/data", "notes", "2Gi")
NAMED = Volume("/data", "notes")
UID = "root-uid"


def with_volume(service: Service, volume: Volume | None, owner: str = "cluster_admin") -> Service:
    return replace(service, volume=volume, owner=owner)


def found(service: Service, size: str = "2Gi", phase: str = "Bound", **metadata: Any) -> Any:
    """The claim as an earlier create of `service` made it."""
    made = claims.claim(service, replace(OWN, size=size), DEFAULT, UID)
    made["metadata"] |= {"resourceVersion": "7", **metadata}
    return made | {"status": {"phase": phase}}


def test_a_claim_is_as_oscar_makes_it(service: Service) -> None:
    made = claims.claim(with_volume(service, OWN), OWN, DEFAULT, UID)
    assert made["metadata"]["name"] == "notes"
    assert made["metadata"]["labels"] == {
        "oscar_service": "ocr",
        "oscar.grycap/managed-volume": "true",
        "oscar.grycap/volume-name": "notes",
        "oscar.grycap/volume-creation-mode": "service",
        "oscar.grycap/volume-created-by-service": "ocr",
        "oscar.grycap/volume-lifecycle-policy": "retain",
    }
    assert made["metadata"]["annotations"] == {"oscar.grycap/owner-user": "cluster_admin"}
    assert made["spec"] == {
        "accessModes": ["ReadWriteMany"],
        "resources": {"requests": {"storage": "2Gi"}},
    }


def test_the_policy_chooses_class_and_mode(service: Service) -> None:
    policy = Policy(storage_class="nfs", access_mode="ReadWriteOnce")
    spec = claims.claim(service, OWN, policy, UID)["spec"]
    assert (spec["storageClassName"], spec["accessModes"]) == ("nfs", ["ReadWriteOnce"])


LEAVING = replace(OWN, lifecycle_policy="delete")
ROOT = {"apiVersion": "v1", "kind": "ConfigMap", "name": "ocr", "uid": UID}
OTHER = {"apiVersion": "v1", "kind": "Pod", "name": "x", "uid": "y"}


def test_a_claim_is_owned_at_first_so_that_a_create_that_is_undone_takes_it_along(
    service: Service,
) -> None:
    assert claims.claim(service, OWN, DEFAULT, UID)["metadata"]["ownerReferences"] == [ROOT]


def test_nothing_is_marked_in_a_claim_that_is_as_stated(service: Service) -> None:
    assert claims.marked(found(service, ownerReferences=[]), service, OWN, UID) == {}
    owned = found(service, ownerReferences=[OTHER, ROOT])
    assert claims.marked(owned, service, OWN, UID) == {}, "it is released when all else is done"


def test_a_claim_that_is_to_go_with_its_service_is_owned_by_it(service: Service) -> None:
    body = claims.marked(found(service, ownerReferences=[OTHER]), service, LEAVING, UID)
    assert body["metadata"]["labels"][claims.POLICY_LABEL] == "delete"
    assert body["metadata"]["ownerReferences"] == [OTHER, ROOT]
    labelled = found(service, ownerReferences=[OTHER, ROOT])
    labelled["metadata"]["labels"][claims.POLICY_LABEL] = "delete"
    assert claims.marked(labelled, service, LEAVING, UID) == {}
    assert claims.other_owners(labelled, service) == [OTHER]
    assert claims.other_owners(None, service) == []


@pytest.mark.parametrize(("size", "grows"), [("1Gi", True), ("2048Mi", False), ("5Gi", False)])
def test_a_claim_grows_and_never_shrinks(service: Service, size: str, grows: bool) -> None:
    assert claims.grows(found(service, size), OWN) is grows


def test_only_an_exposed_service_makes_a_claim_and_only_with_a_size(service: Service) -> None:
    assert claims.own(with_volume(service, OWN)) == OWN
    assert claims.own(with_volume(service, NAMED)) is None
    assert claims.own(service) is None
    assert claims.own(replace(with_volume(service, OWN), expose=None)) is None


def test_the_claim_that_a_configmap_states(service: Service) -> None:
    root = configmap(with_volume(service, OWN), "ab" * 32)
    assert claims.stated(root) == "notes"
    assert claims.stated(configmap(service, "ab" * 32)) == ""
    assert claims.stated(None) == ""
    root["data"]["function_config.yaml"] = "volume: ["
    assert claims.stated(root) == ""


@pytest.mark.parametrize(
    ("volume", "size", "metadata", "before", "status", "words"),
    [
        (OWN, "1Gi", {}, None, 0, ""),
        (OWN, "5Gi", {}, None, 0, ""),
        (OWN, "5Gi", {}, OWN, 0, ""),
        (OWN, "5Gi", {}, replace(OWN, size="5Gi"), 400, "volume.size: notes has 5Gi and volumes "),
        (OWN, "5Gi", {}, replace(OWN, name="other", size="5Gi"), 0, ""),
        (OWN, "2Gi", {"labels": {"oscar_service": "x"}}, None, 409, "belongs to service x; choose"),
        (OWN, "2Gi", {"labels": {}}, None, 409, "belongs to no service; choose"),
        (OWN, "2Gi", {"labels": {claims.MADE_BY: "ocr"}}, None, 0, ""),
        (OWN, "2Gi", {"annotations": {claims.OWNER_USER: "eve"}}, None, 409, "belongs to service"),
        (OWN, "2Gi", {"deletionTimestamp": "t"}, None, 0, ""),
        (replace(OWN, size="101Gi"), "2Gi", {}, OWN, 400, "101Gi is above 100Gi, the most that th"),
        (replace(OWN, size="101Gi"), "101Gi", {}, OWN, 0, ""),
        (NAMED, "2Gi", {"labels": {}}, None, 0, ""),
    ],
)
def test_which_claims_a_service_gets(
    service: Service,
    volume: Volume,
    size: str,
    metadata: dict[str, Any],
    before: Volume | None,
    status: int,
    words: str,
) -> None:
    there = found(service, size, **metadata)
    refused = claims.refusal(there, with_volume(service, volume), volume, before, DEFAULT)
    assert (refused.status if refused else 0) == status
    assert words in (refused.text if refused else "")


def test_a_claim_that_waits_does_not_grow(service: Service) -> None:
    waiting = found(service, "1Gi", phase="Pending")
    refused = claims.refusal(waiting, with_volume(service, OWN), OWN, None, DEFAULT)
    assert refused is not None
    assert "cannot grow before it is bound; kubectl describe pvc notes" in refused.text


def test_a_new_volume_has_a_bound(service: Service) -> None:
    large = replace(OWN, size="1Ti")
    refused = claims.refusal(None, with_volume(service, large), large, None, DEFAULT)
    assert refused is not None
    assert refused.text.startswith("The service specification is not valid: volume.size: 1Ti is ab")
    assert claims.refusal(None, service, large, None, Policy(largest_volume="1Ti")) is None


@pytest.mark.parametrize(
    ("maker", "owner", "allowed"),
    [
        ("eve", "eve", True),
        ("eve", "bob", False),
        ("cluster_admin", "bob", False),
        (None, "bob", False),
        ("eve", "cluster_admin", True),
        (None, "cluster_admin", True),
    ],
)
def test_who_mounts_an_existing_volume(
    service: Service, maker: str | None, owner: str, allowed: bool
) -> None:
    """What is not there yet may become somebody else's, so it is nobody's but the administrator's
    to name."""
    there = found(with_volume(service, OWN, maker)) if maker else None
    refused = claims.refusal(there, with_volume(service, NAMED, owner), NAMED, None, DEFAULT)
    assert (refused is None) == allowed
    if refused is not None:
        assert refused.text.startswith("Referenced volume does not exist in the caller namespace")


ONCE = Policy(access_mode="ReadWriteOnce")


@pytest.mark.parametrize(
    ("volume", "there", "before", "policy", "told"),
    [
        (None, False, None, DEFAULT, []),
        (OWN, False, None, DEFAULT, []),
        (OWN, True, OWN, DEFAULT, []),
        (OWN, True, None, DEFAULT, ["volume: notes (2Gi) is there from before; it is used with a"]),
        (NAMED, True, None, DEFAULT, []),
        (NAMED, False, None, DEFAULT, ["volume.name: there is no volume notes yet; pods wait unt"]),
        (None, False, OWN, DEFAULT, ["volume: notes is kept; kubectl delete pvc notes -n oscar"]),
        (replace(OWN, name="b"), False, OWN, DEFAULT, ["volume: notes is kept; "]),
        (None, False, LEAVING, DEFAULT, ["volume: notes stays until the service is deleted"]),
        (None, False, NAMED, DEFAULT, []),
        (OWN, False, None, ONCE, ["volume: notes is ReadWriteOnce: one node mounts it, so all"]),
        (OWN, True, OWN, ONCE, []),
    ],
)  # fmt: skip
def test_what_is_said(
    service: Service,
    volume: Volume | None,
    there: bool,
    before: Volume | None,
    policy: Policy,
    told: list[str],
) -> None:
    claim = found(service) if there else None
    notes = claims.notes(claim, with_volume(service, volume), before, policy)
    assert len(notes) == len(told)
    for note, start in zip(notes, told, strict=True):
        assert note.startswith(start)


def test_one_pod_may_have_a_volume_of_one_node(service: Service) -> None:
    assert service.expose is not None
    alone = replace(service, volume=OWN, expose=replace(service.expose, max_scale=1))
    assert claims.notes(None, alone, None, ONCE) == ()


def test_a_claim_that_goes_is_told(service: Service) -> None:
    leaving = found(service, deletionTimestamp="t")
    (told,) = claims.notes(leaving, with_volume(service, OWN), OWN, DEFAULT)
    assert "is being deleted; pods wait until it is made anew" in told
