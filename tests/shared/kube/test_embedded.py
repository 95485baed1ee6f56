"""Client, informer, events and election against the embedded API server: do the two agree?"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from shared.embedded.access.authentication import Tokens
from shared.embedded.access.rbac import ADMINISTRATORS, User
from shared.embedded.api.operations import Api
from shared.embedded.http.server import ApiServer
from shared.embedded.storage.journal import Journal
from shared.embedded.storage.store import Store
from shared.kube import errors
from shared.kube.changes import Change
from shared.kube.client import KubeClient
from shared.kube.events import EventRecorder
from shared.kube.informer import Informer
from shared.kube.lease import Election
from shared.kube.resources import CONFIGMAPS, EVENTS, LEASES, NAMESPACES
from shared.runtime.clock import ManualClock
from tests.shared.kube.scripted import kubeconfig_file
from tests.tasks import running

NS = "oscar-svc"


@pytest.fixture
async def embedded(tmp_path: Path) -> AsyncIterator[KubeClient]:
    api = Api(Store(Journal(None), history=20))
    server = ApiServer(api, Tokens({"sesame": User("root", (ADMINISTRATORS,))}))
    port = await server.start()
    path = kubeconfig_file(tmp_path, f"http://127.0.0.1:{port}")
    try:
        async with KubeClient.open(field_manager="t", kubeconfig=path) as kube:
            await kube.create(NAMESPACES, {"metadata": {"name": NS}})
            yield kube
    finally:
        await server.stop()


def configmap(name: str, **data: str) -> dict[str, Any]:
    return {"metadata": {"name": name}, "data": data}


async def test_every_verb(embedded: KubeClient) -> None:
    made = await embedded.create(CONFIGMAPS, configmap("a", x="1"), NS)
    with pytest.raises(errors.AlreadyExists):
        await embedded.create(CONFIGMAPS, configmap("a"), NS)
    patched = await embedded.patch(CONFIGMAPS, "a", {"data": {"y": "2"}}, NS)
    assert patched["data"] == {"x": "1", "y": "2"}
    with pytest.raises(errors.Conflict):
        await embedded.replace(CONFIGMAPS, made | {"data": {}}, NS)
    operations = [{"op": "remove", "path": "/data/x"}]
    assert (await embedded.patch(CONFIGMAPS, "a", operations, NS, kind="json"))["data"] == {
        "y": "2"
    }
    await embedded.apply(CONFIGMAPS, configmap("a", z="3"), NS)
    assert (await embedded.get(CONFIGMAPS, "a", NS))["data"] == {"y": "2", "z": "3"}
    with pytest.raises(errors.Conflict):
        await embedded.delete(CONFIGMAPS, "a", NS, uid="another")
    await embedded.delete(CONFIGMAPS, "a", NS)
    with pytest.raises(errors.NotFound):
        await embedded.get(CONFIGMAPS, "a", NS)
    with pytest.raises(errors.Invalid):
        await embedded.create(CONFIGMAPS, configmap("Not A Name"), NS)


async def test_pages_are_joined(embedded: KubeClient) -> None:
    for number in range(7):
        await embedded.create(CONFIGMAPS, configmap(f"n{number}"), NS)
    whole = await embedded.list(CONFIGMAPS, NS, limit=3)
    assert [one["metadata"]["name"] for one in whole["items"]] == [f"n{i}" for i in range(7)]


async def test_a_version_that_is_forgotten_is_expired(embedded: KubeClient) -> None:
    first = await embedded.create(CONFIGMAPS, configmap("a"), NS)
    for number in range(30):
        await embedded.patch(CONFIGMAPS, "a", {"data": {"n": str(number)}}, NS)
    version = first["metadata"]["resourceVersion"]
    with pytest.raises(errors.KubeError) as caught:  # noqa: PT012  as status or as first event
        async with aclosing(
            embedded.watch(CONFIGMAPS, NS, resource_version=version, timeout=5)
        ) as watch:
            event = await anext(watch)
            raise errors.from_status(event["object"]["code"], event["object"])
    assert isinstance(caught.value, errors.Expired)


async def test_an_informer_follows(embedded: KubeClient) -> None:
    changes: asyncio.Queue[Change] = asyncio.Queue()
    informer = Informer(
        embedded, CONFIGMAPS, NS, labels="keep", on_change=changes.put_nowait, watch_seconds=30
    )
    async with running(informer.run()):
        await informer.synced.wait()
        kept = configmap("a")
        kept["metadata"]["labels"] = {"keep": "yes"}
        await embedded.create(CONFIGMAPS, configmap("unseen"), NS)
        await embedded.create(CONFIGMAPS, kept, NS)
        await embedded.patch(CONFIGMAPS, "a", {"data": {"x": "1"}}, NS)
        await embedded.delete(CONFIGMAPS, "a", NS)
        seen = [await changes.get() for _ in range(3)]
    assert [change.type for change in seen] == ["ADDED", "MODIFIED", "DELETED"]
    assert seen[1].object["data"] == {"x": "1"}
    assert informer.cache == {}
    assert informer.failures == 0


async def test_events_are_accepted_and_counted(embedded: KubeClient) -> None:
    regarding = await embedded.create(CONFIGMAPS, configmap("a"), NS)
    recorder = EventRecorder(embedded, "scaler", ManualClock())
    async with running(recorder.run()):
        for _ in range(2):
            recorder.emit(regarding, "ScaledUp", "from 1 to 2", type="Warning", action="Scale")
        await recorder.flushed()
    assert recorder.failed == 0
    events = (await embedded.list(EVENTS, NS))["items"]
    assert [one["series"]["count"] for one in events] == [2]
    assert events[0]["regarding"]["name"] == "a"


async def test_an_election_is_held_and_handed_over(embedded: KubeClient) -> None:
    first, second = (Election(embedded, "scaler", NS, name) for name in ("a", "b"))
    await first.attempt()
    await second.attempt()
    assert (first.leading, second.leading) == (True, False)
    await first.attempt()
    await first._give_back()
    await second.attempt()
    assert second.leading
    lease = await embedded.get(LEASES, "scaler", NS)
    assert lease["spec"]["holderIdentity"] == "b"
    assert lease["spec"]["leaseTransitions"] == 1
