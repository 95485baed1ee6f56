"""Nobody gets in by a side door: every call, by each who may and may not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import encode_basic_auth
from aiohttp.test_utils import TestClient, TestServer

from gateway.management.access.credentials import Credentials
from gateway.management.access.needs import DOCUMENT, needed
from gateway.management.access.oidc import Rules
from gateway.management.app import application
from gateway.management.calls.guard import Guard
from gateway.management.store.lifecycle import Lifecycle
from shared.embedded import kinds
from shared.runtime.clock import ManualClock
from shared.service import names
from tests.gateway.management.cluster import NS, Cluster
from tests.gateway.management.issuer import Issuer, issuing

Client = TestClient[Any, Any]
Body = dict[str, Any]
SERVICES = "/system/services"
ALICE, BOB = "alice@egi.eu", "bob@egi.eu"
ADMIN = {"Authorization": encode_basic_auth("oscar", "secret")}
OPEN = ("/health", "/healthz", "/readyz", "/metrics", "/run/{name}", "/job/{name}", DOCUMENT)
FORWARD = ("GET", f"{SERVICES}/{{name}}/auth")


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    async with issuing() as issuer:
        yield issuer


@pytest.fixture
async def client(cluster: Cluster, issuer: Issuer) -> AsyncIterator[Client]:
    app = application(
        cluster.kube,
        Lifecycle(cluster.kube),
        Credentials("oscar", "secret"),
        ManualClock(),
        tokens=Rules((issuer.url,), ("exposed",)),
    )
    async with TestClient(TestServer(app)) as client:
        yield client


async def call(
    client: Client, who: dict[str, str], method: str, path: str = "", body: Body | None = None
) -> tuple[int, str]:
    async with client.request(method, f"{SERVICES}{path}", json=body, headers=who) as answer:
        return answer.status, await answer.text()


def routes(client: Client) -> list[tuple[str, str]]:
    """All calls there are, as method and pattern."""
    app = client.app
    assert app is not None
    return [
        (route.method.replace("*", "GET"), _filled(route.resource.canonical))
        for route in app.router.routes()
        if route.resource is not None
    ]


def _filled(pattern: str) -> str:
    """The pattern with values for all but the service's name."""
    for name, value in (("area", "buckets"), ("rest", "x"), ("pod", "ocr-1")):
        pattern = pattern.replace(f"{{{name}}}", value)
    return pattern


def example(pattern: str, name: str = "ocr") -> str:
    """A path that the pattern matches."""
    known = {"{name}": name, "{pod}": "pod", "{area}": "buckets", "{rest}": "one"}
    for word, value in known.items():
        pattern = pattern.replace(word, value)
    return pattern


async def test_every_call_but_the_probes_asks_who_calls(client: Client) -> None:
    for method, pattern in routes(client):
        path = example(pattern)
        for who in ({}, {"Authorization": "Basic b3NjYXI6Z3Vlc3M="}):
            async with client.request(method, path, headers=who) as answer:
                asked = answer.status in (401, 429)
                assert asked is (pattern not in OPEN), (method, pattern)


async def test_no_call_below_a_service_serves_who_may_not_see_it(
    client: Client, issuer: Issuer, body: Body
) -> None:
    bob = issuer.bearer(BOB)
    assert await call(client, issuer.bearer(ALICE), "POST", body=body) == (201, "")
    token = (await (await client.get(f"{SERVICES}/ocr", headers=ADMIN)).json())["token"]
    for method, pattern in routes(client):
        if needed(method, pattern, "") in ("see", "change") or (method, pattern) == FORWARD:
            path = example(pattern)
            async with client.request(method, path, headers=bob) as answer:
                assert answer.status == 403, (method, pattern)
                assert token not in await answer.text()
            missing = example(pattern, "nothing")
            async with client.request(method, missing, headers=bob) as answer:
                assert answer.status == 404, (method, pattern)
    for method, pattern in routes(client):
        if method == "GET" and needed(method, pattern, "") == "caller":
            async with client.request(method, example(pattern, "nothing"), headers=bob) as answer:
                text = await answer.text()
                assert (token in text, '"ocr"' in text) == (False, False), pattern
    assert await call(client, bob, "GET", "?include=deployment") == (200, "[]")
    status, text = await call(client, bob, "PUT", body=body)
    assert (status, text) == (403, f"User {BOB} doesn't have permission to change this service")
    status, text = await call(client, bob, "POST", body=body)
    assert (status, text) == (400, "A service with the provided name already exists")


async def test_each_write_asks_once_more_whose_the_service_is(
    client: Client, issuer: Issuer, body: Body, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the guard and the write a service may be deleted, and made by somebody else."""

    async def passes(*_: object) -> None: ...

    monkeypatch.setattr(Guard, "permit", passes)
    assert await call(client, issuer.bearer(ALICE), "POST", body=body) == (201, "")
    writes = [each for each in routes(client) if needed(*each, "") == "change"]
    assert ("POST", f"{SERVICES}/{{name}}/token") in writes
    for method, pattern in writes:
        path = example(pattern)
        async with client.request(method, path, headers=issuer.bearer(BOB)) as answer:
            assert answer.status == 403, (method, pattern)


@pytest.mark.parametrize(
    "shared", [{"visibility": "public"}, {"visibility": "restricted", "allowed_users": [BOB]}]
)
async def test_whom_a_service_is_shown_to_sees_it_and_changes_nothing(
    client: Client, issuer: Issuer, cluster: Cluster, body: Body, shared: Body
) -> None:
    bob = issuer.bearer(BOB)
    await call(client, issuer.bearer(ALICE), "POST", body=body | shared)
    for path in ("/ocr", "/ocr/deployment", "/ocr/deployment/logs", "/ocr/auth"):
        assert (await call(client, bob, "GET", path))[0] == 200, path
    (listed,) = await (await client.get(SERVICES, headers=bob)).json()
    assert (listed["owner"], len(listed["token"])) == (ALICE, 64)
    before = cluster.configmap("ocr")
    for method, path in (
        ("PUT", ""),
        ("DELETE", "/ocr"),
        ("POST", "/ocr/stop"),
        ("POST", "/ocr/start"),
        ("POST", "/ocr/restart"),
    ):
        assert (await call(client, bob, method, path, body))[0] == 403, path
    assert cluster.configmap("ocr") == before


async def test_the_owner_does_all_of_it_with_his_own(
    client: Client, issuer: Issuer, body: Body
) -> None:
    alice = issuer.bearer(ALICE, name="Alice Doe")
    forged = body | {"owner": "cluster_admin", "labels": {"owner_name": "Root"}}
    assert (await call(client, alice, "POST", body=forged))[0] == 201
    found = await (await client.get(f"{SERVICES}/ocr", headers=alice)).json()
    assert (found["owner"], found["labels"]["owner_name"]) == (ALICE, "Alice_Doe")
    for method, path in (("POST", "/ocr/stop"), ("POST", "/ocr/start"), ("POST", "/ocr/restart")):
        assert (await call(client, alice, method, path))[0] == 200, path
    assert (await call(client, alice, "PUT", body=forged | {"owner": BOB}))[0] == 204
    assert (await call(client, ADMIN, "PUT", body=forged | {"cpu": "1"}))[0] == 204
    found = await (await client.get(f"{SERVICES}/ocr", headers=alice)).json()
    assert (found["owner"], found["labels"]["owner_name"]) == (ALICE, "Alice_Doe")
    assert (await call(client, alice, "DELETE", "/ocr"))[0] == 204


async def test_the_administrators_services_are_nobody_elses(
    client: Client, issuer: Issuer, body: Body
) -> None:
    await call(client, ADMIN, "POST", body=body | {"owner": BOB})
    bob = issuer.bearer(BOB)
    assert (await call(client, bob, "GET", "/ocr"))[0] == 403
    assert (await call(client, bob, "PUT", body=body | {"owner": BOB}))[0] == 403
    assert await call(client, bob, "GET") == (200, "[]")


async def test_what_cannot_be_read_is_the_administrators_to_mend(
    client: Client, issuer: Issuer, cluster: Cluster, body: Body
) -> None:
    broken = {
        "metadata": {"name": "ocr", "labels": {"oscar_service": "ocr"}},
        "data": {"function_config.yaml": "name: ocr\nimage: s3cret\nowner: [bob@egi.eu]\n"},
    }
    cluster.api.create(kinds.CONFIG_MAP, broken, NS, manager="test")
    bob = issuer.bearer(BOB)
    for method, path in (("GET", "/ocr"), ("DELETE", "/ocr"), ("PUT", "")):
        status, text = await call(client, bob, method, path, body)
        assert (status, "permission" in text) == (403, True)
    assert (await call(client, bob, "POST", body=body))[0] == 400
    assert (await call(client, ADMIN, "PUT", body=body))[0] == 204


async def test_an_unfinished_create_makes_room_for_its_owner_alone(
    client: Client, issuer: Issuer, cluster: Cluster, body: Body
) -> None:
    await call(client, issuer.bearer(ALICE), "POST", body=body)
    unfinished = {"metadata": {"annotations": {names.APPLIED: None}}}
    cluster.api.patch(kinds.SECRET, "ocr-token", NS, unfinished, manager="test")
    assert (await call(client, issuer.bearer(BOB), "POST", body=body))[0] == 400
    assert (await call(client, issuer.bearer(ALICE), "POST", body=body))[0] == 201


async def test_tokens_that_prove_nothing(client: Client, issuer: Issuer) -> None:
    for header, status in (
        ("Bearer x", 400),
        ("bearer a b", 400),
        ("Bearer", 400),
        (f"Bearer {issuer.token(exp=1)}", 401),
        (f"Bearer {issuer.token(aud='other')}", 401),
        (f"Token {issuer.token()}", 401),
        (issuer.token(), 401),
    ):
        async with client.get(SERVICES, headers={"Authorization": header}) as answer:
            assert answer.status == status, header
            assert "WWW-Authenticate" in answer.headers


async def test_forwarded_authentication_knows_callers_but_not_a_services_basic(
    client: Client, issuer: Issuer, body: Body
) -> None:
    """Rules d and e: no cookie for a caller, no body and no challenge for anybody else."""
    alice, bob = issuer.bearer(ALICE), issuer.bearer(BOB)
    await call(client, alice, "POST", body=body)
    token = (await (await client.get(f"{SERVICES}/ocr", headers=alice)).json())["token"]
    own = {"Authorization": encode_basic_auth("ocr", token)}
    guess = {"Authorization": encode_basic_auth("oscar", "guess")}
    for who, status, missing in (
        (ADMIN, 200, 404),
        (alice, 200, 404),
        (bob, 403, 404),
        (own, 401, 401),
        (guess, 401, 401),
        ({"Authorization": "Bearer no.jwt.x"}, 401, 401),
        (issuer.bearer(exp=1), 401, 401),
    ):
        for name, expected in (("ocr", status), ("nothing", missing)):
            async with client.get(f"{SERVICES}/{name}/auth", headers=who) as answer:
                assert (answer.status, await answer.text()) == (expected, ""), (who, name)
                assert not {"Set-Cookie", "WWW-Authenticate"} & set(answer.headers)


async def test_who_proves_nothing_is_told_both_ways_and_nothing_is_kept(client: Client) -> None:
    async with client.get(SERVICES) as answer:
        realm = 'realm="Authorization Required"'
        assert answer.headers["WWW-Authenticate"] == f"Basic {realm}, Bearer {realm}"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_without_issuers_a_token_is_no_proof(anyone: Client, issuer: Issuer) -> None:
    async with anyone.get(SERVICES, headers=issuer.bearer()) as answer:
        assert (answer.status, await answer.text()) == (401, "")
        assert answer.headers["WWW-Authenticate"] == 'Basic realm="Authorization Required"'
