"""ConfigMap → what the gateway must know."""

from __future__ import annotations

import hashlib
import re

import pytest

from gateway.cluster.definitions import Definitions
from shared.service import fdl
from shared.service.model import Service
from shared.service.scaling.waking import WakeExcept
from shared.service.stored import StoredError
from tests.gateway.fake_cluster import TOKEN, configmap
from tests.shared.service.configmaps import BROKEN


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
            protocol="grpc",
            affinity=True,
            timeouts={"connect": 1, "first_byte": 2, "idle": 3, "queue": 4, "wake": 5},
            health_path="/ready",
            scaling={"wake_except": {"paths": ["/health"], "user_agents": ["Bot"]}},
        )
    )
    assert spec is not None
    assert (spec.name, spec.api_port, spec.concurrency) == ("a", 9000, 3)
    assert (spec.rewrite_target, spec.set_auth, spec.auth_type) == (True, True, "forward")
    assert (spec.affinity, spec.stopped, spec.protocol) == (True, True, "grpc")
    assert spec.digest == hashlib.sha256(TOKEN.encode()).digest()
    timeouts = spec.timeouts
    assert (timeouts.connect, timeouts.first_byte, timeouts.idle, timeouts.queue) == (1, 2, 3, 4)
    assert timeouts.wake == 5
    assert spec.wake_except == WakeExcept(("/health",), ("bot",))
    assert spec.probe_path == "/system/services/a/exposed/ready"


def test_the_namespace_is_that_of_the_object() -> None:
    obj = configmap("a")
    obj["metadata"]["namespace"] = "elsewhere"
    spec = Definitions().read(obj)
    assert spec is not None
    assert spec.namespace == "elsewhere"


def test_a_service_that_is_not_exposed_is_none() -> None:
    obj = configmap("a")
    obj["data"]["function_config.yaml"] = "name: a\nimage: i\n"
    assert Definitions().read(obj) is None


def test_a_text_is_parsed_once() -> None:
    texts: list[str] = []

    def load(text: str) -> Service:
        texts.append(text)
        return fdl.load_definition(text)

    definitions = Definitions(load)
    assert definitions.read(configmap("a"))
    rotated = definitions.read(configmap("a", token="1" * 64))
    assert rotated is not None
    assert rotated.digest == hashlib.sha256(b"1" * 64).digest()
    assert len(texts) == 1
    definitions.forget("a")
    definitions.read(configmap("a"))
    assert len(texts) == 2


def test_the_text_of_another_name_is_refused_each_time() -> None:
    definitions = Definitions()
    obj, told = BROKEN["another name"]
    for _ in range(2):
        with pytest.raises(StoredError, match=re.escape(told)):
            definitions.read(obj)
