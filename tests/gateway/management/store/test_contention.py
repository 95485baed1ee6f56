"""Two services APIs write the same service at a time: their locks know nothing of each other."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from typing import Any

import pytest

from gateway.management.metrics import Metrics
from gateway.management.problems import RefusalError, of_cluster
from gateway.management.store.catalog import Catalog
from gateway.management.store.lifecycle import Lifecycle
from gateway.management.store.reconcile import Reconciler, Result
from shared.embedded import kinds
from shared.kube.client import KubeClient
from shared.kube.errors import KubeError
from shared.service.model import Environment, Service
from shared.service.tokens import digest
from tests.gateway.management.cluster import Cluster


class Delayed:
    """The real client, whose calls come a few turns of the loop later: processes interleave."""

    def __init__(self, kube: KubeClient, chance: random.Random) -> None:
        self._kube = kube
        self._chance = chance

    def __getattr__(self, verb: str) -> Any:
        real = getattr(self._kube, verb)

        async def later(*arguments: Any, **options: Any) -> Any:
            for _ in range(self._chance.randrange(20)):
                await asyncio.sleep(0)
            return await real(*arguments, **options)

        return later


async def answered(work: Any) -> int:
    """The status that a client is answered."""
    try:
        await work
    except RefusalError as error:
        return error.status
    except KubeError as error:
        return of_cluster(error, "").status
    return 200


@pytest.mark.parametrize("seed", range(3))
async def test_of_many_writes_at_once_one_consistent_state_comes(
    cluster: Cluster, service: Service, seed: int
) -> None:
    chance = random.Random(seed)
    apis = [Lifecycle(Delayed(cluster.kube, chance)) for _ in range(2)]  # type: ignore[arg-type]
    await apis[0].create(service)
    works = []
    for number in range(20):
        api = apis[number % 2]
        kind = chance.choice(("replace", "replace", "delete", "create", "stop", "start", "rotate"))
        secrets = Environment(secrets={"KEY": f"secret-{number}"})
        new = replace(service, image=f"v{number}", environment=secrets)
        works.append(getattr(api, kind)(new if kind in ("replace", "create") else "ocr"))
    statuses = await asyncio.gather(*map(answered, works))
    assert set(statuses) <= {200, 400, 404, 409}
    await _is_consistent(cluster)


async def test_of_puts_at_once_the_last_is_there_wholly(cluster: Cluster, service: Service) -> None:
    apis = [Lifecycle(cluster.kube) for _ in range(2)]
    await apis[0].create(service)
    token = await Catalog(cluster.kube).token("ocr")
    works = [apis[n % 2].replace(replace(service, image=f"v{n}")) for n in range(20)]
    statuses = await asyncio.gather(*map(answered, works))
    assert set(statuses) <= {200, 409}
    assert 200 in statuses
    assert await Catalog(cluster.kube).token("ocr") == token
    await _is_consistent(cluster)


async def test_of_two_creates_at_once_one_wins(cluster: Cluster, service: Service) -> None:
    apis = [Lifecycle(cluster.kube) for _ in range(2)]
    works = [api.create(replace(service, image=f"v{n}")) for n, api in enumerate(apis)]
    statuses = await asyncio.gather(*map(answered, works))
    assert 200 in statuses
    assert set(statuses) <= {200, 400, 404, 409}
    await _is_consistent(cluster)


async def test_a_reconcile_beside_writes_harms_none(cluster: Cluster, service: Service) -> None:
    """Of another process, which knows nothing of what is under way."""
    writer = Lifecycle(Delayed(cluster.kube, random.Random(1)))  # type: ignore[arg-type]
    reconciler = Reconciler(cluster.kube, Lifecycle(cluster.kube), Metrics())
    done = asyncio.Event()

    async def rounds() -> None:
        while not done.is_set():
            await reconciler.round()

    beside = asyncio.create_task(rounds())
    for number in range(4):
        name = f"s{number}"
        await writer.create(replace(service, name=name))
        token = await Catalog(cluster.kube).token(name)
        await writer.replace(replace(service, name=name, image="v2"))
        assert await Catalog(cluster.kube).token(name) == token
        assert cluster.container(name)["image"] == "v2"
        await writer.delete(name)
    done.set()
    await beside
    assert cluster.names(kinds.SECRET) == cluster.names(kinds.DEPLOYMENT) == []


async def _is_consistent(cluster: Cluster) -> None:
    """Nothing is left for a reconcile but keys of revisions that nobody has named."""
    found = await Catalog(cluster.kube).find("ocr")
    results = await Reconciler(cluster.kube, Lifecycle(cluster.kube), Metrics()).round()
    assert results.keys() <= {Result.UNCHANGED}
    if found is None:
        assert cluster.names(kinds.SECRET) == cluster.names(kinds.DEPLOYMENT) == []
        return
    assert found.digest == digest(found.token)
    assert cluster.container("ocr")["image"] == found.service.image
