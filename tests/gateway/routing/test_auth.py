"""Who may pass, and what of the credentials is used up."""

from __future__ import annotations

import base64
import hashlib

import pytest

from gateway.routing.auth import judge
from gateway.services.spec import ServiceSpec
from shared.service.tokens import session_name

TOKEN = b"0123456789abcdef" * 4
OTHER = b"f" * 64
DIGEST = hashlib.sha256(TOKEN).digest()
BASIC = ServiceSpec("my-app", set_auth=True, digest=DIGEST)
FORWARD = ServiceSpec("my-app", set_auth=True, auth_type="forward", digest=DIGEST)


def basic(user: bytes, password: bytes) -> bytes:
    return b"Basic " + base64.b64encode(user + b":" + password)


def test_open_services_use_up_nothing() -> None:
    verdict = judge(ServiceSpec("x"), b"Bearer y", b"a=b", b"token=" + TOKEN)
    assert verdict.allowed
    assert not verdict.authorization
    assert verdict.query is None


@pytest.mark.parametrize("spec", [BASIC, FORWARD])
@pytest.mark.parametrize(
    "value",
    [
        basic(b"my-app", TOKEN),
        b"Bearer " + TOKEN,
        b"bearer   " + TOKEN,
        b"BASIC" + basic(b"my-app", TOKEN)[5:],
    ],
)
def test_good_fields(spec: ServiceSpec, value: bytes) -> None:
    verdict = judge(spec, value, None, b"")
    assert verdict.allowed
    assert verdict.authorization


@pytest.mark.parametrize("spec", [BASIC, FORWARD])
@pytest.mark.parametrize(
    "value",
    [
        None,
        b"",
        b"Basic",
        b"Basic !!!",
        b"Basic " + base64.b64encode(b"no colon"),
        basic(b"other", TOKEN),
        basic(b"my-app", OTHER),
        basic(b"my-app", TOKEN + b"x"),
        basic(b"my-app", b""),
        b"Bearer " + OTHER,
        b"Bearer",
        b"Bearer " + TOKEN + b" x",
        b"Digest " + TOKEN,
        b"Bearer " + DIGEST.hex().encode(),
    ],
)
def test_bad_fields(spec: ServiceSpec, value: bytes | None) -> None:
    assert not judge(spec, value, None, b"").allowed


def test_no_digest_lets_nobody_in() -> None:
    spec = ServiceSpec("my-app", set_auth=True)
    assert not judge(spec, b"Bearer ", None, b"").allowed
    assert not judge(spec, basic(b"my-app", b""), None, b"").allowed


@pytest.mark.parametrize(
    ("query", "rest"),
    [
        (b"token=" + TOKEN, b""),
        (b"a=1&token=" + TOKEN, b"a=1"),
        (b"token=" + TOKEN + b"&b=%202", b"b=%202"),
        (b"a=1&token=" + TOKEN + b"&b=2", b"a=1&b=2"),
    ],
)
def test_the_token_leaves_the_query(query: bytes, rest: bytes) -> None:
    verdict = judge(FORWARD, None, None, query)
    assert verdict.allowed
    assert verdict.query == rest
    assert verdict.token == TOKEN
    assert not judge(BASIC, None, None, query).allowed


@pytest.mark.parametrize("query", [b"token=" + OTHER, b"token=short", b"xtoken=" + TOKEN, b""])
def test_other_tokens_in_the_query(query: bytes) -> None:
    assert not judge(FORWARD, None, None, query).allowed
    cookie = session_name("my-app") + b"=" + TOKEN
    verdict = judge(FORWARD, None, cookie, query)
    assert verdict.allowed
    assert verdict.query is None


def test_sessions() -> None:
    name = session_name("my-app")
    assert name == b"oscar_service_my_app_auth"
    assert judge(FORWARD, None, b"x=y; " + name + b"=" + TOKEN, b"").allowed
    assert judge(FORWARD, None, name + b"=" + OTHER + b"; " + name + b"=" + TOKEN, b"").allowed
    assert not judge(FORWARD, None, name + b"=" + OTHER, b"").allowed
    assert not judge(BASIC, None, name + b"=" + TOKEN, b"").allowed


def test_an_applications_own_bearer_passes_beside_a_session() -> None:
    cookie = session_name("my-app") + b"=" + TOKEN
    verdict = judge(FORWARD, b"Bearer app-key", cookie, b"")
    assert verdict.allowed
    assert not verdict.authorization
    assert not judge(FORWARD, b"Bearer " + OTHER, cookie, b"").allowed
