"""The rights of the base and of each overlay against the whole life of a service.

As `tests/manifests/test_rights.py`, and with what takes longer: sleep and wake, a restart, a leader
that dies. With an overlay, too, nothing is granted that is not used.
"""

from __future__ import annotations

import time
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

import aiohttp
import pytest

from shared.kube.resources import LEASES
from shared.service import spaces
from tests.gateway.management.issuer import issuing
from tests.manifests.built import build, built
from tests.manifests.life import Life
from tests.manifests.test_rights import living, rights_are_those_used
from tests.waiting import until

pytestmark = pytest.mark.timeout(300)

HERE = Path(__file__).parent
ALICE = "alice@egi.eu"
HERS = spaces.candidates(ALICE)[0]
SLEEPY = {
    "name": "sleepy",
    "image": "local",
    "cpu": "0.1",
    "script": 'exec python3 -m http.server "$PORT" --bind "$HOST"',
    "expose": {"api_port": 8000, "rewrite_target": False, "scaling": {"zero_after": "1s"}},
}


async def lived(life: Life) -> None:
    """All steps, but for the end."""
    await life.began()
    await life.shrank()
    await life.was_meddled_with()
    await life.had_a_rival()
    await life.was_configured_badly()
    for step in ("restart", "token", "stop", "start"):
        await life.call("POST", f"/services/busy/{step}")


async def slept_and_woke(life: Life) -> None:
    """A service without a request goes, and comes with the next one."""
    await life.call("POST", json=SLEEPY)

    async def asleep() -> bool:
        return bool((await life.deployment("sleepy-dlp"))["spec"]["replicas"] == 0)

    await until(asleep, "it sleeps", 60, period=0.1)
    url = f"{life.programs.public}/sleepy/exposed/"
    async with life.session.get(url, headers={"Authorization": ""}) as answer:
        assert answer.status < 500, await answer.text()
    await life.call("DELETE", "/services/sleepy")


async def lost_its_leaders(life: Life) -> None:
    """Another scaler and another services API take over from ones that were killed."""
    for account in ("scaler", "management"):
        (first,) = life.programs.running[account]
        first.kill()
        await first.wait()
        last = await _renewed(life, account)
        more = {"SCALER_CONFIG": str(life.programs.scaler_config)}
        await life.programs.start(account, **(more if account == "scaler" else {}))
        await until(partial(_renewed_after, life, account, last), f"a {account} leads", 90, 0.2)


async def _renewed_after(life: Life, account: str, last: str) -> bool:
    return await _renewed(life, account) > last


async def _renewed(life: Life, account: str) -> str:
    """When the Lease of the account was renewed last, as text that sorts."""
    lease = await life.kube.get(LEASES, account, "oscar")
    return str(lease["spec"].get("renewTime"))


async def test_the_overlays_of_one_namespace(tmp_path: Path) -> None:
    settings = {"scaler": {"SCALER_SOURCE": "kubelet"}}
    async with living(tmp_path, built(HERE / "rights"), settings) as life:
        await lived(life)
        await life.call("GET", "/status")
        await slept_and_woke(life)
        await lost_its_leaders(life)
        await life.ended()
        await rights_are_those_used(life)


async def test_the_overlay_tenants(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        issuer = await stack.enter_async_context(issuing())
        settings = {
            "management": {
                "MANAGEMENT_OIDC_ISSUERS": issuer.url,
                "MANAGEMENT_OIDC_AUDIENCES": "exposed",
                "MANAGEMENT_NAMESPACES": "per-owner",
            },
            "gateway": {"GATEWAY_NAMESPACES": "per-owner"},
            "scaler": {"SCALER_NAMESPACES": "per-owner"},
        }
        life = await stack.enter_async_context(
            living(tmp_path, build("overlays/tenants"), settings)
        )
        await lived(life)
        await life.ended()
        now = int(time.time())
        hers = await stack.enter_async_context(
            aiohttp.ClientSession(headers=issuer.bearer(ALICE, iat=now, exp=now + 600))
        )
        alices = Life(life.programs, life.recorder, life.kube, hers, HERS)
        await lived(alices)
        await alices.ended()
        await rights_are_those_used(life)
