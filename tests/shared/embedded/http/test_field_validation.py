"""fieldValidation over HTTP: what becomes of fields that are unknown or written twice."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from shared.embedded import kinds
from tests.shared.embedded.http.conftest import ADMIN, SPACE, Cluster

MAPS = f"/api/v1/namespaces/{SPACE}/configmaps"
TYPES = {
    "merge": "application/merge-patch+json",
    "json": "application/json-patch+json",
    "strategic": "application/strategic-merge-patch+json",
    "apply": "application/apply-patch+yaml",
}


@pytest.fixture
async def cluster() -> AsyncIterator[Cluster]:
    made = Cluster()
    made.api.create(kinds.CONFIG_MAP, {"metadata": {"name": "old"}}, SPACE, manager="test")
    async with made.running() as running:
        yield running


async def sent(
    cluster: Cluster, method: str, path: str, body: str, media: str = "application/json"
) -> tuple[int, list[str], dict[str, Any]]:
    """(status, warnings, answer)."""
    headers = {"Authorization": f"Bearer {ADMIN}", "Content-Type": media}
    async with cluster.client.request(method, path, data=body, headers=headers) as response:
        return response.status, response.headers.getall("Warning", []), await response.json()


def text(**more: Any) -> str:
    return json.dumps({"metadata": {"name": "old"}, **more})


@pytest.mark.parametrize(
    ("asked", "status", "warnings"),
    [
        ("?fieldValidation=Strict", 400, []),
        ("?fieldValidation=Ignore", 201, []),
        ("?fieldValidation=Warn", 201, ['299 - "unknown field \\"foo\\""']),
        ("", 201, ['299 - "unknown field \\"foo\\""']),
        ("?fieldValidation=strict", 422, []),
    ],
)
async def test_a_request_says_what_is_to_be_done(
    cluster: Cluster, asked: str, status: int, warnings: list[str]
) -> None:
    found = await sent(cluster, "POST", MAPS + asked, '{"metadata":{"name":"new"},"foo":1}')
    assert found[:2] == (status, warnings)
    assert "foo" not in found[2]


@pytest.mark.parametrize(
    ("method", "media", "body", "status", "message"),
    [
        (
            "PUT",
            "application/json",
            text(foo=1),
            400,
            'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: '
            'unknown field "foo"',
        ),
        (
            "PUT",
            "application/yaml",
            "metadata: {name: old}\ndata: {a: '1', a: '2'}\n",
            400,
            'yaml: unmarshal errors:\n  line 2: key "a" already set in map',
        ),
        ("PATCH", TYPES["merge"], '{"foo":1}', 422, 'strict decoding error: unknown field "foo"'),
        (
            "PATCH",
            TYPES["merge"],
            '{"data":{"a":"1","a":"2"}}',
            422,
            'strict decoding error: duplicate field "data.a"',
        ),
        (
            "PATCH",
            TYPES["json"],
            '[{"op":"add","path":"/foo","value":1,"x":1}]',
            422,
            'strict decoding error: json patch unknown field "[0].x", unknown field "foo"',
        ),
        (
            "PATCH",
            TYPES["strategic"],
            '{"foo":1}',
            422,
            'Invalid value: "map[foo:1]": strict decoding error: unknown field "foo"',
        ),
        (
            "PATCH",
            TYPES["apply"],
            '{"apiVersion":"v1","kind":"ConfigMap","data":{"a":"1","a":"2"}}',
            400,
            "error strict decoding YAML: error converting YAML to JSON: yaml: unmarshal errors:\n"
            '  line 1: key "a" already set in map',
        ),
        (
            "PATCH",
            TYPES["apply"],
            '{"apiVersion":"v1","kind":"ConfigMap","foo":1}',
            500,
            "failed to create typed patch object (/; /v1, Kind=ConfigMap): .foo: field not "
            "declared in schema",
        ),
    ],
)
async def test_strict_requests_are_refused(
    cluster: Cluster, method: str, media: str, body: str, status: int, message: str
) -> None:
    path = f"{MAPS}/old?fieldValidation=Strict&fieldManager=test"
    before = cluster.api.store.version
    found, warnings, answer = await sent(cluster, method, path, body, media)
    assert (found, warnings) == (status, [])
    assert message in answer["message"]
    assert cluster.api.store.version == before


@pytest.mark.parametrize(
    ("media", "body"),
    [
        (TYPES["merge"], '{"foo":1,"data":{"a":"1"}}'),
        (TYPES["strategic"], '{"foo":1,"data":{"a":"1"}}'),
        (TYPES["json"], '[{"op":"add","path":"/foo","value":1},'
         '{"op":"add","path":"/data","value":{"a":"1"}}]'),
    ],
)  # fmt: skip
async def test_patches_warn_and_store_nothing_unknown(
    cluster: Cluster, media: str, body: str
) -> None:
    status, warnings, answer = await sent(cluster, "PATCH", f"{MAPS}/old", body, media)
    assert (status, warnings) == (200, ['299 - "unknown field \\"foo\\""'])
    assert (answer["data"], "foo" in answer) == ({"a": "1"}, False)
