"""Cells of claims, volumes and storage classes."""

from __future__ import annotations

from shared.embedded.tables import storage
from tests.shared.embedded.tables.test_core import cells

SPEC = {
    "volumeName": "pvc-1",
    "storageClassName": "standard",
    "accessModes": ["ReadWriteMany", "ReadWriteOnce"],
    "capacity": {"storage": "1Gi"},
}
BOUND = {"phase": "Bound", "capacity": {"storage": "2Gi"}, "accessModes": ["ReadWriteMany"]}


def test_a_claim_shows_what_it_was_given() -> None:
    row = cells(storage.CLAIMS, spec=SPEC, status=BOUND)
    assert (row["Status"], row["Volume"]) == ("Bound", "pvc-1")
    assert (row["Capacity"], row["Access Modes"]) == ("2Gi", "RWX")
    assert (row["StorageClass"], row["VolumeAttributesClass"]) == ("standard", "<unset>")


def test_a_claim_that_waits_shows_nothing_yet_and_one_that_goes_says_so() -> None:
    row = cells(storage.CLAIMS, spec={}, status={"phase": "Pending"})
    assert (row["Status"], row["Volume"], row["Capacity"]) == ("Pending", "", "")
    leaving = {"name": "x", "deletionTimestamp": "2026-11-22T10:00:00Z"}
    assert cells(storage.CLAIMS, metadata=leaving, status=BOUND)["Status"] == "Terminating"


def test_a_volume_names_its_claim() -> None:
    reference = {"namespace": "n", "name": "data"}
    row = cells(storage.VOLUMES, spec={**SPEC, "claimRef": reference}, status={"phase": "Bound"})
    assert (row["Capacity"], row["Access Modes"], row["Claim"]) == ("1Gi", "RWX,RWO", "n/data")
    assert cells(storage.VOLUMES, spec=SPEC)["Claim"] == ""


def test_the_default_class_is_marked() -> None:
    marked = {"storageclass.kubernetes.io/is-default-class": "true"}
    metadata = {"name": "standard", "annotations": marked}
    row = cells(storage.CLASSES, metadata=metadata, allowVolumeExpansion=True)
    assert (row["Name"], row["AllowVolumeExpansion"]) == ("standard (default)", True)
    assert cells(storage.CLASSES)["Name"] == "x"
