from __future__ import annotations

from typing import Any

import pytest

from gateway.management.answers.ports import GO, IntegerPorts, with_integer_ports


@pytest.mark.parametrize(
    ("expose", "told"),
    [
        ({"api_port": [5000], "min_scale": 1}, {"api_port": 5000, "min_scale": 1}),
        (
            {"api_port": [5000, 5001], "nodePort": [30500, 0]},
            {"api_port": 5000, "nodePort": 30500},
        ),
        ({"api_port": []}, {"api_port": 0}),
        ({}, {}),
    ],
)
def test_the_exposed_port_alone(expose: dict[str, Any], told: dict[str, Any]) -> None:
    service = {"name": "ocr", "expose": expose}
    assert with_integer_ports(service) == {"name": "ocr", "expose": told}
    assert service["expose"] is expose


def test_clients_are_known_by_how_their_user_agent_begins() -> None:
    assert GO.read_by("Go-http-client/1.1")
    assert not GO.read_by("python-requests/2.34 Go-http-client/1.1")
    assert not IntegerPorts("").read_by("Go-http-client/1.1")
