"""Pods are given to nodes once."""

from __future__ import annotations

from typing import Any

import pytest

from shared.embedded.api import binding
from shared.embedded.errors import StatusError


def pod(node: str = "", **metadata: Any) -> dict[str, Any]:
    spec = {"nodeName": node} if node else {}
    return {"metadata": {"name": "p", **metadata}, "spec": spec, "status": {}}


@pytest.mark.parametrize(
    ("sent", "code", "message"),
    [
        ({"metadata": {"name": "q"}}, 400, "name in URL does not match name in Binding object"),
        ({"target": {}}, 500, "target.name: Required value"),
        (
            {"target": {"kind": "Pod"}},
            500,
            '[target.kind: Unsupported value: "Pod": supported values: "Node", "<empty>", '
            "target.name: Required value]",
        ),
    ],
)
def test_bindings_that_name_no_node(sent: Any, code: int, message: str) -> None:
    with pytest.raises(StatusError) as refused:
        binding.node_of(sent, "p")
    assert (refused.value.code, refused.value.message) == (code, message)


def test_a_pod_is_scheduled_with_its_node() -> None:
    assert binding.node_of({"target": {"kind": "Node", "name": "n"}}, "p") == "n"
    bound = binding.bound(pod(), "n", 0.0)
    assert bound["spec"]["nodeName"] == "n"
    assert bound["status"]["conditions"][0]["type"] == "PodScheduled"


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (pod("m"), 'pod p is already assigned to node "m"'),
        (pod(deletionTimestamp="x"), "pod p is being deleted, cannot be assigned to a host"),
    ],
)
def test_pods_that_are_not_bound(given: Any, why: str) -> None:
    with pytest.raises(StatusError) as refused:
        binding.bound(given, "n", 0.0)
    assert refused.value.details == {"name": "p", "kind": "pods/binding"}
    assert refused.value.message.endswith(f'on pods/binding "p": {why}')
