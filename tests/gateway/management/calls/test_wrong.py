"""Definitions made at random, over HTTP and against a cluster: refused by name, or carried out."""

from __future__ import annotations

import json
import re
from random import Random
from typing import Any

from aiohttp.test_utils import TestClient

from shared.embedded import kinds
from shared.service import fdl
from tests.gateway.management.cluster import Cluster
from tests.shared.service.wrong import GOOD, odd, wrong

Client = TestClient[Any, Any]
SERVICES = "/system/services"


async def test_what_is_wrong_is_refused_by_the_name_of_the_field(
    admin: Client, cluster: Cluster
) -> None:
    random = Random(11)
    for _ in range(200):
        body, field = wrong(random)
        sent = json.dumps(body)
        if str(10**40) in sent:  # JSON's reader makes a float of it, which is right as a text
            continue
        response = await admin.post(SERVICES, data=sent)
        text = await response.text()
        assert response.status == 400, (field, body, text)
        assert text.startswith("The service specification is not valid: ")
        assert field in text or "the body is not JSON" in text, (field, text)
    assert cluster.names(kinds.CONFIG_MAP) == []


async def test_what_is_accepted_a_cluster_accepts_too(admin: Client) -> None:
    assert (await admin.post(SERVICES, json=GOOD)).status == 201
    random, accepted = Random(5), 0
    for _ in range(150):
        body = odd(random)
        try:
            fdl.parse_service(body)
            status = 204
        except fdl.FdlError:
            status = 400
        response = await admin.put(SERVICES, json=body)
        if body["name"] != "ocr" and status == 204:
            status = 404  # nobody made that one
        assert response.status == status, (body, await response.text())
        accepted += status == 204
    assert accepted > 20
    (listed,) = json.loads(await (await admin.get(SERVICES)).text())
    assert listed["name"] == "ocr"


async def test_the_mark_of_windows_before_a_body_counts_for_nothing(admin: Client) -> None:
    raw = b"\xef\xbb\xbf" + json.dumps(GOOD).encode()
    assert (await admin.post(SERVICES, data=raw)).status == 201


async def test_depth_of_a_body_is_refused(admin: Client) -> None:
    for raw in ("[" * 200_000, '{"input": ' + "[" * 300 + "]" * 300 + "}"):
        response = await admin.post(SERVICES, data=raw)
        assert response.status == 400
        assert re.search("depth|deep", await response.text())
