"""Nodes without processes."""

from __future__ import annotations

from typing import Any

from shared.embedded.kinds import POD
from shared.embedded.node.hollow import HollowNode

SPACE = "oscar-svc"


def body(name: str) -> dict[str, Any]:
    container = {"name": "c", "image": "none"}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name},
        "spec": {"nodeName": "hollow", "containers": [container]},
    }


async def test_pods_are_ready_at_once_and_go_at_once(node: Any) -> None:
    hollow = HollowNode(node.api, node.clock)
    for name in ("a", "b"):
        node.api.create(POD, body(name), SPACE, manager="test")
        assert node.is_ready(name)
    assert node.address("a") != node.address("b")
    assert node.processes() == []
    node.api.delete(POD, "a", SPACE)
    assert not node.exists("a")
    hollow.close()


async def test_usage_is_what_was_set(node: Any) -> None:
    hollow = HollowNode(node.api, node.clock)
    node.providers.hollow.append(hollow)
    for name in ("a", "b"):
        node.api.create(POD, body(name), SPACE, manager="test")
    hollow.load = lambda pod: (1.5, 2**20) if pod["metadata"]["name"] == "a" else None
    (metrics,) = node.providers.pod_metrics(None)
    assert metrics["metadata"]["name"] == "a"
    assert metrics["containers"][0]["usage"] == {"cpu": "1500000000n", "memory": "1024Ki"}
    assert metrics["window"] == "15.000s"
    hollow.close()
