"""Writes of the services API: failures half-way, concurrency, ownership of fields."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from gateway.management.access.caller import Caller
from gateway.management.metrics import Metrics
from gateway.management.objects.render import configmap
from gateway.management.problems import RefusalError
from gateway.management.store.catalog import Catalog
from gateway.management.store.lifecycle import Lifecycle
from gateway.management.store.reconcile import Reconciler
from shared.embedded import kinds
from shared.kube.client import KubeClient
from shared.kube.errors import Conflict, KubeError, ServerError
from shared.kube.resources import CONFIGMAPS, DEPLOYMENTS, SECRETS
from shared.service.model import Expose, Service
from shared.service.tokens import digest
from tests.gateway.management.cluster import NS, Cluster

STOPPED = "oscar.grycap.io/stopped"
PREVIOUS = "oscar.grycap.io/previous-replicas"
ASLEEP_SINCE = "oscar.grycap.io/asleep-since"


class Interrupted:
    """The real client, but one call fails: as if the cluster or we had died at that moment."""

    def __init__(self, kube: KubeClient, verb: str, error: BaseException, calls: int = 1) -> None:
        self._kube = kube
        self._verb = verb
        self._error = error
        self._left = calls

    def __getattr__(self, verb: str) -> Any:
        real = getattr(self._kube, verb)
        if verb != self._verb:
            return real

        async def counted(*arguments: Any, **options: Any) -> Any:
            self._left -= 1
            if self._left == 0:
                raise self._error
            return await real(*arguments, **options)

        return counted


def failing(cluster: Cluster, verb: str, call: int, error: BaseException) -> Lifecycle:
    return Lifecycle(Interrupted(cluster.kube, verb, error, call))  # type: ignore[arg-type]


def notes(obj: dict[str, Any]) -> dict[str, str]:
    found: dict[str, str] = obj["metadata"].get("annotations", {})
    return found


@pytest.mark.parametrize("call", [1, 2])
@pytest.mark.parametrize("error", [ServerError(500, "X", "boom"), asyncio.CancelledError()])
async def test_a_create_that_fails_half_way_leaves_nothing(
    cluster: Cluster, service: Service, call: int, error: BaseException
) -> None:
    with pytest.raises(type(error)):
        await failing(cluster, "apply", call, error).create(service)
    for kind in (kinds.CONFIG_MAP, kinds.SECRET, kinds.SERVICE, kinds.DEPLOYMENT):
        assert cluster.names(kind) == []


async def test_a_create_that_died_half_way_is_completed_by_the_next(
    cluster: Cluster, service: Service
) -> None:
    await cluster.kube.create(CONFIGMAPS, configmap(service, "ab" * 32), NS)  # and then no more
    await Lifecycle(cluster.kube).create(replace(service, image="other"))
    stored = await Catalog(cluster.kube).find("ocr")
    assert stored is not None
    assert stored.service.image == "other"
    assert stored.digest == digest(stored.token)
    assert cluster.deployment("ocr")["spec"]["replicas"] == 2


async def test_a_create_that_died_half_way_is_completed_by_a_replace(
    cluster: Cluster, service: Service
) -> None:
    await cluster.kube.create(CONFIGMAPS, configmap(service, "ab" * 32), NS)
    await Lifecycle(cluster.kube).replace(service)
    stored = await Catalog(cluster.kube).find("ocr")
    assert stored is not None
    assert stored.digest == digest(stored.token)
    assert cluster.deployment("ocr")["spec"]["replicas"] == 2


async def test_a_failed_replace_restores_the_old_definition(
    cluster: Cluster, service: Service
) -> None:
    await Lifecycle(cluster.kube).create(service)
    before = cluster.configmap("ocr")["data"], cluster.container("ocr")
    broken = failing(cluster, "apply", 1, ServerError(500, "X", "boom"))
    with pytest.raises(ServerError):
        await broken.replace(replace(service, image="other", script="other"))
    assert (cluster.configmap("ocr")["data"], cluster.container("ocr")) == before


async def test_a_failed_undo_is_logged_with_the_remedy(
    cluster: Cluster, service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    class Dying(Interrupted):
        async def delete(self, *_: Any, **__: Any) -> None:
            raise KubeError(0, "Unreachable", "gone")

    kube = Dying(cluster.kube, "apply", ServerError(500, "X", "boom"), 2)
    with pytest.raises(ServerError):
        await Lifecycle(kube).create(service)  # type: ignore[arg-type]
    assert "apply or delete the service" in caplog.text


async def test_of_two_creates_at_once_one_wins(cluster: Cluster, service: Service) -> None:
    lifecycle = Lifecycle(cluster.kube)
    results = await asyncio.gather(
        *(lifecycle.create(replace(service, image=image)) for image in ("a", "b")),
        return_exceptions=True,
    )
    assert [type(one) for one in results] == [tuple, RefusalError]
    assert cluster.container("ocr")["image"] == "a"


async def test_locks_are_forgotten(cluster: Cluster, service: Service) -> None:
    lifecycle = Lifecycle(cluster.kube)
    await asyncio.gather(lifecycle.create(service), lifecycle.create(replace(service, name="b")))
    assert lifecycle._locks == {}


async def test_stop_marks_both_objects_and_remembers_the_size(
    cluster: Cluster, service: Service
) -> None:
    lifecycle = Lifecycle(cluster.kube)
    await lifecycle.create(service)
    cluster.scale("ocr", 4)
    await lifecycle.stop("ocr")
    assert notes(cluster.configmap("ocr"))[STOPPED] == "true"
    marks = {key: notes(cluster.deployment("ocr"))[key] for key in (STOPPED, PREVIOUS)}
    assert marks == {STOPPED: "true", PREVIOUS: "4"}
    assert cluster.deployment("ocr")["spec"]["replicas"] == 0
    await lifecycle.stop("ocr")  # again: the size is not forgotten
    assert notes(cluster.deployment("ocr"))[PREVIOUS] == "4"
    await lifecycle.start("ocr")
    assert notes(cluster.configmap("ocr"))[STOPPED] == "false"
    assert notes(cluster.deployment("ocr"))[STOPPED] == "false"
    assert cluster.deployment("ocr")["spec"]["replicas"] == 4


@pytest.mark.parametrize("least", [1, 2])
async def test_who_scales_a_new_service_by_kubectl_is_noted(
    cluster: Cluster, service: Service, least: int
) -> None:
    """The API server notes it only where somebody owned the replicas before."""
    lifecycle = Lifecycle(cluster.kube)
    await lifecycle.create(replace(service, expose=Expose((5000,), min_scale=least)))
    assert cluster.deployment("ocr")["spec"]["replicas"] == least
    body = {"spec": {"replicas": 4}}
    cluster.api.patch(kinds.DEPLOYMENT, "ocr-dlp", NS, body, subresource="scale", manager="kubectl")
    entries = cluster.deployment("ocr")["metadata"]["managedFields"]
    owners = [each for each in entries if "f:replicas" in each["fieldsV1"].get("f:spec", {})]
    assert [(each["manager"], each["subresource"]) for each in owners] == [("kubectl", "scale")]
    await lifecycle.replace(replace(service, image="registry/ocr:2"))
    assert cluster.deployment("ocr")["spec"]["replicas"] == 4


async def test_start_of_a_running_service_keeps_its_size(
    cluster: Cluster, service: Service
) -> None:
    lifecycle = Lifecycle(cluster.kube)
    await lifecycle.create(service)
    cluster.scale("ocr", 5)
    await lifecycle.start("ocr")
    assert cluster.deployment("ocr")["spec"]["replicas"] == 5


@pytest.mark.parametrize("previous", [None, "0", "many"])
async def test_start_without_a_remembered_size_takes_the_least(
    cluster: Cluster, service: Service, previous: str | None
) -> None:
    lifecycle = Lifecycle(cluster.kube)
    await lifecycle.create(service)
    body = {"metadata": {"annotations": {PREVIOUS: previous}}, "spec": {"replicas": 0}}
    await cluster.kube.patch(DEPLOYMENTS, "ocr-dlp", body, NS)
    await lifecycle.start("ocr")
    assert cluster.deployment("ocr")["spec"]["replicas"] == 2


async def test_start_of_one_that_sleeps_takes_the_size_of_waking(
    cluster: Cluster, service: Service
) -> None:
    lifecycle = Lifecycle(cluster.kube)
    scaling = {"zero_after": "10m", "wake_to": 3}
    await lifecycle.create(replace(service, expose=Expose((5000,), scaling=scaling)))
    mark = {"metadata": {"annotations": {ASLEEP_SINCE: "2026-01-01T00:00:00Z"}}}
    await cluster.kube.patch(DEPLOYMENTS, "ocr-dlp", mark | {"spec": {"replicas": 0}}, NS)
    await lifecycle.start("ocr")
    assert cluster.deployment("ocr")["spec"]["replicas"] == 3
    assert ASLEEP_SINCE not in notes(cluster.deployment("ocr"))


async def test_a_replaced_service_that_is_stopped_stays_stopped(
    cluster: Cluster, service: Service
) -> None:
    lifecycle = Lifecycle(cluster.kube)
    await lifecycle.create(service)
    cluster.scale("ocr", 4)
    await lifecycle.stop("ocr")
    await lifecycle.replace(replace(service, image="other"))
    assert cluster.container("ocr")["image"] == "other"
    assert cluster.deployment("ocr")["spec"]["replicas"] == 0
    assert notes(cluster.configmap("ocr"))[STOPPED] == "true"
    await lifecycle.start("ocr")
    assert cluster.deployment("ocr")["spec"]["replicas"] == 4


async def test_the_scaler_owns_replicas_whatever_is_applied(
    cluster: Cluster, service: Service
) -> None:
    lifecycle = Lifecycle(cluster.kube)
    await lifecycle.create(service)
    for replicas in (3, 5):
        cluster.scale("ocr", replicas)
        await lifecycle.replace(replace(service, image=f"v{replicas}"))
        assert cluster.deployment("ocr")["spec"]["replicas"] == replicas


async def test_stop_and_scaler_at_once_do_not_lose_the_stop(
    cluster: Cluster, service: Service
) -> None:
    class Racing(Interrupted):
        """The scaler writes just before each of our first patches of the Deployment."""

        def __init__(self, kube: KubeClient) -> None:
            super().__init__(kube, "none", RuntimeError())
            self.sizes = [3, 4]

        async def patch(self, resource: Any, *arguments: Any, **options: Any) -> Any:
            if resource is DEPLOYMENTS and self.sizes:
                cluster.scale("ocr", self.sizes.pop(0))
            return await self._kube.patch(resource, *arguments, **options)

    await Lifecycle(cluster.kube).create(service)
    await Lifecycle(Racing(cluster.kube)).stop("ocr")  # type: ignore[arg-type]
    assert cluster.deployment("ocr")["spec"]["replicas"] == 0
    assert notes(cluster.deployment("ocr"))[PREVIOUS] == "4"


async def test_a_stop_that_never_gets_through_gives_up(cluster: Cluster, service: Service) -> None:
    class Losing(Interrupted):
        async def patch(self, resource: Any, *arguments: Any, **options: Any) -> Any:
            if resource is DEPLOYMENTS:
                raise Conflict(409, "Conflict", "modified")
            return await self._kube.patch(resource, *arguments, **options)

    await Lifecycle(cluster.kube).create(service)
    losing = Lifecycle(Losing(cluster.kube, "none", RuntimeError()))  # type: ignore[arg-type]
    with pytest.raises(Conflict) as caught:
        await losing.stop("ocr")
    assert "marked as stopped, and the next reconcile follows" in caught.value.__notes__[0]


async def test_a_service_without_its_deployment_says_what_to_do(
    cluster: Cluster, service: Service
) -> None:
    lifecycle = Lifecycle(cluster.kube)
    await lifecycle.create(service)
    await cluster.kube.delete(DEPLOYMENTS, "ocr-dlp", NS)
    with pytest.raises(RefusalError, match="apply its definition again"):
        await lifecycle.start("ocr")
    await lifecycle.replace(service)
    assert cluster.deployment("ocr")["spec"]["replicas"] == 2


async def test_a_lost_token_is_made_anew(cluster: Cluster, service: Service) -> None:
    lifecycle = Lifecycle(cluster.kube)
    await lifecycle.create(service)
    await cluster.kube.delete(SECRETS, "ocr-token", NS)
    await lifecycle.replace(service)
    stored = await Catalog(cluster.kube).find("ocr")
    assert stored is not None
    assert len(stored.token) == 64
    assert stored.digest == digest(stored.token)


async def test_a_service_of_one_replica_is_written_once(cluster: Cluster, service: Service) -> None:
    single = replace(service, expose=Expose(api_port=(80,)))
    await Lifecycle(cluster.kube).create(single)
    deployment = cluster.deployment("ocr")
    assert deployment["spec"]["replicas"] == 1
    assert deployment["metadata"]["generation"] == 1


async def test_what_became_somebody_elses_meanwhile_is_not_changed(
    cluster: Cluster, service: Service
) -> None:
    """The guard let bob pass, who owned a service of this name until a moment ago."""
    lifecycle, bob = Lifecycle(cluster.kube), Caller("bob@egi.eu", admin=False, proof="bearer")
    await lifecycle.create(replace(service, owner="alice@egi.eu"))
    before = [cluster.configmap("ocr"), cluster.deployment("ocr")]
    for change in (
        lifecycle.replace(service, bob),
        lifecycle.delete("ocr", bob),
        lifecycle.stop("ocr", bob),
        lifecycle.start("ocr", bob),
        lifecycle.restart("ocr", "2026-01-01T00:00:00Z", bob),
        lifecycle.rotate("ocr", bob),
    ):
        with pytest.raises(RefusalError, match=r"403 User bob@egi\.eu"):
            await change
    assert [cluster.configmap("ocr"), cluster.deployment("ocr")] == before


async def test_the_grace_grows_with_the_next_version_of_the_pods_alone(
    cluster: Cluster, service: Service
) -> None:
    def has() -> int:
        found: int = cluster.deployment("ocr")["spec"]["template"]["spec"][
            "terminationGracePeriodSeconds"
        ]
        return found

    lifecycle = Lifecycle(cluster.kube)
    reconciler = Reconciler(cluster.kube, lifecycle, Metrics())
    await lifecycle.create(service)
    note = {"oscar.grycap.io/scaler-decision": '{"longest_request_s": 90}'}
    await cluster.kube.patch(DEPLOYMENTS, "ocr-dlp", {"metadata": {"annotations": note}}, NS)
    before = cluster.deployment("ocr")["spec"]
    await lifecycle.replace(service)
    await reconciler.round()
    assert cluster.deployment("ocr")["spec"] == before, "nothing rolls out for it"
    await lifecycle.replace(replace(service, script="exec other"))
    assert has() == 120
    await reconciler.round()
    assert has() == 120
    gone = {"metadata": {"annotations": dict.fromkeys(note)}}
    await cluster.kube.patch(DEPLOYMENTS, "ocr-dlp", gone, NS)
    await lifecycle.replace(replace(service, script="exec third"))
    assert has() == 120, "it is not forgotten with the note"
    assert service.expose is not None
    await lifecycle.replace(replace(service, expose=replace(service.expose, grace=20)))
    assert has() == 20
