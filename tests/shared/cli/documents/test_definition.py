"""A definition out of an API's answer: what somebody decided, as FDL that reads back alike."""

from __future__ import annotations

from typing import Any

from gateway.management.answers.representation import service_json
from shared.cli.documents import definition
from shared.service import fdl

BODY: dict[str, Any] = {
    "name": "one",
    "image": "python",
    "script": "#!/bin/sh\nexec server\n",
    "expose": {"api_port": [80], "set_auth": True},
    "environment": {"variables": {"A": "yes", "B": "0123"}, "secrets": {"KEY": "value"}},
    "labels": {"team": "vision"},
    "storage_providers": {},
    "synchronous": {"min_scale": 0, "max_scale": 0},
}


def answer(body: dict[str, Any]) -> dict[str, Any]:
    """What the services API answers of a service that was made so."""
    service = fdl.parse_service(body).service
    return service_json(service, "t" * 64, {"state": "ready"})


def test_what_the_api_makes_is_left_out() -> None:
    stated = definition.stated(answer(BODY))
    assert list(stated)[:3] == ["name", "image", "script"]
    assert stated["labels"] == {"team": "vision"}
    assert stated["environment"]["secrets"] == {"KEY": ""}
    for name in ("token", "owner", "namespace", "deployment", "synchronous", "input", "visibility"):
        assert name not in stated
    assert definition.stated(answer(BODY | {"visibility": "public"}))["visibility"] == "public"


def test_a_script_is_a_block() -> None:
    text = definition.document([definition.stated(answer(BODY))])
    assert "      script: |\n        #!/bin/sh\n        exec server\n" in text
    assert "t" * 64 not in text
    assert "value" not in text


def test_a_script_of_one_line_is_not_taken_for_a_path() -> None:
    text = definition.document([definition.stated(answer(BODY | {"script": "exec server"}))])
    assert "script: |\n" in text


def test_what_is_exposed() -> None:
    assert definition.is_exposed(answer(BODY))
    assert not definition.is_exposed({"expose": {}})
    assert not definition.is_exposed({"expose": {"api_port": []}})
    assert not definition.is_exposed({})
