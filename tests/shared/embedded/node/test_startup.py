"""A start that takes its time, by the probes of a service's pods: it lasts as long as they say."""

from __future__ import annotations

from typing import Any

from gateway.management.objects.pod import pod_template
from shared.service.model import Expose, Service
from tests.shared.embedded.node.conftest import Node

LOADS = 'sleep 2.5; exec python -m http.server --bind "$HOST" "$PORT"'


def container(startup_timeout: int) -> dict[str, Any]:
    expose = Expose(api_port=(5000,), startup_timeout=startup_timeout)
    service = Service(name="p", image="none", script="", expose=expose)
    (only,) = pod_template(service, expose, "ab" * 32)["spec"]["containers"]
    return {key: only[key] for key in ("ports", "startupProbe", "readinessProbe")}


async def test_a_server_that_loads_longer_than_its_budget_is_started_anew(node: Node) -> None:
    await node.run(LOADS, "short", container=container(1))
    await node.run(LOADS, "long", container=container(10))
    await node.until(lambda: node.status("long").get("ready"))
    assert node.status("long")["restartCount"] == 0
    await node.until(lambda: node.status("short")["restartCount"] > 0)
