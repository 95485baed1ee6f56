"""Login at an OpenID provider, also at one that is a service behind the same gateway, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest

from shared.service.names import base_path
from tests.apps.provider import PATH, Provider
from tests.gateway.fake_cluster import configmap, endpoint_slice, entry
from tests.loopback import listening

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.apps.browser import Page
    from tests.apps.conftest import Front, Start
    from tests.gateway.fake_cluster import Cluster
    from tests.gateway.processes import GatewayProcess


@pytest.fixture(params=["stripped", "kept", "elsewhere"])
async def issuer(
    request: pytest.FixtureRequest, cluster: Cluster, process: GatewayProcess
) -> AsyncIterator[str]:
    """The URL of a provider: the service sso in one of two ways, or another port of the host."""
    provider = Provider(await process.url("/callback", service="oauth"))
    kept = request.param == "kept"
    async with listening(provider.application(base_path("sso") if kept else "")) as port:
        provider.issuer = f"http://127.0.0.1:{port}{PATH}"
        if request.param != "elsewhere":
            provider.issuer = await process.url(PATH, service="sso")
            cluster.put("configmaps", configmap("sso", api_port=port, rewrite_target=kept))
            cluster.put("endpointslices", endpoint_slice("sso", entry("127.0.0.1"), port=port))
        yield provider.issuer


async def test_a_user_logs_in_at_a_provider_and_comes_back(
    start: Start, page: Page, issuer: str
) -> None:
    url = await start("oauth", ISSUER=issuer)
    await page.go(url)
    await page.until(f"location.href.startsWith('{issuer}/protocol/openid-connect/auth')")
    await page.write("input[name=username]", "ada")
    await page.shows("ada is logged in")
    assert await page.run("location.href") == url
    assert page.failures == []


async def test_behind_a_proxy_with_tls_the_redirect_uri_is_https(
    start: Start, front: Front, issuer: str
) -> None:
    url = await front(await start("oauth", ISSUER=issuer))
    async with (
        aiohttp.ClientSession() as client,
        client.get(url + "login", ssl=False, allow_redirects=False) as answer,
    ):
        location = urlsplit(answer.headers["Location"])
        assert parse_qs(location.query)["redirect_uri"] == [url + "callback"]
        assert answer.headers["Location"].startswith(f"{issuer}/protocol/openid-connect/auth?")
