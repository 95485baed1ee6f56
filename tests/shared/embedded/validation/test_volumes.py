"""Volumes of pods: one source each, sound modes and paths."""

from __future__ import annotations

import pytest

from shared.embedded import kinds
from shared.service.objects import Obj
from tests.shared.embedded.validation.test_init import causes, pod

V = "spec.volumes[0]"
LABELS = {"path": "labels", "fieldRef": {"fieldPath": "metadata.labels"}}
LIMIT = {"path": "cpu", "resourceFieldRef": {"containerName": "c", "resource": "limits.cpu"}}
TOKEN = {"serviceAccountToken": {"path": "token", "expirationSeconds": 3607}}
CLAIM = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}


@pytest.mark.parametrize(
    "source",
    [
        {},
        {"emptyDir": {"sizeLimit": "1Gi", "medium": "Memory"}},
        {"hostPath": {"path": "/srv", "type": "DirectoryOrCreate"}},
        {"configMap": {"name": "c", "defaultMode": 0o777, "items": [{"key": "k", "path": "a/b"}]}},
        {"downwardAPI": {"items": [LABELS, LIMIT]}},
        {"projected": {"sources": [TOKEN, {"downwardAPI": {"items": [LABELS]}}]}},
        {"csi": {"driver": "secrets.example.com"}},
        {"nfs": {"server": "n", "path": "/x"}},
        {"ephemeral": {"volumeClaimTemplate": {"spec": CLAIM}}},
        {"image": {"reference": "example.com/i:1"}},
    ],
)
def test_what_is_right(source: Obj) -> None:
    assert causes(kinds.POD, **pod(volumes=[{"name": "v", **source}])) == []


MODE = "must be a number between 0 and 0777 (octal), both inclusive"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (
            {"emptyDir": {}, "hostPath": {"path": "/"}},
            ".hostPath: Forbidden: may not specify more than 1 volume type",
        ),
        (
            {"emptyDir": {"sizeLimit": "-1"}},
            ".emptyDir.sizeLimit: Forbidden: SizeLimit field must be a valid resource quantity",
        ),
        ({"hostPath": {"path": "/a/.."}}, '.hostPath.path: Invalid value: "/a/..": must not conta'),
        ({"hostPath": {"path": "/a", "type": "Pipe"}}, '.hostPath.type: Unsupported value: "Pipe"'),
        ({"hostPath": {}}, ".hostPath.path: Required value"),
        (
            {"configMap": {"name": "a", "defaultMode": 4096}},
            f".configMap.defaultMode: Invalid value: 4096: {MODE}",
        ),
        (
            {"secret": {"secretName": "a", "items": [{"key": "k", "path": "p", "mode": -1}]}},
            f".secret.items[0].mode: Invalid value: -1: {MODE}",
        ),
        (
            {"secret": {"secretName": "a", "items": [{"key": "k", "path": "/p"}]}},
            '.secret.items[0].path: Invalid value: "/p": must be a relative path',
        ),
        (
            {"secret": {"secretName": "a", "items": [{"key": "k", "path": "..p"}]}},
            ".secret.items[0].path: Invalid value: \"..p\": must not start with '..'",
        ),
        (
            {"downwardAPI": {"items": [{"path": "x"}]}},
            ".downwardAPI: Required value: one of fieldRef and resourceFieldRef is required",
        ),
        (
            {"downwardAPI": {"items": [{"path": "x", "fieldRef": {"fieldPath": "status.podIP"}}]}},
            '.downwardAPI.fieldRef.fieldPath: Unsupported value: "status.podIP"',
        ),
        (
            {
                "projected": {
                    "sources": [{"serviceAccountToken": {"path": "t", "expirationSeconds": 60}}]
                }
            },
            ".projected.sources[0].serviceAccountToken.expirationSeconds: Invalid value: 60: may "
            "not specify a duration less than 10 minutes",
        ),
        (
            {"projected": {"sources": [{"downwardAPI": {"items": [LABELS, LABELS]}}]}},
            '.projected: Invalid value: "labels": conflicting duplicate paths',
        ),
        (
            {"projected": {"sources": [{"secret": {"name": "a"}, "configMap": {"name": "b"}}]}},
            ".projected.sources[0]: Forbidden: may not specify more than 1 volume type per source",
        ),
        ({"nfs": {"server": "n", "path": "x"}}, '.nfs.path: Invalid value: "x": must be an absol'),
        ({"csi": {}}, ".csi.driver: Required value"),
        ({"persistentVolumeClaim": {}}, ".persistentVolumeClaim.claimName: Required value"),
        (
            {"ephemeral": {"volumeClaimTemplate": {"spec": {**CLAIM, "accessModes": []}}}},
            ".ephemeral.volumeClaimTemplate.spec.accessModes: Required value",
        ),
        ({"name": "A"}, '.name: Invalid value: "A": a lowercase RFC 1123 label'),
    ],
)
def test_each_fault_alone(source: Obj, expected: str) -> None:
    (found,) = causes(kinds.POD, **pod(volumes=[{"name": "v", **source}]))
    assert found.startswith(f"{V}{expected}")
