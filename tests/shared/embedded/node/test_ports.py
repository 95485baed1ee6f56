"""Privileged ports and where they go."""

from __future__ import annotations

from typing import Any

from shared.embedded.controllers.endpoints import PORT_MAP, port_map
from shared.embedded.node import ports


def pod(*numbers: int) -> dict[str, Any]:
    containers = [{"name": "c", "ports": [{"containerPort": number} for number in numbers]}]
    return {"metadata": {}, "spec": {"containers": containers}}


def test_only_ports_below_the_first_free_one_move() -> None:
    assert ports.port_map(pod(80, 443, 5000), 1024) == {80: 8080, 443: 8443}
    assert ports.port_map(pod(80), 0) == {}
    assert ports.port_map(pod(80, 81), 81) == {80: 8080}


def test_what_the_agent_writes_the_controller_reads() -> None:
    text = ports.annotation({80: 8080})
    assert port_map({"metadata": {"annotations": {PORT_MAP: text}}}) == {80: 8080}


def test_this_machine_has_a_first_free_port() -> None:
    assert 0 <= ports.first_free_port() <= 65536
