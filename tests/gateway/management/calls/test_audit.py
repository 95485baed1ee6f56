"""Who changed what, when, with which outcome and from where; and how guesses are slowed down."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from aiohttp import ClientSession, TCPConnector, encode_basic_auth
from aiohttp.test_utils import TestClient, TestServer

from gateway.management.access import budget, guesses
from gateway.management.access.credentials import Credentials
from gateway.management.access.oidc import Rules
from gateway.management.app import application
from gateway.management.store.lifecycle import Lifecycle
from shared.runtime.clock import ManualClock
from tests.gateway.harness import rig
from tests.gateway.management.cluster import Cluster
from tests.gateway.management.issuer import issuing

Body = dict[str, Any]
SERVICES = "/system/services"
ATTACKER, OTHER = "198.51.100.7", "198.51.100.8"
RIGHT = encode_basic_auth("oscar", "secret")
WRONG = encode_basic_auth("oscar", "guess")


@dataclass
class Api:
    """A client whose address a trusted proxy states, and the clock."""

    client: TestClient[Any, Any]
    clock: ManualClock
    caplog: pytest.LogCaptureFixture
    token: str

    async def ask(
        self, authorization: str, address: str = ATTACKER, path: str = SERVICES
    ) -> tuple[int, str]:
        headers = {"Authorization": authorization, "X-Forwarded-For": f"1.1.1.1, {address}"}
        async with self.client.get(path, headers=headers) as answer:
            return answer.status, answer.headers.get("Retry-After", "")

    async def change(
        self, method: str, path: str = "", body: Body | None = None, **who: str
    ) -> int:
        headers = {"Authorization": RIGHT, "X-Request-Id": "abc", "X-Forwarded-For": OTHER} | {
            name.replace("_", "-"): text for name, text in who.items()
        }
        async with self.client.request(
            method, SERVICES + path, json=body, headers=headers
        ) as answer:
            return answer.status

    def lines(self) -> list[dict[str, Any]]:
        """The fields of the audit's lines so far."""
        return [vars(one)["fields"] for one in self.caplog.records if one.name == "audit"]


@pytest.fixture
async def api(cluster: Cluster, caplog: pytest.LogCaptureFixture) -> AsyncIterator[Api]:
    caplog.set_level(logging.INFO, "audit")
    async with issuing() as issuer:
        clock = ManualClock()
        app = application(
            cluster.kube,
            Lifecycle(cluster.kube),
            Credentials("oscar", "secret"),
            clock,
            tokens=Rules((issuer.url,), ("exposed",)),
            proxies=["127.0.0.0/8"],
        )
        async with TestClient(TestServer(app)) as client:
            yield Api(client, clock, caplog, issuer.token())


async def test_guesses_from_an_address_are_slowed_down_and_nobody_elses_login_is(api: Api) -> None:
    answers = [await api.ask(WRONG) for _ in range(guesses.FREE + 100)]
    assert answers[: guesses.FREE - 1] == [(401, "")] * (guesses.FREE - 1)
    assert set(answers[guesses.FREE - 1 :]) == {(429, "1")}
    assert await api.ask(RIGHT) == (429, "1")  # not looked at: else the wait would be worth nothing
    assert await api.ask(RIGHT, OTHER) == (200, "")
    assert len(api.lines()) == guesses.FREE
    await api.clock.advance(1.0)
    assert await api.ask(WRONG) == (429, "2")
    await api.clock.advance(2.0)
    assert await api.ask(RIGHT) == (200, "")
    assert await api.ask(WRONG) == (401, "")


async def test_guesses_at_an_account_from_ever_new_addresses_are_slowed_down(api: Api) -> None:
    statuses = [
        (await api.ask(WRONG, f"203.0.113.{number}"))[0]
        for number in range(guesses.FREE_OF_ACCOUNT + 3)
    ]
    assert statuses == [401] * (guesses.FREE_OF_ACCOUNT - 1) + [429] * 4
    assert (await api.ask(WRONG, "203.0.113.0"))[0] == 429
    assert await api.ask(RIGHT, OTHER) == (200, "")


async def test_the_gateway_tells_whose_guess_it_is(api: Api) -> None:
    """Over real connections from two addresses; what the client itself forwards is not believed."""
    async with rig() as gateway:
        gateway.services.manage([("127.0.0.1", api.client.port or 0)])
        url = f"http://127.0.0.1:{gateway.port}{SERVICES}"
        statuses = {}
        for address, password in (("127.0.0.2", "guess"), ("127.0.0.3", "secret")):
            connector = TCPConnector(local_addr=(address, 0))
            credentials = {"Authorization": encode_basic_auth("oscar", password)}
            async with ClientSession(connector=connector, headers=credentials) as session:
                for number in range(guesses.FREE + 1):
                    forged = {"X-Forwarded-For": f"198.51.100.{number}"}
                    async with session.get(url, headers=forged) as answer:
                        statuses[address] = answer.status
    assert statuses == {"127.0.0.2": 429, "127.0.0.3": 200}
    assert {one["address"] for one in api.lines()} == {"127.0.0.2"}


async def test_forwarded_authentication_is_no_way_around(api: Api) -> None:
    path = f"{SERVICES}/ocr/auth"
    answers = [await api.ask(WRONG, path=path) for _ in range(guesses.FREE + 1)]
    assert answers[-1] == (429, "1")
    assert (await api.ask(RIGHT))[0] == 429


async def test_tokens_and_missing_credentials_are_no_guesses(api: Api) -> None:
    for authorization in ("", "Basic", f"Bearer {'ab' * 32}", "Bearer a.b.c", "Basic !!"):
        for _ in range(guesses.FREE + 1):
            assert (await api.ask(authorization))[0] in (400, 401)
    assert await api.ask(RIGHT) == (200, "")
    assert api.lines() == []


async def test_a_guess_is_told_and_a_flood_is_counted(api: Api) -> None:
    await api.ask(encode_basic_auth("hunter2", "oscar"))
    for number in range(budget.AT_ONCE + 4):
        await api.ask(WRONG, f"203.0.113.{number}")
    first, second = api.lines()[:2]
    assert first["account"] == "unknown"  # it may be a password in the wrong place
    assert second == {
        "event": "guess",
        "account": "oscar",
        "wait": 0,
        "address": "203.0.113.0",
        "request_id": second["request_id"],
    }
    assert len(api.lines()) == budget.AT_ONCE
    await api.clock.advance(1.0)
    await api.ask(WRONG, OTHER)
    assert api.lines()[-1]["untold"] == 5


async def test_each_change_is_told_with_its_outcome(api: Api, body: Body) -> None:
    alice = f"Bearer {api.token}"
    secret = {"environment": {"secrets": {"KEY": ["hunter2"]}}}
    assert await api.change("POST", body=body) == 201
    assert await api.change("PUT", body=body) == 204
    assert await api.change("POST", "/ocr/stop") == 200
    assert await api.change("PUT", body=body, Authorization=alice) == 403
    assert await api.change("POST", body=body | secret) == 400
    assert await api.change("DELETE", "/ocr", Authorization="", X_Request_Id="é") == 401
    assert await api.change("DELETE", "/ocr", Origin="https://evil.example") == 403
    assert await api.change("DELETE", "/ocr") == 204
    lines = api.lines()
    assert [(one["action"], one["service"], one["caller"], one["status"]) for one in lines] == [
        ("create", "ocr", "cluster_admin", 201),
        ("replace", "ocr", "cluster_admin", 204),
        ("stop", "ocr", "cluster_admin", 200),
        ("replace", "ocr", "alice@egi.eu", 403),
        ("create", "", "cluster_admin", 400),
        ("delete", "ocr", "", 401),
        ("delete", "ocr", "", 403),
        ("delete", "ocr", "cluster_admin", 204),
    ]
    assert lines[0] == {
        "event": "change",
        "action": "create",
        "service": "ocr",
        "caller": "cluster_admin",
        "proof": "basic",
        "status": 201,
        "address": OTHER,
        "request_id": "abc",
    }
    assert lines[3]["reason"] == "User alice@egi.eu doesn't have permission to change this service"
    assert lines[6]["reason"].startswith("pages of https://evil.example may not")
    assert "hunter2" not in str(lines)
    assert len(lines[5]["request_id"]) == 16


async def test_who_only_reads_leaves_no_line(api: Api) -> None:
    for path in (SERVICES, f"{SERVICES}/nothing", "/system/nothing"):
        await api.ask(RIGHT, path=path)
    assert api.lines() == []


async def test_changes_that_nobody_proves_to_want_do_not_fill_the_log(api: Api) -> None:
    for _ in range(budget.AT_ONCE + 10):
        await api.change("DELETE", "/ocr", Authorization="")
    assert len(api.lines()) == budget.AT_ONCE
    await api.change("DELETE", "/ocr")
    assert len(api.lines()) == budget.AT_ONCE + 1
