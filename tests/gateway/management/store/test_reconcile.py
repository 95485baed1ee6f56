"""What others did to the objects of services is repaired and told; what is not ours is let be."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from gateway.management.metrics import Metrics
from gateway.management.objects import render
from gateway.management.store.catalog import Catalog
from gateway.management.store.lifecycle import Lifecycle
from gateway.management.store.reconcile import MOST, Reconciler, Result, repeat
from shared.embedded import kinds
from shared.embedded.kinds import Kind
from shared.kube.client import KubeClient
from shared.kube.errors import Forbidden, KubeError, ServerError, Unreachable
from shared.kube.events import EventRecorder
from shared.kube.resources import CONFIGMAPS, DEPLOYMENTS, SECRETS, SERVICES
from shared.runtime.clock import ManualClock, settle
from shared.service.model import Environment, Expose, Service
from shared.service.objects import Obj
from shared.service.tokens import digest
from tests.gateway.management.cluster import NS, Cluster
from tests.gateway.management.mortal import Killed, Mortal
from tests.shared.service.configmaps import configmap

STOPPED = "oscar.grycap.io/stopped"
SECRET = Environment(secrets={"KEY": "s3cret"})


def reconciler(cluster: Cluster, **options: Any) -> Reconciler:
    return Reconciler(cluster.kube, Lifecycle(cluster.kube), Metrics(), **options)


def meddle(cluster: Cluster, kind: Kind, name: str, body: Obj) -> None:
    cluster.api.patch(kind, name, NS, body, manager="kubectl-edit")


def remove(cluster: Cluster, kind: Kind, name: str) -> None:
    cluster.api.delete(kind, name, NS)


def other_image(cluster: Cluster) -> None:
    path = "/spec/template/spec/containers/0/image"
    cluster.api.patch(
        kinds.DEPLOYMENT,
        "ocr-dlp",
        NS,
        [{"op": "replace", "path": path, "value": "evil"}],
        patch_type="json",
        manager="kubectl-edit",
    )


def everything(cluster: Cluster) -> dict[str, Obj]:
    """All objects as the cluster has them, without what changes by itself."""
    found: dict[str, Obj] = {}
    for kind in (kinds.CONFIG_MAP, kinds.SECRET, kinds.SERVICE, kinds.DEPLOYMENT):
        for obj in cluster.api.list(kind, NS):
            metadata = {key: obj["metadata"].get(key) for key in ("labels", "annotations")}
            spec = {k: v for k, v in obj.get("spec", {}).items() if "lusterIP" not in k}
            found[f"{kind.kind} {obj['metadata']['name']}"] = {
                "metadata": metadata,
                "spec": spec,
                "data": obj.get("data"),
            }
    return found


DRIFT: dict[str, tuple[Callable[[Cluster], None], str]] = {
    "the Service is deleted": (
        lambda cluster: remove(cluster, kinds.SERVICE, "ocr-svc"),
        "Service ocr-svc was missing",
    ),
    "the Deployment is deleted": (
        lambda cluster: remove(cluster, kinds.DEPLOYMENT, "ocr-dlp"),
        "Deployment ocr-dlp was missing",
    ),
    "the Secret of the environment is deleted": (
        lambda cluster: remove(cluster, kinds.SECRET, "ocr-env"),
        "Secret ocr-env was missing",
    ),
    "ports of the Service are changed": (
        lambda cluster: meddle(
            cluster, kinds.SERVICE, "ocr-svc", {"spec": {"selector": {"app": "other"}}}
        ),
        "Service ocr-svc was changed",
    ),
    "the image is changed": (
        other_image,
        "Deployment ocr-dlp was changed",
    ),
    "the label is taken off": (
        lambda cluster: meddle(
            cluster, kinds.SERVICE, "ocr-svc", {"metadata": {"labels": {"oscar_service": None}}}
        ),
        "Service ocr-svc was changed",
    ),
    "a secret is changed": (
        lambda cluster: meddle(cluster, kinds.SECRET, "ocr-env", {"data": {"KEY": "ZXZpbA=="}}),
        "Secret ocr-env was changed",
    ),
    "the token is changed": (
        lambda cluster: meddle(cluster, kinds.SECRET, "ocr-token", {"data": {"token": "ZXZpbA=="}}),
        "Secret ocr-token was changed",
    ),
    "the digest is changed": (
        lambda cluster: meddle(
            cluster, kinds.CONFIG_MAP, "ocr", {"data": {"token_sha256": "ab" * 32}}
        ),
        "ConfigMap ocr was changed",
    ),
    "it is scaled to none by the mark of a stop": (
        lambda cluster: meddle(
            cluster,
            kinds.DEPLOYMENT,
            "ocr-dlp",
            {
                "metadata": {
                    "annotations": {STOPPED: "true", "oscar.grycap.io/previous-replicas": "2"}
                },
                "spec": {"replicas": 0},
            },
        ),
        "Deployment ocr-dlp had 0 replicas, and the service is running",
    ),
}


@pytest.mark.parametrize(("harm", "told"), DRIFT.values(), ids=DRIFT)
async def test_drift_is_repaired_and_told(
    cluster: Cluster,
    service: Service,
    caplog: pytest.LogCaptureFixture,
    harm: Callable[[Cluster], None],
    told: str,
) -> None:
    await Lifecycle(cluster.kube).create(replace(service, environment=SECRET))
    before = everything(cluster)
    one = reconciler(cluster)
    assert await one.round() == {Result.UNCHANGED: 1}
    harm(cluster)
    assert await one.round() == {Result.REPAIRED: 1}
    after = everything(cluster)
    after["Deployment ocr-dlp"]["metadata"]["annotations"] = before["Deployment ocr-dlp"][
        "metadata"
    ]["annotations"]
    assert after == before
    assert f"service ocr repaired: {told}" in caplog.text
    assert await one.round() == {Result.UNCHANGED: 1}


async def test_what_others_own_stays(cluster: Cluster, service: Service) -> None:
    """The scaler's replicas, a mark of somebody's, a toleration that an operator gave."""
    await Lifecycle(cluster.kube).create(service)
    one = reconciler(cluster)
    await one.round()
    cluster.scale("ocr", 4)
    theirs = {"annotations": {"their/mark": "1"}, "labels": {"team": "them"}}
    tolerations = [{"key": "gpu", "operator": "Exists"}]
    spec = {"template": {"spec": {"tolerations": tolerations}}}
    meddle(cluster, kinds.DEPLOYMENT, "ocr-dlp", {"metadata": theirs, "spec": spec})
    assert await one.round() == {Result.UNCHANGED: 1}
    deployment = cluster.deployment("ocr")
    assert deployment["spec"]["replicas"] == 4
    assert deployment["metadata"]["annotations"]["their/mark"] == "1"


async def test_a_definition_changed_by_hand_is_the_definition(
    cluster: Cluster, service: Service
) -> None:
    await Lifecycle(cluster.kube).create(service)
    token = await Catalog(cluster.kube).token("ocr")
    text = cluster.configmap("ocr")["data"]["function_config.yaml"]
    changed = text.replace("registry/ocr:1", "registry/ocr:2")
    meddle(cluster, kinds.CONFIG_MAP, "ocr", {"data": {"function_config.yaml": changed}})
    one = reconciler(cluster)
    assert await one.round() == {Result.REPAIRED: 1}
    assert cluster.container("ocr")["image"] == "registry/ocr:2"
    assert await Catalog(cluster.kube).token("ocr") == token
    assert await one.round() == {Result.UNCHANGED: 1}


async def test_a_rollout_that_is_undone_starts_and_stops_nothing(
    cluster: Cluster, service: Service
) -> None:
    """kubectl rollout undo brings back the annotations of an earlier revision, a stop's too."""
    lifecycle = Lifecycle(cluster.kube)
    await lifecycle.create(service)
    cluster.scale("ocr", 4)
    marks = {STOPPED: "true", "oscar.grycap.io/previous-replicas": "2"}
    meddle(cluster, kinds.DEPLOYMENT, "ocr-dlp", {"metadata": {"annotations": marks}})
    await lifecycle.replace(replace(service, image="registry/ocr:2"))
    deployment = cluster.deployment("ocr")
    assert deployment["metadata"]["annotations"][STOPPED] == "false"
    assert deployment["spec"]["replicas"] == 4
    await lifecycle.stop("ocr")
    meddle(cluster, kinds.DEPLOYMENT, "ocr-dlp", {"metadata": {"annotations": {STOPPED: "false"}}})
    assert await reconciler(cluster).round() == {Result.REPAIRED: 1}
    assert cluster.deployment("ocr")["metadata"]["annotations"][STOPPED] == "true"
    assert cluster.deployment("ocr")["spec"]["replicas"] == 0


async def test_a_lost_token_is_made_anew_and_that_is_an_error(
    cluster: Cluster, service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    await Lifecycle(cluster.kube).create(replace(service, environment=SECRET))
    before = await Catalog(cluster.kube).token("ocr")
    remove(cluster, kinds.SECRET, "ocr-token")
    one = reconciler(cluster)
    assert await one.round() == {Result.REPAIRED: 1}
    found = await Catalog(cluster.kube).find("ocr")
    assert found is not None
    assert len(found.token) == 64
    assert found.token != before
    assert found.digest == digest(found.token)
    data = cluster.api.get(kinds.SECRET, "ocr-env", NS)["data"]
    assert base64.b64decode(data["KEY"]) == b"s3cret"
    assert "service ocr: the token was nowhere any more" in caplog.text
    assert await one.round() == {Result.UNCHANGED: 1}


async def made_by_an_earlier_version(cluster: Cluster, service: Service, token: str) -> None:
    """Secrets of storage providers in clear, no revisions."""
    root = render.configmap(service, token)
    text = root["data"]["function_config.yaml"].replace("secret_key: ''", "secret_key: canary")
    root["data"]["function_config.yaml"] = text
    owner = await cluster.kube.create(CONFIGMAPS, root, NS)
    resources = {"Secret": SECRETS, "Service": SERVICES, "Deployment": DEPLOYMENTS}
    for obj in render.dependents(service, token, owner["metadata"]["uid"]):
        await cluster.kube.apply(resources[obj["kind"]], obj, NS)
    await cluster.kube.patch(DEPLOYMENTS, "ocr-dlp", {"spec": {"replicas": 2}}, NS)


async def test_a_service_of_an_earlier_version_is_healed_and_no_pod_restarts(
    cluster: Cluster, service: Service
) -> None:
    extra = {"storage_providers": {"minio": {"default": {"secret_key": "canary"}}}}
    old = replace(service, environment=SECRET, extra=extra)
    await made_by_an_earlier_version(cluster, old, "ab" * 32)
    template = cluster.deployment("ocr")["spec"]["template"]
    assert "canary" in cluster.configmap("ocr")["data"]["function_config.yaml"]
    one = reconciler(cluster)
    assert await one.round() == {Result.COMPLETED: 1}
    assert "canary" not in repr(cluster.configmap("ocr"))
    assert cluster.deployment("ocr")["spec"]["template"] == template
    assert await Catalog(cluster.kube).token("ocr") == "ab" * 32
    assert await one.round() == {Result.UNCHANGED: 1}
    await Lifecycle(cluster.kube).replace(replace(service, extra=_blank(extra)))
    kept = cluster.api.get(kinds.SECRET, "ocr-token", NS)["data"]
    assert any(b"canary" in base64.b64decode(value) for value in kept.values())


def _blank(extra: dict[str, Any]) -> dict[str, Any]:
    minio = extra["storage_providers"]["minio"]["default"]
    return {"storage_providers": {"minio": {"default": {**minio, "secret_key": ""}}}}


async def test_what_a_dead_service_left_is_removed(cluster: Cluster, service: Service) -> None:
    mortal = Lifecycle(Mortal(cluster.kube, 1))  # type: ignore[arg-type]
    with pytest.raises(Killed):
        await mortal.create(service)
    assert cluster.names(kinds.SECRET) == ["ocr-token"]
    one = reconciler(cluster)
    assert await one.round() == {Result.REMOVED: 1}
    assert cluster.names(kinds.SECRET) == []
    assert await one.round() == {}


async def test_a_create_that_the_cluster_refuses_to_complete_is_undone(
    cluster: Cluster, service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(Killed):
        await Lifecycle(Mortal(cluster.kube, 3)).create(service)  # type: ignore[arg-type]
    assert cluster.names(kinds.DEPLOYMENT) == []
    refusing = Refusing(cluster.kube)
    one = Reconciler(cluster.kube, Lifecycle(refusing), Metrics())  # type: ignore[arg-type]
    assert await one.round() == {Result.UNDONE: 1}
    assert everything(cluster) == {}
    assert "the create of service ocr was undone: exceeded quota" in caplog.text


async def test_a_service_whose_repair_is_refused_is_not_undone(
    cluster: Cluster, service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    await Lifecycle(cluster.kube).create(service)
    remove(cluster, kinds.DEPLOYMENT, "ocr-dlp")
    refusing = Refusing(cluster.kube)
    one = Reconciler(cluster.kube, Lifecycle(refusing), Metrics())  # type: ignore[arg-type]
    assert await one.round() == {Result.FAILED: 1}
    assert await one.round() == {Result.FAILED: 1}
    assert cluster.names(kinds.CONFIG_MAP) == ["ocr"]
    assert caplog.text.count("service ocr cannot be reconciled: 403 Forbidden: exceeded") == 1


class Refusing:
    """The real client, but no Deployment can be applied."""

    def __init__(self, kube: KubeClient, error: KubeError | None = None) -> None:
        self._kube = kube
        self._error = error or Forbidden(403, "Forbidden", "exceeded quota")

    def __getattr__(self, verb: str) -> Any:
        return getattr(self._kube, verb)

    async def apply(self, resource: Any, *arguments: Any, **options: Any) -> Any:
        if resource is DEPLOYMENTS:
            raise self._error
        return await self._kube.apply(resource, *arguments, **options)


async def test_what_is_broken_is_named_and_counted_and_left(
    cluster: Cluster, service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    lifecycle = Lifecycle(cluster.kube)
    await lifecycle.create(service)
    await lifecycle.create(replace(service, name="z"))
    meddle(cluster, kinds.CONFIG_MAP, "ocr", {"data": {"function_config.yaml": "{"}})
    remove(cluster, kinds.SERVICE, "z-svc")
    before = everything(cluster)
    counts = Metrics()
    one = Reconciler(cluster.kube, lifecycle, counts)
    assert await one.round() == {Result.BROKEN: 1, Result.REPAIRED: 1}
    after = everything(cluster)
    assert {key: after[key] for key in before} == before
    assert "ConfigMap ocr is not a service" in caplog.text
    assert b"management_reconcile_services_broken 1.0" in counts.render()
    assert b'management_reconcile_results_total{result="repaired"} 1.0' in counts.render()


async def test_what_an_oscar_manager_or_a_person_made_is_left(cluster: Cluster) -> None:
    by_hand = configmap()
    metadata = {key: by_hand["metadata"][key] for key in ("name", "labels")}
    cluster.api.create(kinds.CONFIG_MAP, by_hand | {"metadata": metadata}, NS, manager="them")
    labels = {"oscar_service": "b"}
    theirs = {"metadata": {"name": "b-token", "labels": labels}, "data": {"token": ""}}
    cluster.api.create(kinds.SECRET, theirs, NS, manager="them")
    before = everything(cluster)
    assert await reconciler(cluster).round() == {Result.FOREIGN: 1, Result.UNCHANGED: 1}
    assert everything(cluster) == before


async def test_an_object_of_ours_by_name_alone_is_not_overwritten(
    cluster: Cluster, service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    await Lifecycle(cluster.kube).create(service)
    remove(cluster, kinds.SERVICE, "ocr-svc")
    theirs = {"metadata": {"name": "ocr-svc"}, "spec": {"ports": [{"port": 1}]}}
    cluster.api.create(kinds.SERVICE, theirs, NS, manager="them")
    assert await reconciler(cluster).round() == {Result.FAILED: 1}
    assert "Service ocr-svc is there and belongs to no service" in caplog.text
    assert cluster.api.get(kinds.SERVICE, "ocr-svc", NS)["spec"]["ports"][0]["port"] == 1


async def test_repairs_are_told_by_events(cluster: Cluster, service: Service) -> None:
    await Lifecycle(cluster.kube).create(service)
    remove(cluster, kinds.SERVICE, "ocr-svc")
    events = EventRecorder(cluster.kube, "services-api")
    await reconciler(cluster, events=events).round()
    (message,) = (events._queue.get_nowait() for _ in range(events._queue.qsize()))
    assert (message.reason, message.note) == ("Repaired", "repaired: Service ocr-svc was missing")
    assert message.regarding["name"] == "ocr-svc"


async def test_a_follower_changes_nothing(cluster: Cluster, service: Service) -> None:
    lifecycle = Lifecycle(cluster.kube)
    await lifecycle.create(service)
    await lifecycle.create(replace(service, name="z"))
    remove(cluster, kinds.SERVICE, "ocr-svc")
    remove(cluster, kinds.SERVICE, "z-svc")
    assert await reconciler(cluster, leads=lambda: False).round() == {}
    assert cluster.names(kinds.SERVICE) == []


async def test_a_cluster_that_is_away_ends_the_round_and_the_next_goes_on(
    cluster: Cluster, service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    await Lifecycle(cluster.kube).create(service)
    remove(cluster, kinds.DEPLOYMENT, "ocr-dlp")
    away = Refusing(cluster.kube, Unreachable("no answer"))
    one = Reconciler(cluster.kube, Lifecycle(away), Metrics())  # type: ignore[arg-type]
    with pytest.raises(Unreachable):
        await one.round()
    failing = Refusing(cluster.kube, ServerError(500, "Internal", "webhook"))
    one = Reconciler(cluster.kube, Lifecycle(failing), Metrics())  # type: ignore[arg-type]
    assert await one.round() == {Result.FAILED: 1}
    assert await reconciler(cluster).round() == {Result.REPAIRED: 1}


async def test_a_process_looks_at_its_start_and_then_while_it_leads() -> None:
    clock, leading = ManualClock(), asyncio.Event()
    rounds: list[tuple[float, bool]] = []

    async def counted(*, unled: bool = False) -> None:
        rounds.append((clock.now(), unled))
        if len(rounds) in (1, 4):
            raise Unreachable("away")

    task = asyncio.create_task(repeat(counted, 30.0, leading, clock, lambda: 0.5))
    await settle()
    await clock.advance(100)
    assert [unled for _, unled in rounds] == [True, True]  # the first one failed
    assert rounds[1][0] - rounds[0][0] < 1
    leading.set()
    await settle()
    await clock.advance(30)
    assert [unled for _, unled in rounds[2:]] == [False, False]
    assert rounds[3][0] - rounds[2][0] == 30
    await clock.advance(1)
    assert len(rounds) == 5  # soon after one that failed
    leading.clear()
    await clock.advance(100)
    assert len(rounds) == 5
    task.cancel()


async def test_a_round_takes_up_so_many_services_and_the_next_goes_on_behind_them(
    cluster: Cluster, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.management.store.reconcile.MOST", 2)
    assert MOST > 2
    lifecycle = Lifecycle(cluster.kube)
    for name in ("a", "b", "c"):
        await lifecycle.create(replace(service, name=name, expose=Expose(api_port=(80,))))
        remove(cluster, kinds.SERVICE, f"{name}-svc")
    one = reconciler(cluster)
    assert await one.round() == {Result.REPAIRED: 2}
    assert cluster.names(kinds.SERVICE) == ["a-svc", "b-svc"]
    assert await one.round() == {Result.REPAIRED: 1}
    assert await one.round() == {Result.UNCHANGED: 3}
