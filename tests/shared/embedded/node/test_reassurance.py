"""A node that is doubted says that it is ready, and that its pods are."""

from __future__ import annotations

from typing import Any

from shared.embedded.kinds import NODE


def ready(node: Any) -> str:
    found = node.api.get(NODE, "local")
    return str(next(c["status"] for c in found["status"]["conditions"] if c["type"] == "Ready"))


async def test_a_node_that_is_called_not_ready_answers_and_serves_again(node: Any) -> None:
    await node.run("exec sleep 100")
    await node.until_ready()
    found = node.api.get(NODE, "local")
    conditions = [
        {**each, "status": "False"} if each["type"] == "Ready" else each
        for each in found["status"]["conditions"]
    ]
    body = {**found, "status": {**found["status"], "conditions": conditions}}
    node.api.update(NODE, body, subresource="status", manager="test")
    await node.until(lambda: not node.is_ready())
    await node.until(lambda: ready(node) == "True")
    await node.until_ready()
    await node.until(lambda: "taints" not in node.api.get(NODE, "local")["spec"])
