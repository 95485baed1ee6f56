"""Configurations that cannot be applied, in structured-merge-diff's words."""

from __future__ import annotations

from typing import Any

import pytest

from shared.embedded import declarations
from shared.embedded.api import typed_patch
from shared.embedded.errors import StatusError
from shared.embedded.kinds import CONFIG_MAP, DEPLOYMENT

SCHEMA = declarations.of(DEPLOYMENT).schema


def container(**fields: Any) -> dict[str, Any]:
    return {"spec": {"template": {"spec": {"containers": [{"name": "a", **fields}]}}}}


IN_A = '.spec.template.spec.containers[name="a"]'
NUMERIC = "expected numeric (int or float), got"
GO = "&value.valueUnstructured"
NO_KEY = (
    'associative list with keys has an element that omits key field "name" (and doesn\'t have '
    "default value)"
)
TWO_PORTS = [{"containerPort": 80}, {"containerPort": 80, "protocol": "TCP"}]


@pytest.mark.parametrize(
    ("config", "place", "what"),
    [
        ({"spec": {"replicas": "x"}}, ".spec.replicas", f"{NUMERIC} string"),
        ({"spec": {"replicas": []}}, ".spec.replicas", f"{NUMERIC} []interface {{}}"),
        ({"spec": {"paused": "no"}}, ".spec.paused", f'expected boolean, got {GO}{{Value:"no"}}'),
        (container(image=7), f"{IN_A}.image", f"expected string, got {GO}{{Value:7}}"),
        ({"spec": 7}, ".spec", "expected map, got &{7}"),
        ({"metadata": {"finalizers": {}}}, ".metadata.finalizers", "expected list, got &{map[]}"),
        ({"spec": {"foo": 1}}, ".spec.foo", "field not declared in schema"),
        (container(env=[{"name": "A"}] * 2), f"{IN_A}.env", 'duplicate entries for key [name="A"]'),
        (
            container(ports=TWO_PORTS),
            f"{IN_A}.ports",
            'duplicate entries for key [containerPort=80,protocol="TCP"]',
        ),
        (container(env=[{"value": "1"}]), f"{IN_A}.env", f"element 0: {NO_KEY}"),
        (
            container(env=["A"]),
            f"{IN_A}.env",
            "element 0: associative list with keys may not have non-map elements",
        ),
        (
            {"metadata": {"finalizers": ["a", "a"]}},
            ".metadata.finalizers",
            'duplicate entries for key [="a"]',
        ),
    ],
)
def test_problems(config: Any, place: str, what: str) -> None:
    assert list(typed_patch.problems(config, SCHEMA)) == [f"{place}: {what}"]


def test_what_fits_has_no_problems() -> None:
    fine = {"kind": "Deployment", "apiVersion": "apps/v1", **container(image=None)}
    assert list(typed_patch.problems(fine, SCHEMA)) == []


def test_one_problem_is_told_in_a_line_and_several_below_each_other() -> None:
    schema = declarations.of(CONFIG_MAP).schema
    config = {"metadata": {"name": "c", "namespace": "n"}, "data": {"a": 1}}
    with pytest.raises(StatusError) as refused:
        typed_patch.check(config, "v1", "ConfigMap", schema)
    assert (refused.value.code, refused.value.reason) == (500, "")
    assert refused.value.message == (
        "failed to create typed patch object (n/c; /v1, Kind=ConfigMap): .data.a: expected string, "
        "got &value.valueUnstructured{Value:1}"
    )
    with pytest.raises(StatusError, match=r"ConfigMap\): errors:\n  \.data\.a: .*\n  \.data\.b: "):
        typed_patch.check({"data": {"a": 1, "b": 2}}, "v1", "ConfigMap", schema)


def test_a_configuration_owns_nothing_by_itself() -> None:
    config = {"metadata": {"managedFields": [{"manager": "x"}]}}
    with pytest.raises(StatusError, match=r"metadata\.managedFields must be nil") as refused:
        typed_patch.check(config, "v1", "ConfigMap", declarations.of(CONFIG_MAP).schema)
    assert refused.value.code == 400
