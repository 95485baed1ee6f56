"""Services of OIDC callers stand in namespaces of their own; names are unique among all."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import encode_basic_auth
from aiohttp.test_utils import TestClient

from gateway.management.metrics import Metrics
from gateway.management.objects.policy import Policy
from gateway.management.problems import RefusalError
from gateway.management.store.reconcile import Reconciler
from gateway.management.store.rounds import Rounds
from gateway.management.store.spaces import Spaces
from gateway.management.store.tenants import Tenants
from shared.embedded import kinds
from shared.kube.errors import Forbidden
from shared.runtime.clock import ManualClock
from shared.service import spaces
from shared.service.model import Service
from tests.gateway.management import tenants
from tests.gateway.management.cluster import NS, Cluster
from tests.gateway.management.issuer import Issuer, issuing

Client = TestClient[Any, Any]
SERVICES = "/system/services"
ALICE, BOB = "alice@egi.eu", "bob@egi.eu"
HERS, HIS = spaces.candidates(ALICE)[0], spaces.candidates(BOB)[0]
ADMIN = {"Authorization": encode_basic_auth("oscar", "secret")}
SECURITY = "pod-security.kubernetes.io/enforce"


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    async with issuing() as issuer:
        yield issuer


@pytest.fixture
def places(cluster: Cluster) -> Spaces:
    return tenants.granted(cluster)


@pytest.fixture
async def client(cluster: Cluster, places: Spaces, issuer: Issuer) -> AsyncIterator[Client]:
    async with tenants.serving(cluster, places, issuer) as client:
        yield client


def named(body: dict[str, Any], name: str, **more: Any) -> dict[str, Any]:
    return {**body, "name": name, "environment": {"secrets": {"KEY": "x"}}, **more}


async def call(client: Client, who: dict[str, str], method: str, path: str = "", **kw: Any) -> Any:
    async with client.request(method, f"{SERVICES}{path}", headers=who, **kw) as answer:
        is_json = answer.content_type == "application/json"
        return answer.status, await (answer.json() if is_json else answer.text())


async def test_each_service_stands_where_its_owner_is(
    client: Client, cluster: Cluster, issuer: Issuer, body: dict[str, Any]
) -> None:
    body["expose"]["api_port"] = 5000
    patch = {"metadata": {"labels": {SECURITY: "restricted"}}}
    cluster.api.patch(kinds.NAMESPACE, NS, "", patch, manager="test")
    alice, bob = issuer.bearer(ALICE), issuer.bearer(BOB)
    for who, name in ((ADMIN, "ours"), (alice, "hers"), (bob, "his")):
        assert await call(client, who, "POST", json=named(body, name)) == (201, "")
    for name, space in (("ours", NS), ("hers", HERS), ("his", HIS)):
        for kind, found in (
            (kinds.CONFIG_MAP, name),
            (kinds.SECRET, f"{name}-token"),
            (kinds.SECRET, f"{name}-env"),
            (kinds.SERVICE, f"{name}-svc"),
            (kinds.DEPLOYMENT, f"{name}-dlp"),
        ):
            assert [one["metadata"]["namespace"] for one in cluster.api.list(kind)
                    if one["metadata"]["name"] == found] == [space]  # fmt: skip
        for path in ("", "/deployment", "/description"):
            status, told = await call(client, ADMIN, "GET", f"/{name}{path}")
            assert (status, told["namespace"]) == (200, space)
    made = cluster.api.get(kinds.NAMESPACE, HERS)["metadata"]
    assert made["labels"][SECURITY] == "restricted"
    assert made["labels"][spaces.OWNER_HASH] == spaces.hashed(ALICE)

    _, listed = await call(client, ADMIN, "GET", "?include=deployment")
    assert [(one["name"], one["namespace"]) for one in listed] == [
        ("hers", HERS), ("his", HIS), ("ours", NS),
    ]  # fmt: skip
    assert all(one["token"] and one["deployment"]["state"] for one in listed)
    _, listed = await call(client, alice, "GET")
    assert [one["name"] for one in listed] == ["hers"]


async def test_a_name_is_taken_wherever_it_is(
    client: Client, cluster: Cluster, issuer: Issuer, body: dict[str, Any]
) -> None:
    alice, bob = issuer.bearer(ALICE), issuer.bearer(BOB)
    assert (await call(client, alice, "POST", json=named(body, "one")))[0] == 201
    for who in (bob, ADMIN, alice):
        status, text = await call(client, who, "POST", json=named(body, "one"))
        assert (status, text) == (400, "A service with the provided name already exists")
    assert len(list(cluster.api.list(kinds.DEPLOYMENT))) == 1
    assert (await call(client, bob, "PUT", json=named(body, "one")))[0] == 403
    assert (await call(client, bob, "DELETE", "/one"))[0] == 403


async def test_whoever_may_changes_it_where_it_stands(
    client: Client, cluster: Cluster, issuer: Issuer, body: dict[str, Any]
) -> None:
    alice = issuer.bearer(ALICE)
    await call(client, alice, "POST", json=named(body, "one"))
    for method, path, extra in (
        ("PUT", "", {"json": named(body, "one", memory="2Gi")}),
        ("POST", "/one/stop", {}),
        ("POST", "/one/start", {}),
        ("POST", "/one/restart", {}),
        ("POST", "/one/token", {}),
        ("GET", "/one/deployment/logs", {}),
        ("GET", "/one/deployment/events", {}),
    ):
        for who in (ADMIN, alice):
            status, text = await call(client, who, method, path, **extra)
            assert status < 300, (method, path, text)
    status, _ = await call(client, ADMIN, "DELETE", "/one?namespace=oscar-svc")
    assert status == 404
    status, _ = await call(client, ADMIN, "DELETE", f"/one?namespace={HERS}")
    assert status == 204
    assert not list(cluster.api.list(kinds.DEPLOYMENT))
    assert cluster.api.find(kinds.NAMESPACE, HERS) is not None


async def test_others_are_kept_out_wherever_it_stands(
    client: Client, issuer: Issuer, body: dict[str, Any]
) -> None:
    alice, bob = issuer.bearer(ALICE), issuer.bearer(BOB)
    await call(client, alice, "POST", json=named(body, "one"))
    for path in ("/one", "/one/auth", "/one/description", "/one/deployment/logs/follow"):
        assert (await call(client, bob, "GET", path))[0] == 403
    assert (await call(client, alice, "GET", "/one/auth"))[0] == 200
    for who, status in ((alice, 200), (ADMIN, 200), (bob, 403)):
        async with client.get("/system/logs/one", headers=who) as answer:
            assert answer.status == status


async def test_of_two_creates_at_a_time_the_older_stays(
    cluster: Cluster, places: Spaces, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both had looked before either wrote."""
    writes, real = Tenants(cluster.kube, places), places.find
    await places.owned(BOB)
    hers, his = replace(service, owner=ALICE), replace(service, owner=BOB)
    looks = iter(["", None])

    async def find(name: str) -> str:
        if next(looks) is None:
            return await real(name)
        await writes.within(HIS).create(his)  # in the moment after she has looked
        cluster.api.now = lambda: time.time() + 5
        return ""

    monkeypatch.setattr(places, "find", find)
    with pytest.raises(RefusalError, match="already exists"):
        await writes.create(hers)
    assert await real(service.name) == HIS
    assert cluster.api.find(kinds.CONFIG_MAP, service.name, HERS) is None


async def test_namespaces_of_others_are_left_alone(cluster: Cluster, places: Spaces) -> None:
    taken = {"metadata": {"name": HERS, "labels": {spaces.OWNER_HASH: "other"}}}
    body = {"apiVersion": "v1", "kind": "Namespace", **taken}
    cluster.api.create(kinds.NAMESPACE, body, manager="test")
    assert await places.owned(ALICE) == spaces.candidates(ALICE)[1]
    assert await places.all() == (NS, *sorted({HERS, spaces.candidates(ALICE)[1]}))


async def test_reconcile_repairs_in_all(
    cluster: Cluster, places: Spaces, client: Client, issuer: Issuer, body: dict[str, Any]
) -> None:
    for who, name in ((ADMIN, "ours"), (issuer.bearer(ALICE), "hers")):
        await call(client, who, "POST", json=named(body, name))
    for name, space in (("ours", NS), ("hers", HERS)):
        cluster.api.delete(kinds.SERVICE, f"{name}-svc", space)
    writes = Tenants(cluster.kube, places)

    def make(namespace: str) -> Reconciler:
        policy = Policy(namespace=namespace)
        return Reconciler(cluster.kube, writes.within(namespace), Metrics(), policy=policy)

    await Rounds(places, make, ManualClock()).round()
    for name, space in (("ours", NS), ("hers", HERS)):
        assert cluster.api.find(kinds.SERVICE, f"{name}-svc", space) is not None


async def test_rights_that_were_taken_away_come_again_and_hide_no_others(
    cluster: Cluster, places: Spaces, client: Client, issuer: Issuer, body: dict[str, Any]
) -> None:
    for who, name in ((ADMIN, "ours"), (issuer.bearer(ALICE), "hers")):
        await call(client, who, "POST", json=named(body, name))
    cluster.api.delete(kinds.ROLE_BINDING, "management", HERS)
    _, listed = await call(client, ADMIN, "GET")
    assert [one["name"] for one in listed] == ["ours"]
    writes = Tenants(cluster.kube, places)

    def make(namespace: str) -> Reconciler:
        policy = Policy(namespace=namespace)
        return Reconciler(cluster.kube, writes.within(namespace), Metrics(), policy=policy)

    rounds = Rounds(places, make, ManualClock())
    with pytest.raises(Forbidden):
        await rounds.round()
    await rounds.round()
    _, listed = await call(client, ADMIN, "GET")
    assert [one["name"] for one in listed] == ["hers", "ours"]


async def test_a_namespace_that_was_deleted_is_made_again_with_its_rights(
    cluster: Cluster, places: Spaces
) -> None:
    assert await places.owned(ALICE) == HERS
    for account in ("management", "scaler"):
        cluster.api.delete(kinds.ROLE_BINDING, account, HERS)
    cluster.api.delete(kinds.NAMESPACE, HERS)
    assert await places.owned(ALICE) == HERS
    assert len(cluster.api.list(kinds.ROLE_BINDING, HERS)) == 2


async def test_with_one_namespace_nothing_is_asked(cluster: Cluster) -> None:
    places = Spaces(cluster.kube)  # which has no rights outside of it
    assert await places.owned(ALICE) == await places.find("x") == NS
    assert await places.all() == (NS,)
