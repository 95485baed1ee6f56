from __future__ import annotations

from typing import Any

import pytest

from gateway.management.objects.drift import contains, settled, states


@pytest.mark.parametrize(
    ("live", "wanted", "same"),
    [
        ({"a": 1, "default": 2}, {"a": 1}, True),
        ({"a": 1}, {"a": 2}, False),
        ({}, {"a": 1}, False),
        ({}, {"a": {}, "b": [], "c": "", "d": False, "e": 0}, True),  # JSON of Go leaves them out
        ({"a": True}, {"a": False}, False),
        ({"a": [{"name": "x", "v": 1}, {"name": "y"}]}, {"a": [{"name": "y"}]}, True),
        ({"a": [{"name": "x"}]}, {"a": [{"name": "y"}]}, False),
        ({"command": ["sh", "x"]}, {"command": ["x", "sh"]}, False),
        ({"command": ["sh", "x"]}, {"command": ["sh"]}, False),
        ({"limits": {"cpu": "1"}}, {"limits": {"cpu": "1.0"}}, True),  # Kubernetes writes it so
        ({"limits": {"memory": "1Gi"}}, {"limits": {"memory": "1024Mi"}}, True),
        ({"limits": {"cpu": "1"}}, {"limits": {"cpu": "2"}}, False),
        ({"value": "1"}, {"value": "1.0"}, False),  # no amount, but a text
        ({"a": [1]}, {"a": {"b": 1}}, False),
        ({"a": "x"}, {"a": [{"b": 1}]}, False),
    ],
)
def test_defaults_and_what_others_add_are_no_drift(live: Any, wanted: Any, same: bool) -> None:
    assert contains(live, wanted) is same


WANTED: dict[str, Any] = {
    "metadata": {"labels": {"a": "b"}},
    "spec": {"ports": [{"port": 80, "protocol": "TCP", "name": "x"}], "finalizers": ["one"]},
}


@pytest.mark.parametrize(
    ("owned", "all_stated"),
    [
        ({}, True),
        ({"f:metadata": {"f:labels": {".": {}, "f:a": {}}}}, True),
        ({"f:metadata": {"f:labels": {"f:gone": {}}}}, False),
        (
            {"f:spec": {"f:ports": {'k:{"port":80,"protocol":"TCP"}': {".": {}, "f:name": {}}}}},
            True,
        ),
        ({"f:spec": {"f:ports": {'k:{"port":81,"protocol":"TCP"}': {".": {}}}}}, False),
        ({"f:spec": {"f:ports": {'k:{"port":80,"protocol":"TCP"}': {"f:nodePort": {}}}}}, False),
        ({"f:spec": {"f:finalizers": {'v:"one"': {}}}}, True),
        ({"f:spec": {"f:finalizers": {'v:"two"': {}}}}, False),
        ({"f:spec": {"f:gone": {'k:{"a":1}': {}}}}, False),
    ],
)
def test_what_we_own_and_no_longer_want_is_found(owned: Any, all_stated: bool) -> None:
    assert states(WANTED, owned) is all_stated


def test_only_our_own_applies_count() -> None:
    gone: dict[str, Any] = {"f:spec": {"f:gone": {}}}
    entry = {"manager": "exposed-services", "operation": "Apply", "fieldsV1": gone}
    others = [
        {**entry, "manager": "kubectl"},
        {**entry, "operation": "Update"},
        {**entry, "subresource": "status"},
    ]
    live = {**WANTED, "metadata": {**WANTED["metadata"], "managedFields": others}}
    assert settled(live, WANTED)
    live["metadata"]["managedFields"].append(entry)
    assert not settled(live, WANTED)
