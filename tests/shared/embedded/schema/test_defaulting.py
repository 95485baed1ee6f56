"""Defaults: the details that the recorded exchanges do not show."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from shared.embedded import declarations, kinds
from shared.embedded.declarations import KINDS
from shared.embedded.kinds import Kind
from shared.service.objects import Obj


def filled(kind: Kind, **fields: Any) -> Obj:
    obj = {"metadata": {"name": "n"}, **fields}
    declarations.of(kind).defaults(obj)
    return obj


def container(**fields: Any) -> Obj:
    pod = filled(kinds.POD, spec={"containers": [{"name": "c", "image": "i", **fields}]})
    found: Obj = pod["spec"]["containers"][0]
    return found


@pytest.mark.parametrize(
    ("image", "policy"),
    [
        ("nginx", "Always"),
        ("nginx:latest", "Always"),
        ("nginx:1.2", "IfNotPresent"),
        ("registry:5000/nginx", "Always"),
        ("registry:5000/nginx:1", "IfNotPresent"),
        ("nginx@sha256:0", "IfNotPresent"),
    ],
)
def test_the_pull_policy_follows_the_tag(image: str, policy: str) -> None:
    assert container(image=image)["imagePullPolicy"] == policy


def test_probes_are_completed() -> None:
    probe = container(readinessProbe={"httpGet": {"port": 80}})["readinessProbe"]
    assert probe == {
        "httpGet": {"port": 80, "path": "/", "scheme": "HTTP"},
        "timeoutSeconds": 1,
        "periodSeconds": 10,
        "successThreshold": 1,
        "failureThreshold": 3,
    }


def test_limits_are_requests_unless_those_are_stated() -> None:
    resources = container(
        resources={"limits": {"cpu": "2", "memory": "1Gi"}, "requests": {"cpu": "1"}}
    )["resources"]
    assert resources["requests"] == {"cpu": "1", "memory": "1Gi"}


@pytest.mark.parametrize(
    ("resources", "quality"),
    [
        ({}, "BestEffort"),
        ({"requests": {"cpu": "1"}}, "Burstable"),
        ({"limits": {"cpu": "1", "memory": "1Gi"}}, "Guaranteed"),
        ({"limits": {"cpu": "1"}}, "Burstable"),
        (
            {"limits": {"cpu": "2", "memory": "1Gi"}, "requests": {"cpu": "1", "memory": "1Gi"}},
            "Burstable",
        ),
        ({"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "500m"}}, "Burstable"),
    ],
)
def test_the_quality_of_service_follows_the_resources(resources: Obj, quality: str) -> None:
    containers = [{"name": "c", "image": "i", "resources": resources}]
    assert filled(kinds.POD, spec={"containers": containers})["status"]["qosClass"] == quality


def test_volumes_are_completed() -> None:
    volumes = [{"name": "a", "configMap": {"name": "c"}}, {"name": "b"}]
    pod = filled(kinds.POD, spec={"containers": [], "volumes": volumes})
    assert pod["spec"]["volumes"] == [
        {"name": "a", "configMap": {"name": "c", "defaultMode": 0o644}},
        {"name": "b", "emptyDir": {}},
    ]


def test_string_data_becomes_data() -> None:
    secret = filled(kinds.SECRET, stringData={"a": "hi"}, data={"a": "b2xk", "b": "eA=="})
    assert secret["data"] == {"a": "aGk=", "b": "eA=="}
    assert "stringData" not in secret


def test_a_recreated_deployment_has_no_rolling_update() -> None:
    spec = filled(kinds.DEPLOYMENT, spec={"strategy": {"type": "Recreate"}})["spec"]
    assert spec["strategy"] == {"type": "Recreate"}


def test_an_external_name_has_no_addresses() -> None:
    spec = filled(kinds.SERVICE, spec={"type": "ExternalName"})["spec"]
    assert spec == {"type": "ExternalName", "sessionAffinity": "None"}


def test_subjects_get_their_group() -> None:
    subjects = [{"kind": "User", "name": "a"}, {"kind": "ServiceAccount", "name": "b"}]
    binding = filled(kinds.ROLE_BINDING, subjects=subjects, roleRef={"kind": "Role", "name": "r"})
    group = "rbac.authorization.k8s.io"
    assert binding["roleRef"]["apiGroup"] == binding["subjects"][0]["apiGroup"] == group
    assert "apiGroup" not in binding["subjects"][1]


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.source == "store"])
def test_filling_twice_changes_nothing(kind: Kind) -> None:
    once = filled(kind)
    again = copy.deepcopy(once)
    declarations.of(kind).defaults(again)
    assert again == once
