"""Endpoints over HTTP: an older form of EndpointSlices, with a warning that says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.shared.embedded.http.conftest import ADMIN, SPACE

if TYPE_CHECKING:
    from tests.shared.embedded.http.conftest import Cluster

PATH = f"/api/v1/namespaces/{SPACE}/endpoints"
TABLE = "application/json;as=Table;g=meta.k8s.io;v=v1"
WARNING = '299 - "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"'


def endpoints(name: str, *addresses: str) -> dict[str, object]:
    subsets = [{"addresses": [{"ip": each} for each in addresses], "ports": [{"port": 80}]}]
    return {
        "apiVersion": "v1",
        "kind": "Endpoints",
        "metadata": {"name": name},
        "subsets": subsets if addresses else None,
    }


@pytest.mark.parametrize("query", ["", "?watch=1&timeoutSeconds=0", "/absent"])
async def test_whoever_uses_them_is_warned(cluster: Cluster, query: str) -> None:
    headers = {"Authorization": f"Bearer {ADMIN}"}
    async with cluster.client.get(PATH + query, headers=headers) as response:
        assert response.headers.getall("Warning") == [WARNING]


async def test_other_kinds_are_used_without_a_warning(cluster: Cluster) -> None:
    headers = {"Authorization": f"Bearer {ADMIN}"}
    async with cluster.client.get("/api/v1/pods", headers=headers) as response:
        assert "Warning" not in response.headers


async def test_the_table_shows_the_first_addresses(cluster: Cluster) -> None:
    many = [f"10.0.0.{i}" for i in range(5)]
    for name, addresses in (("few", many[:1]), ("many", many), ("none", [])):
        status, made = await cluster.call("POST", PATH, endpoints(name, *addresses))
        assert status == 201, made
    _, table = await cluster.call("GET", PATH, accept=TABLE)
    assert [row["cells"][:2] for row in table["rows"]] == [
        ["few", "10.0.0.0:80"],
        ["many", "10.0.0.0:80,10.0.0.1:80,10.0.0.2:80 + 2 more..."],
        ["none", "<none>"],
    ]
