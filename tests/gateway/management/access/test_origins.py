"""A foreign page cannot use the password that the administrator's browser remembers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import encode_basic_auth
from aiohttp.test_utils import TestClient, TestServer

from gateway.management.access.credentials import Credentials
from gateway.management.access.origins import Origins
from gateway.management.app import application
from gateway.management.store.lifecycle import Lifecycle
from shared.runtime.clock import ManualClock
from tests.gateway.management.cluster import Cluster

HOST = "oscar.example"
UI = Origins(frozenset({"https://ui.example"}))
FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("fields", "passes"),
    [
        ({}, True),
        ({"Content-Type": FORM}, True),  # curl -d, which is no browser
        ({"Sec-Fetch-Site": "same-origin", "Origin": "https://behind.example"}, True),
        ({"Sec-Fetch-Site": "none"}, True),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}, False),
        ({"Sec-Fetch-Site": "same-site", "Origin": "https://b.example"}, False),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "https://ui.example"}, True),
        ({"Sec-Fetch-Site": "bogus"}, False),
        ({"Origin": "https://ui.example"}, True),
        ({"Origin": "https://UI.example"}, True),
        ({"Origin": "https://ui.example.evil"}, False),
        ({"Origin": "http://oscar.example"}, True),
        ({"Origin": "https://oscar.example:443"}, True),
        ({"Origin": "http://oscar.example:8443"}, False),
        ({"Origin": "http://evil.example"}, False),
        ({"Origin": "null"}, False),
        ({"Referer": "https://evil.example/page?x"}, False),  # a browser of old sends no Origin
        ({"Referer": "https://oscar.example/system/x"}, True),
        ({"Referer": "https://ui.example:443/"}, True),
        ({"Referer": "about:blank"}, False),
        ({"Origin": "https://ui.example", "Referer": "https://evil.example/"}, True),
        ({"Origin": "http://["}, False),
        ({"Origin": "http://oscar.example:x"}, False),
        ({"Origin": "file://oscar.example"}, False),
        ({"Sec-Fetch-Site": "same-origin", "Content-Type": "text/plain; charset=x"}, False),
        ({"Origin": "http://oscar.example", "Content-Type": FORM}, False),
        ({"Origin": "http://oscar.example", "Content-Type": "multipart/form-data"}, False),
        ({"Sec-Fetch-Site": "same-origin", "Content-Type": "application/json"}, True),
    ],
)
def test_who_may_change_services(fields: dict[str, str], passes: bool) -> None:
    for method in ("POST", "PUT", "DELETE"):
        assert (UI.fault(method, {"Host": HOST, **fields}) == "") == passes
    for method in ("GET", "HEAD", "OPTIONS"):
        assert UI.fault(method, {"Host": HOST, **fields}) == ""


async def test_a_foreign_form_creates_nothing_with_the_administrators_password(
    admin: TestClient[Any, Any], body: dict[str, Any]
) -> None:
    foreign = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    forged = {**foreign, "Content-Type": "text/plain"}
    async with admin.post("/system/services", json=body, headers=forged) as answer:
        assert answer.status == 403
        assert "pages of https://evil.example may not change services" in await answer.text()
    async with admin.get("/system/services", headers=foreign) as answer:
        assert await answer.json() == []


async def test_nobody_stops_a_service_from_a_foreign_page(
    admin: TestClient[Any, Any], body: dict[str, Any]
) -> None:
    async with admin.post("/system/services", json=body) as answer:
        assert answer.status == 201
    async with admin.post("/system/services/ocr/stop", headers={"Origin": "null"}) as answer:
        assert answer.status == 403
    own = {"Origin": str(admin.make_url("/")).rstrip("/"), "Sec-Fetch-Site": "same-origin"}
    async with admin.post("/system/services/ocr/stop", headers=own) as answer:
        assert answer.status == 200


FIELDS = {
    "Vary": "Origin",
    "Access-Control-Allow-Origin": "https://ui.example",
    "Access-Control-Allow-Credentials": "true",
    "Access-Control-Expose-Headers": (
        "Warning, Retry-After, WWW-Authenticate, X-Request-Id, X-Gateway-Error"
    ),
}


@pytest.mark.parametrize(
    ("origin", "fields"),
    [
        ("https://ui.example", FIELDS),
        ("https://evil.example", {"Vary": "Origin"}),
        ("null", {"Vary": "Origin"}),
        ("", {"Vary": "Origin"}),
    ],
)
def test_who_may_read_answers(origin: str, fields: dict[str, str]) -> None:
    assert UI.fields(origin) == fields
    assert Origins().fields(origin) == {}


def test_what_is_a_preflight() -> None:
    asked = {"Origin": "https://ui.example", "Access-Control-Request-Method": "PUT"}
    assert UI.preflight("OPTIONS", asked) == {
        "Access-Control-Allow-Methods": "GET, PUT, POST, DELETE, PATCH, HEAD",
        "Access-Control-Allow-Headers": "Authorization, Content-Type",
        "Access-Control-Max-Age": "7200",
    }
    assert UI.preflight("OPTIONS", asked | {"Origin": "https://evil.example"}) == {}
    assert UI.preflight("OPTIONS", {"Origin": "https://ui.example"}) is None
    assert UI.preflight("OPTIONS", {"Access-Control-Request-Method": "PUT"}) is None
    assert UI.preflight("PUT", asked) is None


@pytest.fixture
async def dashboard(cluster: Cluster) -> AsyncIterator[TestClient[Any, Any]]:
    admin = Credentials("oscar", "secret")
    app = application(cluster.kube, Lifecycle(cluster.kube), admin, ManualClock(), origins=UI)
    async with TestClient(TestServer(app)) as client:
        yield client


async def test_a_dashboard_of_another_origin_works_and_reads_refusals(
    dashboard: TestClient[Any, Any], body: dict[str, Any]
) -> None:
    """As a browser does it: a preflight without credentials, then the call with its own."""
    page = {"Origin": "https://ui.example", "Sec-Fetch-Site": "cross-site"}
    asked = {"Access-Control-Request-Method": "POST"}
    async with dashboard.options("/system/services", headers=page | asked) as answer:
        assert (answer.status, answer.headers["Access-Control-Max-Age"]) == (204, "7200")
        assert FIELDS.items() <= dict(answer.headers).items()
    page["Authorization"] = encode_basic_auth("oscar", "secret")
    for method, path, who, status in (
        ("POST", "/system/services", page, 201),
        ("GET", "/system/services", page, 200),
        ("POST", "/system/services/ocr/stop", page, 200),
        ("GET", "/system/services/nothing", page, 404),
        ("GET", "/system/nothing", page, 404),
        ("GET", "/system/services", page | {"Authorization": ""}, 401),
        ("POST", "/system/services", page, 400),
    ):
        async with dashboard.request(method, path, json=body, headers=who) as answer:
            assert answer.status == status, path
            assert FIELDS.items() <= dict(answer.headers).items()


async def test_a_foreign_page_is_told_nothing(dashboard: TestClient[Any, Any]) -> None:
    foreign = {"Origin": "https://evil.example", "Access-Control-Request-Method": "DELETE"}
    for method in ("OPTIONS", "GET", "DELETE"):
        async with dashboard.request(method, "/system/services", headers=foreign) as answer:
            assert answer.status in (204, 401, 403)
            assert [name for name in answer.headers if name.startswith("Access-Control")] == []
            assert answer.headers["Vary"] == "Origin"
