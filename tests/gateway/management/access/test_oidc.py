"""From a token to a caller, or to a refusal, with issuers that really answer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from gateway.management.access.caller import Caller
from gateway.management.access.fetching import Fetcher
from gateway.management.access.oidc import REMEMBERED, Oidc, Rules
from gateway.management.problems import RefusalError
from shared.runtime.clock import ManualClock
from tests.gateway.management.issuer import NOW, issuing

ME = "/me"
FOR_US = ("exposed",)


@asynccontextmanager
async def reading(*issuers: str, groups: str = "", clock: ManualClock) -> AsyncIterator[Oidc]:
    fetch = Fetcher()
    yield Oidc(Rules(issuers, FOR_US, frozenset(groups.split())), fetch, clock)
    await fetch.close()


async def refused(oidc: Oidc, token: str) -> RefusalError:
    with pytest.raises(RefusalError) as caught:
        await oidc.caller(token)
    return caught.value


async def test_the_subject_is_the_caller() -> None:
    async with issuing() as issuer, reading(issuer.url, clock=ManualClock()) as oidc:
        caller = await oidc.caller(issuer.token(name="Alice Doe"))
        assert caller == Caller("alice@egi.eu", admin=False, proof="bearer", title="Alice Doe")
        assert issuer.asked[ME] == 0


async def test_refusals_are_as_the_contract_and_rfc_6750_have_them() -> None:
    async with issuing() as issuer, reading(issuer.url, clock=ManualClock()) as oidc:
        for token, status, error, words in (
            ("no-jwt", 400, "invalid_request", "token is malformed"),
            (
                issuer.token(iss="https://evil"),
                401,
                "invalid_token",
                "'https://evil' is not listed",
            ),
            (issuer.token(exp=1), 401, "invalid_token", "the token has expired"),
            (issuer.token("cluster_admin"), 401, "invalid_token", "administrator's own name"),
            (issuer.token(iss='x"\\\n"'), 401, "invalid_token", "is not listed"),
        ):
            refusal = await refused(oidc, token)
            assert (refusal.status, words in refusal.text) == (status, True)
            challenge = refusal.headers["WWW-Authenticate"]
            assert challenge.startswith(f'Bearer realm="Authorization Required", error="{error}", ')
            assert challenge.count('"') == 6
            assert challenge.isprintable()


async def test_an_issuer_that_is_away_is_503_and_others_work() -> None:
    clock = ManualClock()
    async with issuing() as away, issuing() as good, reading(away.url, good.url, clock=clock) as o:
        away.down = True
        refusal = await refused(o, away.token())
        assert refusal.status == 503
        assert f"The token cannot be checked now: {away.url}/.well-known/" in refusal.text
        assert (await o.caller(good.token())).name == "alice@egi.eu"


async def test_an_issuer_does_not_speak_for_another() -> None:
    clock = ManualClock()
    async with issuing() as one, issuing() as two, reading(one.url, two.url, clock=clock) as oidc:
        two.keys = []
        refusal = await refused(oidc, one.token(iss=two.url))
        assert (refusal.status, "signature is not" in refusal.text) == (401, True)


async def test_groups_are_taken_from_the_token_or_asked_of_the_issuer_once() -> None:
    clock = ManualClock()
    async with issuing() as issuer, reading(issuer.url, groups="a b", clock=clock) as oidc:
        assert (await oidc.caller(issuer.token(group_membership=["b"]))).name == "alice@egi.eu"
        assert issuer.asked[ME] == 0
        issuer.known = {"sub": "alice@egi.eu", "name": "Al", "group_membership": ["a"]}
        token = issuer.token()
        for _ in range(3):
            assert (await oidc.caller(token)).title == "Al"
        assert issuer.asked[ME] == 1
        await clock.advance(REMEMBERED)
        issuer.known = None  # the session has ended
        refusal = await refused(oidc, token)
        assert (refusal.status, "no longer accepts it" in refusal.text) == (401, True)


async def test_who_is_in_no_group_or_is_somebody_else_is_refused() -> None:
    clock = ManualClock()
    async with issuing() as issuer, reading(issuer.url, groups="a", clock=clock) as oidc:
        issuer.known = {"sub": "alice@egi.eu", "group_membership": ["b"]}
        assert "none of the groups" in (await refused(oidc, issuer.token())).text
        issuer.known = {"sub": "bob@egi.eu", "group_membership": ["a"]}
        assert "somebody else's" in (await refused(oidc, issuer.token(exp=NOW + 60))).text


async def test_without_userinfo_only_the_token_counts() -> None:
    async with issuing() as issuer, reading(issuer.url, groups="a", clock=ManualClock()) as oidc:
        stated = {"issuer": issuer.url, "jwks_uri": f"{issuer.url}/keys"}
        issuer.replaced["/.well-known/openid-configuration"] = stated
        assert "none of the groups" in (await refused(oidc, issuer.token())).text


async def test_no_issuer_no_tokens() -> None:
    async with reading(clock=ManualClock()) as oidc:
        assert not oidc.enabled
