"""A foreign page cannot use the password that the administrator's browser remembers."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp.test_utils import TestClient

from gateway.management.access.origins import Origins

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
