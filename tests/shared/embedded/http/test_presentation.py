"""Answers for people: indented JSON, YAML, and what no answer can be."""

from __future__ import annotations

import pytest
import yaml

from shared.embedded.kinds import CONFIG_MAP
from tests.shared.embedded.http.conftest import ADMIN, SPACE, Cluster

MAPS = f"/api/v1/namespaces/{SPACE}/configmaps"
AUTHORIZED = {"Authorization": f"Bearer {ADMIN}"}


async def read(cluster: Cluster, path: str, **headers: str) -> tuple[int, str, str]:
    async with cluster.client.get(path, headers={**AUTHORIZED, **headers}) as answer:
        return answer.status, answer.content_type, await answer.text()


@pytest.fixture
def path(cluster: Cluster) -> str:
    cluster.api.create(CONFIG_MAP, {"metadata": {"name": "m"}}, SPACE, manager="x")
    return f"{MAPS}/m"


@pytest.mark.parametrize(
    ("query", "agent", "indented"),
    [
        ("?pretty=true", "kubectl/v1", True),
        ("", "kubectl/v1", False),
        ("", "curl/8.1", True),
        ("?pretty=0", "curl/8.1", False),
    ],
)
async def test_people_are_shown_indents(
    cluster: Cluster, path: str, query: str, agent: str, indented: bool
) -> None:
    _, _, text = await read(cluster, path + query, **{"User-Agent": agent})
    assert text.startswith('{\n  "kind": "ConfigMap",') is indented


async def test_objects_lists_and_refusals_as_yaml(cluster: Cluster, path: str) -> None:
    status, media_type, text = await read(cluster, path, Accept="application/yaml")
    assert (status, media_type, yaml.safe_load(text)["kind"]) == (
        200,
        "application/yaml",
        "ConfigMap",
    )
    _, _, text = await read(cluster, MAPS, Accept="application/yaml")
    assert yaml.safe_load(text)["items"][0]["metadata"]["name"] == "m"
    status, _, text = await read(cluster, f"{MAPS}/none", Accept="application/yaml")
    assert (status, text.splitlines()[:2]) == (404, ["apiVersion: v1", "code: 404"])


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("application/yaml;q=0.5, application/json", "application/json"),
        ("application/json;q=0.1, application/yaml;q=0.9", "application/yaml"),
        ("text/html, */*;q=0.1", "application/json"),
        ("application/vnd.kubernetes.protobuf, application/json", "application/json"),
    ],
)
async def test_the_preferred_type_wins(
    cluster: Cluster, path: str, accept: str, media_type: str
) -> None:
    assert (await read(cluster, path, Accept=accept))[1] == media_type


@pytest.mark.parametrize(
    ("query", "accept", "message"),
    [
        (
            "",
            "text/html",
            "406: Not Acceptable\n\nAvailable representations: application/json, app",
        ),
        ("", "application/json;as=Chart;g=meta.k8s.io;v=v1", "only the following media types are"),
        (
            "?watch=1",
            "application/yaml",
            "accepted: application/json;stream=watch, application/vnd",
        ),
    ],
)
async def test_what_cannot_be_shown(
    cluster: Cluster, query: str, accept: str, message: str
) -> None:
    status, _, text = await read(cluster, MAPS + query, Accept=accept)
    assert (status, message in yaml.safe_load(text)["message"]) == (406, True)
