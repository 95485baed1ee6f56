"""What of OSCAR is not here says so, for every method and path, and is never 404."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp.test_utils import TestClient

Client = TestClient[Any, Any]

# The routes of OSCAR's manager, 2019 to v4.1.2, that are not those of services.
OSCARS = [
    *(("GET", path) for path in ("volumes", "volumes/v", "buckets", "buckets/b", "metrics")),
    *(("GET", path) for path in ("metrics/breakdown?group_by=user", "metrics/ocr", "logs")),
    *(("GET", path) for path in ("quotas/user", "quotas/user/u", "federation/ocr")),
    *(("POST", path) for path in ("volumes", "buckets", "buckets/b/presign", "federation/ocr")),
    *(("PUT", path) for path in ("buckets", "quotas/user/u", "federation/ocr")),
    *(("DELETE", path) for path in ("volumes/v", "buckets/b", "federation/ocr", "logs/ocr")),
    ("DELETE", "logs/ocr/job?all=true"),
    ("POST", "replicas/ocr"),
    ("PATCH", "buckets/b/one/more"),
]


@pytest.mark.parametrize(("method", "path"), OSCARS)
async def test_areas_of_oscar(admin: Client, anyone: Client, method: str, path: str) -> None:
    answer = await admin.request(method, f"/system/{path}", json={"any": "body"})
    text = await answer.text()
    assert (answer.status, answer.content_type) == (501, "text/plain")
    assert "This is Exposed Services" in text
    assert (await anyone.request(method, f"/system/{path}")).status == 401


@pytest.mark.parametrize("method", ["POST", "GET"])
@pytest.mark.parametrize("path", ["/run/ocr", "/job/ocr", "/job/No%20name"])
async def test_invocations_need_no_credentials_to_be_refused(
    anyone: Client, method: str, path: str
) -> None:
    headers = {"Authorization": "Bearer " + "0" * 64}
    answer = await anyone.request(method, path, data=b"aW5wdXQ=", headers=headers)
    assert answer.status == 501
    assert "Invocations are not offered" in await answer.text()


async def test_the_configuration_is_read_and_not_changed(admin: Client) -> None:
    answer = await admin.put("/system/config", json={"allowed_image_repositories": ["x"]})
    assert (answer.status, answer.headers["Allow"]) == (405, "GET")
    assert "settings of the processes" in await answer.text()


async def test_what_is_nothing_of_oscars_is_not_found(admin: Client) -> None:
    for path in ("/system/bucket", "/system", "/run", "/run/a/b", "/runs/ocr"):
        assert (await admin.get(path)).status == 404
