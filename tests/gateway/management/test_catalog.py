from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.management.catalog import Catalog
from gateway.management.lifecycle import Lifecycle
from shared.embedded import kinds
from shared.service import fdl
from shared.service.model import Environment, Service
from tests.gateway.management.cluster import NS, Cluster


async def test_services_are_read_as_they_were_written(cluster: Cluster, service: Service) -> None:
    lifecycle = Lifecycle(cluster.kube)
    await lifecycle.create(service)
    await lifecycle.create(replace(service, name="a"))
    found = await Catalog(cluster.kube).all()
    assert [one.service for one in found] == [replace(service, name="a"), service]
    assert [len(one.token) for one in found] == [64, 64]
    single = await Catalog(cluster.kube).find("ocr")
    assert single is not None
    assert (single.service, single.token) == (found[1].service, found[1].token)


async def test_what_is_missing_is_none_or_empty(cluster: Cluster) -> None:
    catalog = Catalog(cluster.kube)
    assert await catalog.find("ocr") is None
    assert await catalog.deployment("ocr") is None
    assert await catalog.token("ocr") == ""
    assert await catalog.environment_secrets("ocr") == {}
    assert await catalog.all() == []


async def test_deployments_are_found_by_their_service(cluster: Cluster, service: Service) -> None:
    await Lifecycle(cluster.kube).create(service)
    found = await Catalog(cluster.kube).deployments()
    assert found["ocr"]["metadata"]["name"] == "ocr-dlp"


async def test_values_of_secrets_are_read_from_their_secret(
    cluster: Cluster, service: Service
) -> None:
    secret = replace(service, environment=Environment(secrets={"KEY": "s3crét"}))
    await Lifecycle(cluster.kube).create(secret)
    assert await Catalog(cluster.kube).environment_secrets("ocr") == {"KEY": "s3crét"}


@pytest.mark.parametrize("text", ["", "{", "name: other\nimage: i\n", "image: i\n"])
async def test_a_configmap_that_holds_no_definition_is_an_error(
    cluster: Cluster, text: str
) -> None:
    broken = {
        "metadata": {"name": "ocr", "labels": {"oscar_service": "ocr"}},
        "data": {"function_config.yaml": text},
    }
    cluster.api.create(kinds.CONFIG_MAP, broken, NS, manager="test")
    with pytest.raises(fdl.FdlError):
        await Catalog(cluster.kube).find("ocr")
    assert await Catalog(cluster.kube).all() == []
