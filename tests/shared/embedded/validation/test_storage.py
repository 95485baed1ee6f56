"""Claims, volumes and storage classes, and what pods say of claims and of their security."""

from __future__ import annotations

from typing import Any

import pytest

from shared.embedded import kinds
from shared.embedded.kinds import Kind
from tests.shared.embedded.validation.test_init import causes, container, pod

CLAIM = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
VOLUME = {
    "capacity": {"storage": "1Gi"},
    "accessModes": ["ReadWriteOnce"],
    "hostPath": {"path": "/srv"},
}
CLASS = {"provisioner": "example.com/nfs"}


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (kinds.PERSISTENT_VOLUME_CLAIM, {"spec": CLAIM}),
        (kinds.PERSISTENT_VOLUME_CLAIM, {"spec": {**CLAIM, "storageClassName": ""}}),
        (kinds.PERSISTENT_VOLUME, {"spec": VOLUME}),
        (kinds.STORAGE_CLASS, CLASS),
        (kinds.POD, pod(securityContext={"seccompProfile": {"type": "RuntimeDefault"}})),
        (kinds.POD, container(securityContext={"capabilities": {"drop": ["ALL"]}})),
    ],
)
def test_what_is_right(kind: Kind, fields: dict[str, Any]) -> None:
    assert causes(kind, **fields) == []


@pytest.mark.parametrize(
    ("spec", "cause"),
    [
        ({"accessModes": []}, "spec.accessModes: Required value: at least 1 access mode is requ"),
        ({"accessModes": ["Any"]}, 'spec.accessModes: Unsupported value: "Any": supported values'),
        (
            {"accessModes": ["ReadWriteOncePod", "ReadWriteOnce"]},
            "spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes",
        ),
        ({"resources": {}}, "spec.resources[storage]: Required value"),
        (
            {"resources": {"requests": {"storage": "0"}}},
            'spec.resources[storage]: Invalid value: "0": must be greater than zero',
        ),
        ({"storageClassName": "A_b"}, 'spec.storageClassName: Invalid value: "A_b"'),
        ({"volumeMode": "Tape"}, 'spec.volumeMode: Unsupported value: "Tape"'),
    ],
)
def test_claims(spec: dict[str, Any], cause: str) -> None:
    (found,) = causes(kinds.PERSISTENT_VOLUME_CLAIM, spec={**CLAIM, **spec})
    assert found.startswith(cause)


@pytest.mark.parametrize(
    ("spec", "cause"),
    [
        ({"capacity": {}}, "spec.capacity: Required value"),
        ({"hostPath": None}, "spec: Required value: must specify a volume type"),
        ({"persistentVolumeReclaimPolicy": "Burn"}, "spec.persistentVolumeReclaimPolicy: Unsup"),
    ],
)
def test_volumes(spec: dict[str, Any], cause: str) -> None:
    (found,) = causes(kinds.PERSISTENT_VOLUME, spec={**VOLUME, **spec})
    assert found.startswith(cause)


@pytest.mark.parametrize(
    ("fields", "cause"),
    [
        ({"provisioner": ""}, "provisioner: Required value"),
        ({"provisioner": "a b"}, 'provisioner: Invalid value: "a b"'),
        ({"reclaimPolicy": "Recycle"}, 'reclaimPolicy: Unsupported value: "Recycle"'),
        ({"volumeBindingMode": "Late"}, 'volumeBindingMode: Unsupported value: "Late"'),
    ],
)
def test_classes(fields: dict[str, Any], cause: str) -> None:
    (found,) = causes(kinds.STORAGE_CLASS, **{**CLASS, **fields})
    assert found.startswith(cause)


@pytest.mark.parametrize(
    ("fields", "cause"),
    [
        (
            pod(volumes=[{"name": "v", "persistentVolumeClaim": {}}]),
            "spec.volumes[0].persistentVolumeClaim.claimName: Required value",
        ),
        (
            pod(securityContext={"seccompProfile": {"type": "Default"}}),
            'spec.securityContext.seccompProfile.type: Unsupported value: "Default"',
        ),
        (
            container(securityContext={"seccompProfile": {"type": "Localhost"}}),
            "spec.containers[0].securityContext.seccompProfile.localhostProfile: Required value",
        ),
        (
            container(securityContext={"allowPrivilegeEscalation": False, "privileged": True}),
            "spec.containers[0].securityContext: Invalid value",
        ),
        (
            container(
                securityContext={
                    "allowPrivilegeEscalation": False,
                    "capabilities": {"add": ["CAP_SYS_ADMIN"]},
                }
            ),
            "spec.containers[0].securityContext: Invalid value",
        ),
        (
            container(securityContext={"runAsUser": -1}),
            "spec.containers[0].securityContext.runAsUser: Invalid value: -1",
        ),
    ],
)
def test_pods(fields: dict[str, Any], cause: str) -> None:
    (found,) = causes(kinds.POD, **fields)
    assert found.startswith(cause)


@pytest.mark.parametrize("path", ["/x", "a/../../x"])
def test_a_sub_path_stays_inside(path: str) -> None:
    mount = {"name": "v", "mountPath": "/d", "subPath": path}
    fields = pod(
        containers=[{"name": "c", "image": "i", "volumeMounts": [mount]}],
        volumes=[{"name": "v", "emptyDir": {}}],
    )
    (found,) = causes(kinds.POD, **fields)
    assert found.startswith("spec.containers[0].volumeMounts.subPath: Invalid value")
