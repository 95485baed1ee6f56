"""Volumes of services over HTTP: made, found again, grown, kept, deleted."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest
from aiohttp.test_utils import TestClient

from gateway.management.metrics import Metrics
from gateway.management.objects.policy import Policy
from gateway.management.store.lifecycle import Lifecycle
from gateway.management.store.reconcile import Reconciler, Result
from shared.embedded import kinds
from shared.embedded.api.bootstrap import STORAGE
from shared.embedded.controllers.manager import Controllers
from shared.kube.client import KubeClient
from shared.kube.errors import ServerError
from shared.runtime.clock import ManualClock
from shared.service import fdl
from shared.service.model import Service
from tests.gateway.management.cluster import NS, Cluster
from tests.gateway.management.store.test_lifecycle import failing

Client = TestClient[Any, Any]
SERVICES = "/system/services"
PVC = kinds.PERSISTENT_VOLUME_CLAIM


@pytest.fixture
def controllers(cluster: Cluster) -> Controllers:
    """A cluster whose claims are bound, and whose pods run nowhere."""
    cluster.api.create(kinds.STORAGE_CLASS, STORAGE, manager="test")
    return Controllers(cluster.api, ManualClock())


def stored(body: dict[str, Any], **volume: Any) -> dict[str, Any]:
    return body | {"volume": {"size": "1Gi", "mount_path": "/data"} | volume}


async def send(client: Client, method: str, body: dict[str, Any]) -> list[str]:
    """POST or PUT a definition that must be taken; the warnings."""
    response = await client.request(method, SERVICES, json=body)
    assert response.status < 300, await response.text()
    return list(response.headers.getall("Warning", []))


async def refused(client: Client, method: str, body: dict[str, Any]) -> tuple[int, str]:
    response = await client.request(method, SERVICES, json=body)
    return response.status, await response.text()


async def volume_status(client: Client) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(await (await client.get(f"{SERVICES}/ocr")).text())
    (listed,) = json.loads(await (await client.get(SERVICES)).text())
    assert listed["volume_status"] == answer["volume_status"]
    status: dict[str, Any] = answer["volume_status"]
    return status


def claim(cluster: Cluster, name: str = "ocr") -> dict[str, Any]:
    return cluster.api.get(PVC, name, NS)


def size(cluster: Cluster) -> str:
    requested: str = claim(cluster)["spec"]["resources"]["requests"]["storage"]
    return requested


async def test_a_volume_comes_with_its_service_and_is_told_of(
    admin: Client, cluster: Cluster, controllers: Controllers, body: dict[str, Any]
) -> None:
    assert await send(admin, "POST", stored(body)) == []
    assert await volume_status(admin) == {"enabled": True, "name": "ocr", "phase": "pending"}
    controllers.settle()
    assert await volume_status(admin) == {"enabled": True, "name": "ocr", "phase": "in_use"}
    (mount,) = cluster.container("ocr")["volumeMounts"][1:]
    assert mount == {"name": "service-volume", "mountPath": "/data"}


async def test_no_volume_is_told_too(admin: Client, body: dict[str, Any]) -> None:
    await send(admin, "POST", body)
    assert await volume_status(admin) == {"enabled": False}


async def test_a_volume_grows_and_is_never_shrunk(
    admin: Client, cluster: Cluster, controllers: Controllers, body: dict[str, Any]
) -> None:
    await send(admin, "POST", stored(body))
    assert (await refused(admin, "PUT", stored(body, size="2Gi")))[0] == 400, "not bound yet"
    controllers.settle()
    await send(admin, "PUT", stored(body, size="2Gi"))
    controllers.settle()
    assert claim(cluster)["status"]["capacity"] == {"storage": "2Gi"}
    before = cluster.configmap("ocr")
    status, text = await refused(admin, "PUT", stored(body, size="1Gi"))
    assert (status, "ocr has 2Gi and volumes never shrink" in text) == (400, True)
    assert cluster.configmap("ocr") == before, "nothing was written"


async def test_a_cluster_that_lets_no_volume_grow_says_so_and_the_old_definition_stays(
    admin: Client, cluster: Cluster, controllers: Controllers, body: dict[str, Any]
) -> None:
    fixed = {"allowVolumeExpansion": False}
    cluster.api.patch(kinds.STORAGE_CLASS, "standard", "", fixed, manager="test")
    await send(admin, "POST", stored(body))
    controllers.settle()
    status, text = await refused(admin, "PUT", stored(body, size="2Gi", mount_path="/other"))
    assert status == 400
    assert text.startswith("The service specification is not valid: volume.size: the cluster does")
    assert size(cluster) == "1Gi"
    assert cluster.container("ocr")["volumeMounts"][1]["mountPath"] == "/data"


async def test_a_volume_is_kept_and_found_again(
    admin: Client, cluster: Cluster, controllers: Controllers, body: dict[str, Any]
) -> None:
    await send(admin, "POST", stored(body, size="3Gi"))
    controllers.settle()
    uid = claim(cluster)["metadata"]["uid"]
    response = await admin.delete(f"{SERVICES}/ocr")
    assert "volume: ocr is kept; kubectl delete pvc ocr" in response.headers["Warning"]
    (told,) = await send(admin, "POST", stored(body))
    assert "ocr (3Gi) is there from before" in told
    assert claim(cluster)["metadata"]["uid"] == uid
    assert size(cluster) == "3Gi", "as it stands"
    assert await send(admin, "PUT", stored(body)) == []


async def test_a_volume_goes_with_its_service_when_the_definition_says_so(
    admin: Client, cluster: Cluster, controllers: Controllers, body: dict[str, Any]
) -> None:
    leaving = stored(body, lifecycle_policy="delete")
    await send(admin, "POST", leaving)
    await send(admin, "PUT", stored(body))
    await send(admin, "PUT", leaving)
    response = await admin.delete(f"{SERVICES}/ocr")
    assert "Warning" not in response.headers
    assert "deletionTimestamp" in claim(cluster)["metadata"]
    controllers.settle()
    assert cluster.names(PVC) == []
    assert await send(admin, "POST", leaving) == []


async def test_an_update_keeps_the_volume_that_it_no_longer_names(
    admin: Client, cluster: Cluster, body: dict[str, Any]
) -> None:
    await send(admin, "POST", stored(body))
    (told,) = await send(admin, "PUT", body)
    assert "volume: ocr is kept" in told
    (told,) = await send(admin, "PUT", stored(body))
    assert "is there from before" in told
    plain = {key: value for key, value in stored(body).items() if key != "expose"}
    (told,) = await send(admin, "PUT", plain)
    assert "nothing runs" in told
    assert cluster.names(PVC) == ["ocr"]


async def test_an_existing_volume_is_mounted_by_its_name_and_never_written(
    admin: Client, cluster: Cluster, controllers: Controllers, body: dict[str, Any]
) -> None:
    shared = body | {"volume": {"name": "shared", "mount_path": "/data"}}
    (told,) = await send(admin, "POST", shared)
    assert "there is no volume shared yet; pods wait" in told
    missing = {"phase": "error", "error": 'persistentvolumeclaims "shared" not found'}
    assert await volume_status(admin) == {"enabled": True, "name": "shared", **missing}
    spec = {"accessModes": ["ReadWriteMany"], "resources": {"requests": {"storage": "1Gi"}}}
    made = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "shared"}}
    cluster.api.create(PVC, made | {"spec": spec}, NS, manager="test")
    controllers.settle()
    before = claim(cluster, "shared")
    assert await send(admin, "PUT", shared) == []
    assert (await volume_status(admin))["phase"] == "in_use"
    status, text = await refused(admin, "PUT", stored(body, name="shared"))
    assert (status, "belongs to no service" in text) == (409, True)
    await admin.delete(f"{SERVICES}/ocr")
    assert claim(cluster, "shared") == before


async def test_a_volume_is_not_taken_from_another_service(
    admin: Client, cluster: Cluster, body: dict[str, Any]
) -> None:
    await send(admin, "POST", stored(body))
    thief = stored(body, name="ocr", lifecycle_policy="delete") | {"name": "thief"}
    status, text = await refused(admin, "POST", thief)
    assert status == 409
    assert text.startswith("A managed volume with the provided name already exists")
    assert cluster.names(kinds.CONFIG_MAP) == ["ocr"]
    assert claim(cluster)["metadata"]["labels"]["oscar_service"] == "ocr"


async def test_a_name_that_is_taken_is_told_before_its_volume(
    admin: Client, body: dict[str, Any]
) -> None:
    await send(admin, "POST", stored(body))
    status, text = await refused(admin, "POST", stored(body, size="1Ti"))
    assert (status, text) == (400, "A service with the provided name already exists")


async def test_a_service_waits_for_the_volume_of_the_one_before_it(
    cluster: Cluster, controllers: Controllers, body: dict[str, Any]
) -> None:
    leaving = fdl.parse_service(stored(body, lifecycle_policy="delete")).service
    clock = ManualClock()
    lifecycle = Lifecycle(cluster.kube, clock=clock)
    await lifecycle.create(leaving)
    await lifecycle.delete("ocr")
    first = claim(cluster)["metadata"]["uid"]
    again = asyncio.create_task(lifecycle.create(leaving))
    while not clock.sleeping:
        await asyncio.sleep(0)
    assert claim(cluster)["metadata"]["uid"] == first
    controllers.settle()
    while not again.done():
        await clock.advance(1)
    await again
    assert claim(cluster)["metadata"]["uid"] != first


async def test_a_create_that_fails_takes_its_volume_along_and_no_older_one(
    cluster: Cluster, controllers: Controllers, body: dict[str, Any]
) -> None:
    service = fdl.parse_service(stored(body)).service
    broken = failing(cluster, "apply", 2, ServerError(500, "X", "boom"))
    with pytest.raises(ServerError):
        await broken.create(service)
    controllers.settle()
    assert (cluster.names(kinds.CONFIG_MAP), cluster.names(PVC)) == ([], [])
    lifecycle = Lifecycle(cluster.kube)
    await lifecycle.create(service)
    await lifecycle.delete("ocr")
    broken = failing(cluster, "apply", 2, ServerError(500, "X", "boom"))
    with pytest.raises(ServerError):
        await broken.create(service)
    controllers.settle()
    assert (cluster.names(kinds.CONFIG_MAP), cluster.names(PVC)) == ([], ["ocr"])


class Cut(BaseException):
    """The process is killed: nothing of it runs after this."""


class Killed:
    """The real client, until call number `last`; after it the process is dead."""

    def __init__(self, kube: KubeClient, last: int) -> None:
        self._kube = kube
        self.left = last

    def __getattr__(self, verb: str) -> Any:
        real = getattr(self._kube, verb)

        async def counted(*arguments: Any, **options: Any) -> Any:
            self.left -= 1
            if self.left < 0:
                raise Cut
            return await real(*arguments, **options)

        return counted


@pytest.mark.parametrize(("policy", "step"), [("retain", 1), ("delete", 5)])
async def test_wherever_a_create_is_cut_its_volume_is_wholly_there_or_gone(
    cluster: Cluster, controllers: Controllers, body: dict[str, Any], policy: str, step: int
) -> None:
    service = fdl.parse_service(stored(body, lifecycle_policy=policy)).service
    for call in range(1, 100, step):
        process = Killed(cluster.kube, call)
        try:
            await Lifecycle(process).create(service)  # type: ignore[arg-type]
        except Cut:
            await Lifecycle(cluster.kube).reconcile("ocr")
        controllers.settle()
        there = cluster.names(kinds.CONFIG_MAP)
        assert cluster.names(PVC) == there
        if there:
            owned = bool(claim(cluster)["metadata"].get("ownerReferences"))
            assert owned == (policy == "delete")
            await Lifecycle(cluster.kube).delete("ocr")
            controllers.settle()
            assert cluster.names(PVC) == ([] if owned else ["ocr"])
            if not owned:
                cluster.api.delete(PVC, "ocr", NS)
                controllers.settle()
        if process.left > 0:
            break
    assert 10 < call < 99


async def test_a_change_that_fails_takes_no_data_with_it(
    cluster: Cluster, controllers: Controllers, body: dict[str, Any]
) -> None:
    service: Service = fdl.parse_service(stored(body)).service
    await Lifecycle(cluster.kube).create(service)
    controllers.settle()
    before = claim(cluster)
    broken = failing(cluster, "apply", 1, ServerError(500, "X", "boom"))
    with pytest.raises(ServerError):
        await broken.replace(replace(service, image="other"))
    assert claim(cluster) == before


async def test_wherever_an_update_is_cut_the_volume_goes_or_stays_as_the_definition_says(
    cluster: Cluster, controllers: Controllers, body: dict[str, Any]
) -> None:
    stays = fdl.parse_service(stored(body)).service
    goes = fdl.parse_service(stored(body, lifecycle_policy="delete")).service
    await Lifecycle(cluster.kube).create(stays)
    controllers.settle()
    uid = claim(cluster)["metadata"]["uid"]
    for call in range(1, 100):
        process = Killed(cluster.kube, call)
        wanted = goes if call % 2 else stays
        try:
            await Lifecycle(process).replace(wanted)  # type: ignore[arg-type]
        except Cut:
            await Lifecycle(cluster.kube).reconcile("ocr")
        policy = "delete" if "lifecycle_policy: delete" in text_of(cluster) else "retain"
        metadata = claim(cluster)["metadata"]
        assert bool(metadata.get("ownerReferences")) == (policy == "delete")
        assert metadata["labels"]["oscar.grycap/volume-lifecycle-policy"] == policy
        assert metadata["uid"] == uid
        if process.left > 0:
            break
    assert 10 < call < 99


def text_of(cluster: Cluster) -> str:
    text: str = cluster.configmap("ocr")["data"]["function_config.yaml"]
    return text


class Counting(Killed):
    """The real client; notes what is read one by one."""

    def __init__(self, kube: KubeClient) -> None:
        super().__init__(kube, 10_000)
        self.names: list[str] = []

    async def get(self, *arguments: Any, **options: Any) -> Any:
        self.names.append(arguments[1])
        return await self._kube.get(*arguments, **options)


async def test_a_reconcile_makes_a_volume_anew_and_looks_no_closer_at_what_is_right(
    cluster: Cluster, controllers: Controllers, body: dict[str, Any]
) -> None:
    kube: Any = Counting(cluster.kube)
    lifecycle = Lifecycle(kube)
    await lifecycle.create(fdl.parse_service(stored(body)).service)
    await lifecycle.create(fdl.parse_service(stored(body | {"name": "gone"})).service)
    await lifecycle.delete("gone")
    controllers.settle()
    reconciler = Reconciler(kube, lifecycle, Metrics())
    kube.names.clear()
    assert await reconciler.round() == {Result.UNCHANGED: 1}
    assert kube.names == []
    cluster.api.delete(PVC, "ocr", NS)
    controllers.settle()
    assert cluster.names(PVC) == ["gone"]
    assert await reconciler.round() == {Result.REPAIRED: 1}
    assert cluster.names(PVC) == ["gone", "ocr"]


async def test_services_follow_the_settings_of_pods(cluster: Cluster, body: dict[str, Any]) -> None:
    strict = Policy(run_as_non_root=True)
    await Lifecycle(cluster.kube).create(fdl.parse_service(body).service)
    changed = Lifecycle(cluster.kube, policy=strict)
    reconciler = Reconciler(cluster.kube, changed, Metrics(), policy=strict)
    assert await reconciler.round() == {Result.REPAIRED: 1}
    pod = cluster.deployment("ocr")["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert await reconciler.round() == {Result.UNCHANGED: 1}
