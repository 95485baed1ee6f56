"""Strategic merge patches of a pod's and a Deployment's fields."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from shared.embedded import declarations
from shared.embedded.api import strategic
from shared.embedded.api.json_patch import PatchError
from shared.embedded.kinds import DEPLOYMENT, POD, SERVICE, Kind
from shared.embedded.schema import kind_schemas

ENV = [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]


def pod(**container: Any) -> dict[str, Any]:
    return {"spec": {"containers": [{"name": "a", **container}]}}


@pytest.mark.parametrize(
    ("kind", "target", "patch", "expected"),
    [
        pytest.param(
            POD,
            pod(image="one"),
            {"spec": {"containers": [{"name": "a", "image": "two"}]}},
            pod(image="two"),
            id="an item merges by its key",
        ),
        pytest.param(
            POD,
            pod(env=ENV),
            pod(env=[{"name": "B", "value": "9"}, {"name": "C", "value": "3"}]),
            pod(
                env=[
                    {"name": "A", "value": "1"},
                    {"name": "B", "value": "9"},
                    {"name": "C", "value": "3"},
                ]
            ),
            id="a new item comes after those patched, others stay before",
        ),
        pytest.param(
            POD,
            pod(env=ENV),
            pod(env=[{"name": "C", "value": "3"}]),
            pod(env=[{"name": "C", "value": "3"}, *ENV]),
            id="an item the server did not have comes first",
        ),
        pytest.param(
            POD,
            pod(env=ENV),
            pod(env=[{"name": "A", "$patch": "delete"}]),
            pod(env=ENV[1:]),
            id="$patch: delete removes an item",
        ),
        pytest.param(
            POD,
            pod(env=ENV),
            pod(env=[{"$patch": "replace"}, {"name": "Z", "value": "0"}]),
            pod(env=[{"name": "Z", "value": "0"}]),
            id="$patch: replace replaces a list",
        ),
        pytest.param(
            POD,
            {"spec": {"securityContext": {"a": 1}}},
            {"spec": {"securityContext": {"$patch": "replace", "b": 2}}},
            {"spec": {"securityContext": {"b": 2}}},
            id="$patch: replace replaces an object",
        ),
        pytest.param(
            POD,
            pod(ports=[{"containerPort": 80, "name": "x"}]),
            pod(ports=[{"containerPort": 80, "protocol": "TCP"}]),
            pod(ports=[{"containerPort": 80, "name": "x", "protocol": "TCP"}]),
            id="ports merge by number",
        ),
        pytest.param(
            POD,
            {"spec": {"tolerations": [{"key": "a"}]}},
            {"spec": {"tolerations": [{"key": "b"}]}},
            {"spec": {"tolerations": [{"key": "b"}]}},
            id="tolerations are one value",
        ),
        pytest.param(
            POD,
            {"metadata": {"finalizers": ["a", "b"]}},
            {"metadata": {"finalizers": ["c"], "$deleteFromPrimitiveList/finalizers": ["a"]}},
            {"metadata": {"finalizers": ["c", "b"]}},
            id="a set of strings merges, and loses what is to be deleted",
        ),
        pytest.param(
            POD,
            pod(env=ENV),
            pod(
                **{
                    "env": [{"name": "C", "value": "3"}],
                    "$setElementOrder/env": [{"name": "B"}, {"name": "C"}, {"name": "A"}],
                }
            ),
            pod(env=[ENV[1], {"name": "C", "value": "3"}, ENV[0]]),
            id="$setElementOrder orders",
        ),
        pytest.param(
            DEPLOYMENT,
            {"spec": {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}}},
            {"spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}},
            {"spec": {"strategy": {"type": "Recreate"}}},
            id="$retainKeys clears the other fields",
        ),
        pytest.param(
            POD,
            {"metadata": {"labels": {"a": "1", "b": "2"}}},
            {"metadata": {"labels": {"a": None}}},
            {"metadata": {"labels": {"b": "2"}}},
            id="null removes",
        ),
        pytest.param(
            POD,
            {"status": {"conditions": [{"type": "Ready", "status": "True"}]}},
            {"status": {"conditions": [{"type": "Ready", "status": "False"}]}},
            {"status": {"conditions": [{"type": "Ready", "status": "False"}]}},
            id="conditions merge by type",
        ),
        pytest.param(
            SERVICE,
            {"spec": {"ports": [{"port": 80, "name": "a"}]}},
            {"spec": {"ports": [{"port": 81, "name": "b"}], "selector": {"x": "y"}}},
            {
                "spec": {
                    "ports": [{"port": 81, "name": "b"}, {"port": 80, "name": "a"}],
                    "selector": {"x": "y"},
                }
            },
            id="service ports merge by port",
        ),
    ],
)
def test_patch(kind: Kind, target: Any, patch: Any, expected: Any) -> None:
    before = copy.deepcopy((target, patch))
    assert strategic.merge(target, patch, declarations.of(kind).schema) == expected
    assert (target, patch) == before


@pytest.mark.parametrize(
    "patch",
    [
        [],
        {"spec": {"containers": [{"image": "no name"}]}},
        {"spec": {"containers": ["text"]}},
        {"spec": {"$patch": "spoil"}},
        {"spec": {"$retainKeys": "x"}},
        {"metadata": {"finalizers": [{}]}},
    ],
)
def test_malformed_patches_are_refused(patch: Any) -> None:
    with pytest.raises(PatchError):
        strategic.merge(pod(image="one"), patch, kind_schemas.POD)
