"""Every write is cut after each call that changes something, and is whole after one reconcile."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from gateway.management.metrics import Metrics
from gateway.management.problems import RefusalError
from gateway.management.store.lifecycle import Lifecycle
from gateway.management.store.reconcile import Reconciler
from shared.embedded import kinds
from shared.kube.errors import (
    Conflict,
    Forbidden,
    KubeError,
    Unreachable,
)
from shared.service import names
from shared.service.model import Environment, Expose, Service
from shared.service.tokens import digest
from tests.gateway.management.cluster import NS, Cluster
from tests.gateway.management.mortal import Failing, Killed, Mortal

State = dict[str, Any]

OLD = Service(
    name="x",
    image="registry/old",
    script="old\n",
    environment=Environment(secrets={"KEY": "old", "GONE": "old"}, variables={"OLD": "1"}),
    expose=Expose(api_port=(5000, 5001), min_scale=2, max_scale=5),
    extra={"storage_providers": {"minio": {"default": {"secret_key": "old"}}}},
)
NEW = replace(
    OLD,
    image="registry/new",
    script="new\n",
    environment=Environment(secrets={"KEY": "", "MORE": "new"}),
    expose=Expose(api_port=(8000,), max_scale=9),
    extra={"clusters": {"one": {"auth_password": "new"}}},
)
HIDDEN = replace(NEW, expose=None, environment=Environment())


def state(cluster: Cluster, name: str) -> State:
    """All that there is of a service, without what is its own alone."""
    found: State = {}
    for kind in (kinds.CONFIG_MAP, kinds.SECRET, kinds.SERVICE, kinds.DEPLOYMENT):
        for obj in cluster.api.list(kind, NS):
            if obj["metadata"]["labels"].get(names.SERVICE_LABEL) == name:
                place = obj["metadata"]["name"].replace(name, "x")
                found[f"{kind.kind} {place}"] = _content(obj, name)
    return found


def _content(obj: dict[str, Any], name: str) -> Any:
    owners = [one["name"] for one in obj["metadata"].get("ownerReferences", ())]
    marks = dict(obj["metadata"].get("annotations", {}).items())
    for key in (names.REVISION, names.APPLIED, names.RENDERED):
        marks.pop(key, None)
    body = {key: obj[key] for key in ("data", "spec") if key in obj}
    data = dict(body.get("data") or {})
    if names.TOKEN_KEY in data:
        data = {key.partition("-")[0]: "" for key in data}
    data.pop(names.DIGEST_KEY, None)
    spec = {key: item for key, item in body.get("spec", {}).items() if "lusterIP" not in key}
    if "template" in spec:
        template = spec["template"]
        for container in template["spec"]["containers"]:  # an apply merges lists in its own order
            container["env"] = sorted(container["env"], key=lambda one: str(one["name"]))
        notes = template["metadata"]["annotations"]
        kept = {key: text for key, text in notes.items() if not key.endswith("/content")}
        spec["template"] = {**template, "metadata": {**template["metadata"], "annotations": kept}}
    return json.loads(json.dumps([owners, marks, data, spec]).replace(name, "x"))


def token(cluster: Cluster, name: str) -> str:
    """The token, which must be the one whose digest is stated."""
    secret = cluster.api.get(kinds.SECRET, f"{name}-token", NS)
    text = base64.b64decode(secret["data"]["token"]).decode()
    assert cluster.configmap(name)["data"]["token_sha256"] == digest(text).hex()
    return text


Verb = Callable[[Lifecycle, str], Awaitable[Any]]


async def _exposed_again(lifecycle: Lifecycle, name: str) -> None:
    await lifecycle.replace(replace(OLD, name=name))


VERBS: dict[str, tuple[Service | None, Verb]] = {
    "create": (None, lambda life, name: life.create(replace(OLD, name=name))),
    "replace": (OLD, lambda life, name: life.replace(replace(NEW, name=name))),
    "hide": (OLD, lambda life, name: life.replace(replace(HIDDEN, name=name))),
    "expose again": (HIDDEN, _exposed_again),
    "rotate": (OLD, lambda life, name: life.rotate(name)),
    "delete": (OLD, lambda life, name: life.delete(name)),
    "stop": (OLD, lambda life, name: life.stop(name)),
    "start": (OLD, lambda life, name: life.start(name)),
    "restart": (OLD, lambda life, name: life.restart(name, "2026-01-01T00:00:00Z")),
}


async def prepared(cluster: Cluster, verb: str, name: str) -> None:
    before, _ = VERBS[verb]
    lifecycle = Lifecycle(cluster.kube)
    if before is not None:
        exposed = replace(OLD, name=name)
        await lifecycle.create(exposed)
        if before.expose is None:
            await lifecycle.replace(replace(before, name=name))
    if verb == "start":
        cluster.scale(name, 4)
        await lifecycle.stop(name)


@pytest.mark.parametrize("verb", VERBS)
async def test_a_write_that_is_cut_is_whole_after_one_reconcile(
    cluster: Cluster, verb: str
) -> None:
    do = VERBS[verb][1]
    await prepared(cluster, verb, "cut-0")
    old = state(cluster, "cut-0")
    await do(Lifecycle(cluster.kube), "cut-0")
    whole = [old, state(cluster, "cut-0")]
    ends = []
    for cut in range(30):
        name = f"cut-{cut + 1}"
        await prepared(cluster, verb, name)
        before = token(cluster, name) if old else ""
        mortal = Mortal(cluster.kube, cut)
        try:
            await do(Lifecycle(mortal), name)  # type: ignore[arg-type]
            break
        except Killed:
            pass
        reconciler = Reconciler(cluster.kube, Lifecycle(cluster.kube), Metrics())
        await reconciler.round()
        found = state(cluster, name)
        assert found in whole, f"cut {cut}"
        if found and old and verb != "rotate":
            assert token(cluster, name) == before
        ends.append(whole.index(found))
        again = await reconciler.round()
        assert again.keys() <= {"unchanged"}
        await Lifecycle(cluster.kube).delete(name) if found else None
        assert not state(cluster, name)
    else:
        pytest.fail("it never ends")
    assert sorted(ends) == ends  # from some call on it is done, and not before
    assert ends[0] == 0


ERRORS: dict[str, tuple[BaseException, bool]] = {
    "quota": (Forbidden(403, "Forbidden", "exceeded quota"), False),
    "conflict": (Conflict(409, "Conflict", "the object has been modified"), False),
    "no answer": (Unreachable("timed out"), True),
    "the client has gone": (asyncio.CancelledError(), True),
}


@pytest.mark.parametrize(
    ("verb", "error"),
    [*((verb, error) for verb in ("create", "replace") for error in ERRORS), ("stop", "no answer")],
)
async def test_a_write_of_which_one_call_fails_is_whole(
    cluster: Cluster, verb: str, error: str
) -> None:
    """Where it says that it failed, it is undone at once or all done; a stop is followed later."""
    do = VERBS[verb][1]
    await prepared(cluster, verb, "cut-0")
    old = state(cluster, "cut-0")
    await do(Lifecycle(cluster.kube), "cut-0")
    new = state(cluster, "cut-0")
    for at in range(1, 30):
        name = f"cut-{at}"
        await prepared(cluster, verb, name)
        before = token(cluster, name) if old else ""
        raised, after = ERRORS[error]
        failing = Failing(cluster.kube, at, raised, after=after)
        try:
            await do(Lifecycle(failing), name)  # type: ignore[arg-type]
            done = True
        except (KubeError, RefusalError, asyncio.CancelledError):
            done = False
        if not failing.failed:
            break
        if not done and verb != "stop":
            assert state(cluster, name) in (old, new), f"call {at}"
        await Reconciler(cluster.kube, Lifecycle(cluster.kube), Metrics()).round()
        assert state(cluster, name) in ([new] if done else [old, new]), f"call {at}"
        if state(cluster, name) and old:
            assert token(cluster, name) == before
        await Lifecycle(cluster.kube).delete(name) if state(cluster, name) else None
    else:
        pytest.fail("it never ends")
