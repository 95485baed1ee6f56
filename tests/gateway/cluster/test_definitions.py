"""ConfigMap → what the gateway must know."""

from __future__ import annotations

import hashlib

import pytest

from gateway.cluster.definitions import DefinitionError, Definitions
from tests.gateway.fake_cluster import TOKEN, configmap


def test_every_field_the_gateway_uses() -> None:
    spec = Definitions().read(
        configmap(
            "a",
            stopped=True,
            api_port=[9000, 9001],
            rewrite_target=True,
            set_auth=True,
            auth_type="forward",
            concurrency=3,
            affinity=True,
            timeouts={"connect": 1, "first_byte": 2, "idle": 3, "queue": 4},
        )
    )
    assert spec is not None
    assert (spec.name, spec.api_port, spec.concurrency) == ("a", 9000, 3)
    assert (spec.rewrite_target, spec.set_auth, spec.auth_type) == (True, True, "forward")
    assert (spec.affinity, spec.stopped) == (True, True)
    assert spec.digest == hashlib.sha256(TOKEN.encode()).digest()
    timeouts = spec.timeouts
    assert (timeouts.connect, timeouts.first_byte, timeouts.idle, timeouts.queue) == (1, 2, 3, 4)


def test_a_service_that_is_not_exposed_is_none() -> None:
    obj = configmap("a")
    obj["data"]["function_config.yaml"] = "name: a\nimage: i\n"
    assert Definitions().read(obj) is None


@pytest.mark.parametrize(
    ("data", "named"),
    [
        ({}, "function_config.yaml"),
        ({"function_config.yaml": "name: a\nimage: i\nexpose: {api_port: 99999}"}, "api_port"),
        ({"function_config.yaml": "name: b\nimage: i"}, "name"),
        ({"function_config.yaml": "{"}, "document"),
        (
            {"function_config.yaml": "name: a\nimage: i\nexpose: {api_port: 80, set_auth: true}"},
            "token_sha256",
        ),
        (
            {
                "function_config.yaml": "name: a\nimage: i\nexpose: {api_port: 80}",
                "token_sha256": "xyz",
            },
            "token_sha256",
        ),
    ],
)
def test_what_is_wrong_is_named(data: dict[str, str], named: str) -> None:
    obj = configmap("a")
    obj["data"] = data
    with pytest.raises(DefinitionError, match=named):
        Definitions().read(obj)


def test_a_text_is_parsed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    definitions = Definitions()
    assert definitions.read(configmap("a"))
    monkeypatch.setattr("gateway.cluster.definitions.fdl.load_definition", None)
    rotated = definitions.read(configmap("a", token="1" * 64))
    assert rotated is not None
    assert rotated.digest == hashlib.sha256(b"1" * 64).digest()
    definitions.forget("a")
    with pytest.raises(TypeError):
        definitions.read(configmap("a"))
