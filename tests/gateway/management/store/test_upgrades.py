"""A version that renders pods otherwise makes none anew: loaded models outlive an upgrade."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from gateway.management.metrics import Metrics
from gateway.management.objects import render, rendering
from gateway.management.objects.pod import pod_template
from gateway.management.objects.policy import Policy
from gateway.management.store.lifecycle import Lifecycle
from gateway.management.store.reconcile import Reconciler, Result
from shared.embedded import kinds
from shared.service import names
from shared.service.model import Environment, Service
from shared.service.objects import Obj, annotations_of
from tests.gateway.management.cluster import NS, Cluster

STAYS = "was written by an earlier version; its pods stay as they are until the definition changes"


def earlier_template(*args: Any, **options: Any) -> Obj:
    """A start-up probe of other times, no grace, and a variable that is no more."""
    template = pod_template(*args, **options)
    del template["spec"]["terminationGracePeriodSeconds"]
    container = template["spec"]["containers"][0]
    container["startupProbe"]["failureThreshold"] = 180
    container["env"].append({"name": "OSCAR_OF_OLD", "value": "1"})
    del container["livenessProbe"]
    return template


@contextmanager
def earlier(*, marks: bool) -> Iterator[None]:
    """An earlier version of the services API; whether it marks what it renders."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(render, "pod_template", earlier_template)
        if not marks:
            patch.setattr(rendering, "marked", lambda deployment, *_: deployment)
        yield


def reconciler(cluster: Cluster, policy: Policy | None = None) -> Reconciler:
    lifecycle = Lifecycle(cluster.kube, policy=policy) if policy else Lifecycle(cluster.kube)
    return Reconciler(cluster.kube, lifecycle, Metrics())


def template(cluster: Cluster) -> Obj:
    spec: Obj = cluster.deployment("ocr")["spec"]["template"]
    return spec


def change(cluster: Cluster, path: str, value: Any = None) -> None:
    """What somebody does to the container by `kubectl edit`."""
    at = f"/spec/template/spec/containers/0/{path}"
    change = {"op": "remove", "path": at} if value is None else _replaced(at, value)
    cluster.api.patch(
        kinds.DEPLOYMENT, "ocr-dlp", NS, [change], patch_type="json", manager="kubectl-edit"
    )


def _replaced(path: str, value: Any) -> Obj:
    return {"op": "replace", "path": path, "value": value}


@pytest.mark.parametrize("marks", [True, False])
async def test_pods_outlive_an_upgrade_until_their_definition_changes(
    cluster: Cluster, service: Service, caplog: pytest.LogCaptureFixture, marks: bool
) -> None:
    old = replace(service, environment=Environment({"MINE": "1"}, {"KEY": "s3cret"}))
    with earlier(marks=marks):
        await Lifecycle(cluster.kube).create(old)
        assert await reconciler(cluster).round() == {Result.UNCHANGED: 1}
    before = template(cluster)
    one = reconciler(cluster)
    assert await one.round() == {Result.REPAIRED: 1}
    assert STAYS in caplog.text
    assert template(cluster) == before
    assert await one.round() == {Result.UNCHANGED: 1}
    assert await reconciler(cluster).round() == {Result.UNCHANGED: 1}
    await Lifecycle(cluster.kube).stop("ocr")
    await Lifecycle(cluster.kube).start("ocr")
    assert template(cluster) == before
    await Lifecycle(cluster.kube).replace(replace(old, image="registry/ocr:2"))
    container = template(cluster)["spec"]["containers"][0]
    assert container["startupProbe"]["failureThreshold"] == 600
    assert container["livenessProbe"]["failureThreshold"] == 12
    assert "OSCAR_OF_OLD" not in {one["name"] for one in container["env"]}
    assert await one.round() == {Result.UNCHANGED: 1}


async def test_what_an_earlier_version_rendered_alike_is_marked_without_a_word(
    cluster: Cluster, service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rendering, "marked", lambda deployment, *_: deployment)
        await Lifecycle(cluster.kube).create(service)
    one = reconciler(cluster)
    assert await one.round() == {Result.UNCHANGED: 1}
    assert annotations_of(cluster.deployment("ocr"))[names.RENDERED]
    assert "repaired" not in caplog.text
    change(cluster, "livenessProbe")
    assert await one.round() == {Result.REPAIRED: 1}
    assert "livenessProbe" in template(cluster)["spec"]["containers"][0]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("image", "evil"),
        ("resources/limits/cpu", "4"),
        ("command", ["sleep", "1"]),
        ("startupProbe/failureThreshold", 1),
    ],
)
async def test_what_others_changed_of_an_earlier_template_is_rendered_anew(
    cluster: Cluster, service: Service, path: str, value: Any
) -> None:
    with earlier(marks=True):
        await Lifecycle(cluster.kube).create(service)
    kept = reconciler(cluster)
    await kept.round()
    change(cluster, path, value)
    assert await kept.round() == {Result.REPAIRED: 1}
    container = template(cluster)["spec"]["containers"][0]
    assert container["image"] == service.image
    assert container["resources"]["limits"]["cpu"] == "500m"
    assert container["command"][0] == "/bin/sh"
    assert container["startupProbe"]["failureThreshold"] == 600
    assert await kept.round() == {Result.UNCHANGED: 1}


async def test_what_others_added_to_an_earlier_template_stays(
    cluster: Cluster, service: Service
) -> None:
    with earlier(marks=True):
        await Lifecycle(cluster.kube).create(service)
    cluster.api.patch(
        kinds.DEPLOYMENT,
        "ocr-dlp",
        NS,
        {"spec": {"template": {"metadata": {"annotations": {"kubectl/restartedAt": "now"}}}}},
        manager="kubectl-rollout",
    )
    before = template(cluster)
    assert await reconciler(cluster).round() == {Result.REPAIRED: 1}
    assert template(cluster) == before


async def test_a_new_setting_of_the_cluster_reaches_pods_of_an_earlier_version(
    cluster: Cluster, service: Service
) -> None:
    with earlier(marks=True):
        await Lifecycle(cluster.kube).create(service)
    strict = reconciler(cluster, Policy(run_as_non_root=True))
    assert await strict.round() == {Result.REPAIRED: 1}
    assert template(cluster)["spec"]["securityContext"]["runAsNonRoot"] is True
    assert template(cluster)["spec"]["terminationGracePeriodSeconds"] == 30


async def test_another_mark_has_the_pods_rendered_anew(cluster: Cluster, service: Service) -> None:
    """The way that is told to people who want the new template at once."""
    with earlier(marks=True):
        await Lifecycle(cluster.kube).create(service)
    mark = {"metadata": {"annotations": {names.RENDERED: "anew"}}}
    cluster.api.patch(kinds.DEPLOYMENT, "ocr-dlp", NS, mark, manager="kubectl-annotate")
    assert await reconciler(cluster).round() == {Result.REPAIRED: 1}
    assert "livenessProbe" in template(cluster)["spec"]["containers"][0]
