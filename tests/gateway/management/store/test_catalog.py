from __future__ import annotations

import re
from dataclasses import replace

import pytest

from gateway.management.store.catalog import Catalog
from gateway.management.store.lifecycle import Lifecycle
from shared.embedded import kinds
from shared.service.model import Service
from shared.service.objects import Obj
from shared.service.stored import StoredError
from tests.gateway.management.cluster import NS, Cluster
from tests.shared.service.configmaps import BROKEN, LABELLED, configmap


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
    assert await catalog.all() == []


async def test_deployments_are_found_by_their_service(cluster: Cluster, service: Service) -> None:
    await Lifecycle(cluster.kube).create(service)
    found = await Catalog(cluster.kube).deployments()
    assert found["ocr"]["metadata"]["name"] == "ocr-dlp"


@pytest.mark.parametrize(("obj", "told"), BROKEN.values(), ids=BROKEN.keys())
async def test_what_is_no_service_is_told_and_left_out_and_hurts_no_other(
    cluster: Cluster, service: Service, caplog: pytest.LogCaptureFixture, obj: Obj, told: str
) -> None:
    put(cluster, obj)
    await Lifecycle(cluster.kube).create(service)
    assert [one.service.name for one in await Catalog(cluster.kube).all()] == ["ocr"]
    assert told in caplog.text


@pytest.mark.parametrize(("obj", "told"), LABELLED.values(), ids=LABELLED.keys())
async def test_a_configmap_that_holds_no_definition_is_an_error(
    cluster: Cluster, obj: Obj, told: str
) -> None:
    put(cluster, obj)
    with pytest.raises(StoredError, match=re.escape(told)):
        await Catalog(cluster.kube).find("a")


@pytest.mark.parametrize("label", ["", "b"])
async def test_without_the_label_of_its_name_it_is_not_ours(cluster: Cluster, label: str) -> None:
    put(cluster, configmap(label=label))
    assert await Catalog(cluster.kube).find("a") is None
    assert await Catalog(cluster.kube).configmap("a") is None


def put(cluster: Cluster, obj: Obj) -> None:
    metadata = {name: obj["metadata"][name] for name in ("name", "labels")}
    cluster.api.create(kinds.CONFIG_MAP, obj | {"metadata": metadata}, NS, manager="test")
