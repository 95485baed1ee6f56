"""Services that an OSCAR manager made, taken over without a restart of a pod."""

from __future__ import annotations

import asyncio
import base64
import itertools
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway.management.metrics import Metrics
from gateway.management.objects.adoption import Options
from gateway.management.problems import RefusalError
from gateway.management.store.lifecycle import Lifecycle
from gateway.management.store.reconcile import Reconciler, Result
from shared.embedded import kinds
from shared.kube.client import KubeClient
from shared.kube.errors import Conflict, NotFound
from shared.service.tokens import digest
from tests.gateway.management.cluster import NS
from tests.gateway.management.managed import RIGHTS, Managed, managed
from tests.shared.service.manager import SCRIPT, SERVICES, TOKEN, Made

PATH = "/system/services/ocr"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[Managed]:
    async with managed(tmp_path) as world:
        yield world


def secret(world: Managed, name: str) -> dict[str, str]:
    data = world.cluster.api.get(kinds.SECRET, name, NS).get("data") or {}
    return {key: base64.b64decode(text).decode() for key, text in data.items()}


def ours(world: Managed) -> dict[str, Any]:
    return world.cluster.deployment("ocr")


@pytest.mark.parametrize("made", SERVICES.values(), ids=SERVICES.keys())
async def test_every_form_is_taken_over_and_no_pod_restarts(world: Managed, made: Made) -> None:
    await world.make(made)
    pods = set(world.pods())
    template = world.cluster.api.get(kinds.DEPLOYMENT, "ocr-dpl", NS)["spec"]["template"]
    (before,) = world.replicasets()
    await world.adopt()
    await world.settled(len(pods))
    assert set(world.pods()) == pods
    assert len(world.born) == len(pods), "not even for a moment was there another"
    (after,) = world.replicasets()
    assert after["metadata"]["uid"] == before["metadata"]["uid"]
    assert [one["name"] for one in after["metadata"]["ownerReferences"]] == ["ocr-dlp"]
    assert ours(world)["spec"]["template"] == template
    assert not ours(world)["spec"].get("paused")
    assert ours(world)["spec"]["replicas"] == (0 if made.stopped else made.replicas)
    assert "Deployment ocr-dpl" not in world.names()
    assert TOKEN not in str(world.cluster.configmap("ocr"))
    data = world.cluster.configmap("ocr")["data"]
    assert (data["token_sha256"], data["script.sh"]) == (digest(TOKEN).hex(), SCRIPT)
    assert secret(world, "ocr-token")["token"] == TOKEN
    if made.secrets:
        assert secret(world, "ocr-env") == made.secrets
    annotations = world.cluster.configmap("ocr")["metadata"].get("annotations", {})
    del annotations["oscar.grycap.io/revision"]
    stopped = {"oscar.grycap.io/stopped": "true"} if made.stopped else {}
    assert annotations == stopped, "the mark is gone"


async def test_what_stays_goes_with_the_service(world: Managed) -> None:
    await world.make(Made(set_auth=True, secrets={"KEY": "s3cret"}))
    told = await world.adopt()
    assert [line.split(":")[0] for line in told["left"]] == [
        "HorizontalPodAutoscaler ocr-hpa",
        "Ingress ocr-ing",
    ]
    uid = world.cluster.configmap("ocr")["metadata"]["uid"]
    for obj in world.all():
        if obj["kind"] not in ("ConfigMap", "Namespace"):
            owners = [one["uid"] for one in obj["metadata"].get("ownerReferences", [])]
            assert owners == [uid], obj["metadata"]["name"]
    async with world.client.delete(PATH) as answer:
        assert answer.status == 204
    assert world.names() == set()


@pytest.mark.parametrize(
    ("query", "made", "gone"),
    [
        ("?remove_hpa=true", Made(), {"HorizontalPodAutoscaler ocr-hpa"}),
        (
            "?remove_ingress=true",
            Made(set_auth=True),
            {"Ingress ocr-ing", "Secret ocr-auth-expose"},
        ),
        (
            "?remove_hpa=true&remove_ingress=true",
            Made(set_auth=True, route="httproute"),
            {
                "HorizontalPodAutoscaler ocr-hpa",
                "HTTPRoute ocr-route",
                "Middleware ocr-cors-mdw",
                "Middleware ocr-auth-mdw",
                "Secret ocr-auth-traefik",
            },
        ),
    ],
)
async def test_autoscaler_and_routes_go_when_asked_now_or_later(
    world: Managed, query: str, made: Made, gone: set[str]
) -> None:
    await world.make(made)
    before = world.names()
    await world.adopt()
    kept = world.names()
    assert gone <= kept
    told = await world.adopt(query)
    assert world.names() == kept - gone
    assert len(told["steps"]) == 1
    assert before - world.names() == gone | {"Deployment ocr-dpl"}
    assert (await world.adopt(query))["steps"] == []


async def test_a_dry_run_tells_and_does_nothing(world: Managed) -> None:
    await world.make(Made(secrets={"KEY": "s3cret"}))
    before = {str(obj) for obj in world.all()}
    told = await world.adopt("?dry_run=true&remove_hpa=true")
    assert {str(obj) for obj in world.all()} == before
    assert told["dry_run"]
    assert told["steps"] == [
        "mark ConfigMap ocr as being taken over",
        "keep the token in Secret ocr-token, the environment's in ocr-env, and state its digest in "
        "ConfigMap ocr instead",
        "let go with the service: Service ocr-svc",
        "delete Deployment ocr-dpl and leave its pods",
        "have Deployment ocr-dlp adopt the pods",
        "let go with the service: Ingress ocr-ing, Secret ocr, PodTemplate ocr",
        "remove HorizontalPodAutoscaler ocr-hpa",
        "take the mark away",
    ]
    assert "s3cret" not in str(told)
    assert TOKEN not in str(told)
    async with world.client.post(PATH + "/adopt?dry_run=maybe") as answer:
        assert (answer.status, await answer.text()) == (
            400,
            "dry_run: 'maybe' is neither true nor false",
        )


async def test_it_grows_and_is_replaced_like_any_other_afterwards(world: Managed) -> None:
    await world.make(Made(replicas=3, secrets={"KEY": "s3cret"}))
    await world.adopt("?remove_hpa=true")
    world.cluster.scale("ocr", 4)
    await world.settled(4)
    body = {
        "name": "ocr",
        "image": "registry/ocr:2",
        "script": "exec new\n",
        "environment": {"secrets": {"KEY": ""}},
        "expose": {"api_port": 5000, "min_scale": 2},
    }
    async with world.client.put("/system/services", json=body) as answer:
        assert answer.status == 204, await answer.text()
    deployment = ours(world)
    container = deployment["spec"]["template"]["spec"]["containers"][0]
    assert deployment["spec"]["replicas"] == 4, "the scaler's word stays"
    assert container["image"] == "registry/ocr:2"
    assert "args" not in container, "nothing of the manager's is left"
    names = [one["name"] for one in container["env"]]
    assert names == ["OSCAR_SERVICE_NAME", "OSCAR_SERVICE_TOKEN", "OSCAR_SERVICE_BASE_PATH"]
    assert TOKEN not in str(deployment)
    assert "oscar.grycap.io/adopted" not in deployment["metadata"]["annotations"]
    assert secret(world, "ocr-env") == {"KEY": "s3cret"}


async def test_a_stopped_one_starts_as_large_as_it_was(world: Managed) -> None:
    await world.make(Made(stopped=3))
    await world.adopt()
    async with world.client.post(PATH + "/start") as answer:
        assert answer.status == 200
    await world.settled(3)
    assert ours(world)["spec"]["replicas"] == 3


async def test_one_that_is_not_exposed_is_taken_over_too(world: Managed) -> None:
    await world.make(Made(exposed=False))
    await world.adopt()
    assert world.names() == {"ConfigMap ocr", "Secret ocr-token", "PodTemplate ocr"}


async def test_a_variable_that_is_there_twice_is_a_reason_not_to(world: Managed) -> None:
    made = Made()
    await world.make(made)
    deployment = world.cluster.api.get(kinds.DEPLOYMENT, "ocr-dpl", NS)
    env = deployment["spec"]["template"]["spec"]["containers"][0]["env"]
    env.append(dict(env[0]))
    world.cluster.api.update(kinds.DEPLOYMENT, deployment, manager="oscar")
    async with world.client.post(PATH + "/adopt") as answer:
        assert answer.status == 409
        assert "its pods have the variable MODE twice" in await answer.text()
    assert "Deployment ocr-dpl" in world.names()


async def test_without_the_rights_what_needs_them_is_not_begun_and_the_remedy_is_told(
    tmp_path: Path,
) -> None:
    async with managed(tmp_path, rights=False) as world:
        await world.make(Made())
        before = {str(obj) for obj in world.all()}
        for method, path in (
            ("POST", PATH + "/adopt?remove_hpa=true"),
            ("DELETE", PATH),
        ):
            async with world.client.request(method, path) as answer:
                text = await answer.text()
                assert answer.status == 403
                assert "horizontalpodautoscalers" in text
                assert text.endswith("the rights: kubectl apply -k manifests/adoption")
        assert {str(obj) for obj in world.all()} == before
        told = await world.adopt()
        assert "Deployment ocr-dlp" in world.names()
        assert len(told["left"]) == 3
        assert told["left"][0].startswith("HorizontalPodAutoscaler ocr-hpa, if it is there, which ")


async def test_there_must_be_such_a_service(world: Managed) -> None:
    async with world.client.post(PATH + "/adopt") as answer:
        assert answer.status == 404


class CutError(BaseException):
    """The process dies here."""


class Cut:
    """A transport that does the n-th write, and then the process is gone."""

    def __init__(self, inner: Any, after: int) -> None:
        self._inner = inner
        self._left = after
        self.writes: list[str] = []

    async def json(self, method: str, path: str, *args: Any) -> Any:
        if self._left < 0:
            raise CutError
        found = await self._inner.json(method, path, *args)
        if method != "GET":
            self.writes.append(f"{method} {path.split('?')[0].split('/oscar-svc/')[-1]}")
            self._left -= 1
            if self._left < 0:
                raise CutError
        return found


OPTIONS = Options(remove_hpa=True)


async def cut(world: Managed, name: str, after: int) -> tuple[bool, list[str]]:
    """Take `name` over, and die after so many writes; whether it came to its end, and what it
    wrote."""
    transport = Cut(world.cluster.kube._transport, after)
    lifecycle = Lifecycle(KubeClient(transport, "exposed-services"))  # type: ignore[arg-type]
    try:
        await lifecycle.adopt(name, OPTIONS, dry_run=False)
    except CutError:
        return False, transport.writes
    return True, transport.writes


async def test_wherever_it_is_cut_off_a_reconcile_ends_it_and_no_pod_restarts(
    world: Managed,
) -> None:
    written: list[str] = []
    for number in itertools.count():
        name = f"s{number}"
        made = Made(name, replicas=2, secrets={"KEY": "s3cret"})
        before = set(world.pods())
        await world.make(made)
        pods = set(world.pods()) - before
        done, written = await cut(world, name, number)
        settled = await Lifecycle(world.cluster.kube).reconcile(name)
        await world.settled(world.running)
        assert pods <= set(world.pods()), written
        assert len(world.born) == world.running, written
        assert settled.lost == ()
        configmap = world.cluster.configmap(name)
        annotations = configmap["metadata"]["annotations"]
        assert "oscar.grycap.io/adopting" not in annotations, written
        assert configmap["data"]["token_sha256"] == digest(TOKEN).hex()
        assert TOKEN not in str(configmap)
        assert secret(world, f"{name}-token")["token"] == TOKEN
        assert secret(world, f"{name}-env") == {"KEY": "s3cret"}
        assert f"Deployment {name}-dpl" not in world.names()
        assert f"HorizontalPodAutoscaler {name}-hpa" not in world.names()
        deployment = world.cluster.deployment(name)
        assert (deployment["spec"]["replicas"], "paused" in deployment["spec"]) == (2, False)
        if done:
            break
    assert len(written) > 8
    assert (await Lifecycle(world.cluster.kube).reconcile("s0")).changes == (), "nothing is due"


async def test_a_round_of_the_reconciler_goes_on_with_it_and_leaves_others_alone(
    world: Managed,
) -> None:
    await world.make(Made())
    await world.make(Made("other"))
    assert not (await cut(world, "ocr", 5))[0]
    kube = world.cluster.kube
    reconciler = Reconciler(kube, Lifecycle(kube), Metrics())
    before = {str(obj) for obj in world.all() if obj["metadata"]["name"].startswith("other")}
    assert await reconciler.round() == {Result.COMPLETED: 1, Result.FOREIGN: 1}
    assert await reconciler.round() == {Result.UNCHANGED: 1, Result.FOREIGN: 1}
    after = {str(obj) for obj in world.all() if obj["metadata"]["name"].startswith("other")}
    assert after == before
    assert "Deployment ocr-dpl" not in world.names()


class Recorder:
    """A transport that notes what is asked for, as rights name it."""

    def __init__(self, inner: Any, granted: set[tuple[str, str, str]]) -> None:
        self._inner = inner
        self.unused = granted

    async def json(self, method: str, path: str, *args: Any) -> Any:
        parts = path.split("?")[0].split("/")
        group, resource = ("" if parts[1] == "api" else parts[2]), parts[parts.index(NS) + 1]
        verb = {"GET": "get", "PATCH": "patch", "DELETE": "delete"}.get(method, "")
        self.unused.discard((verb, group, resource))
        return await self._inner.json(method, path, *args)


async def test_every_right_of_the_role_is_used(world: Managed) -> None:
    role = next(yaml.safe_load_all(RIGHTS.read_text()))
    granted = {
        (verb, rule["apiGroups"][0], resource)
        for rule in role["rules"]
        for verb in rule["verbs"]
        for resource in rule["resources"]
    }
    transport = Recorder(world.cluster.kube._transport, granted)
    lifecycle = Lifecycle(KubeClient(transport, "exposed-services"))  # type: ignore[arg-type]
    for name, route in (("a", "ingress"), ("b", "httproute")):
        await world.make(Made(name, route=route))
        await lifecycle.adopt(name, Options(), dry_run=False)
        await world.make(Made(f"{name}2", route=route))
        await lifecycle.delete(f"{name}2")
        world.running -= 1
    assert transport.unused == set()


async def test_two_processes_at_once_come_to_one_end(world: Managed) -> None:
    await world.make(Made(replicas=2, secrets={"KEY": "s3cret"}))
    kube = world.cluster.kube
    works = [Lifecycle(kube).adopt("ocr", OPTIONS) for _ in range(3)]
    ended = await asyncio.gather(*works, return_exceptions=True)
    lost = [one for one in ended if isinstance(one, BaseException)]
    assert all(isinstance(one, Conflict | NotFound | RefusalError) for one in lost), lost
    await Lifecycle(kube).reconcile("ocr")
    await world.settled(2)
    assert len(world.born) == 2
    assert "Deployment ocr-dpl" not in world.names()
    assert not ours(world)["spec"].get("paused")
    assert "oscar.grycap.io/adopting" not in str(world.cluster.configmap("ocr"))
