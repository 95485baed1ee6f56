"""oscar-cli and the dashboard, as far as their sources say what they send and what they need."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import encode_basic_auth
from aiohttp.test_utils import TestClient, TestServer

from gateway.management.access.credentials import Credentials
from gateway.management.access.origins import Origins
from gateway.management.app import application
from gateway.management.store.lifecycle import Lifecycle
from shared.runtime.clock import ManualClock
from tests.contract.oscar.exchanges import Exchange, decoded, faults, read
from tests.gateway.management.cluster import Cluster

DASHBOARD = "http://localhost:5173"


@pytest.fixture
async def client(cluster: Cluster) -> AsyncIterator[TestClient[Any, Any]]:
    """The services API, which the dashboard's origin may call."""
    app = application(
        cluster.kube,
        Lifecycle(cluster.kube),
        Credentials("oscar", "secret"),
        ManualClock(),
        origins=Origins(frozenset({DASHBOARD})),
    )
    async with TestClient(TestServer(app)) as client:
        yield client


async def exchange(
    client: TestClient[Any, Any], one: Exchange, headers: dict[str, str], *, strict: bool
) -> None:
    sent = headers | one.headers
    if one.method != "OPTIONS":  # of which browsers keep credentials back
        sent |= {"Authorization": encode_basic_auth("oscar", "secret")}
    data = None if one.body is None else json.dumps(one.body, separators=(",", ":")).encode()
    skip = () if "Content-Type" in one.headers else ("Content-Type",)
    async with client.request(
        one.method, one.path, data=data, headers=sent, skip_auto_headers=skip
    ) as answer:
        text = await answer.text()
        assert answer.status == one.status, (one.name, text)
        for name, value in one.answers.items():
            assert answer.headers.get(name) == value, (one.name, name)
    decoded(text, one, strict=strict)


@pytest.mark.parametrize(("file", "strict"), [("oscar_cli.yaml", False), ("dashboard.yaml", True)])
async def test_the_calls_of(client: TestClient[Any, Any], file: str, strict: bool) -> None:
    headers, exchanges = read(file)
    for one in exchanges:
        await exchange(client, one, headers, strict=strict)


async def test_what_oscar_cli_sends_of_other_clusters_is_kept_secret(
    client: TestClient[Any, Any], cluster: Cluster
) -> None:
    """It sends its own password along with each definition."""
    headers, exchanges = read("oscar_cli.yaml")
    (create,) = (one for one in exchanges if one.method == "POST" and "services" in one.path)
    await exchange(client, create, headers, strict=False)
    assert "canary" not in json.dumps(cluster.configmap("ocr"))
    assert "canary" not in json.dumps(cluster.deployment("ocr"))


@pytest.mark.parametrize(
    ("value", "shape", "strict", "found"),
    [
        ({"a": 1}, {"a": "int"}, True, []),
        ({"a": None}, {"a": "int"}, False, []),
        ({}, {"a": ["int"]}, False, []),
        ({}, {"a": ["int"]}, True, ["$.a: None is no list"]),
        ({"a": True}, {"a": "int"}, False, ["$.a: True is no int"]),
        ({"a": [5000]}, {"a": "int"}, False, ["$.a: [5000] is no int"]),
        ({"a": ["x", 1]}, {"a": ["string"]}, False, ["$.a[1]: 1 is no string"]),
        ({"a": {"b": 1}}, {"a": {"*": "string"}}, False, ["$.a.b: 1 is no string"]),
        ([], {"a": "int"}, False, ["$: [] is no object"]),
    ],
)
def test_answers_are_decoded_as_the_clients_do(
    value: Any, shape: Any, strict: bool, found: list[str]
) -> None:
    assert list(faults(value, shape, strict=strict)) == found
