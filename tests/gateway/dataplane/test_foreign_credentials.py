"""Credentials that browsers hand to the wrong pod: they stay at the gateway.

A browser that was asked at `/system/services` sends the same Basic to every path below `/system/`,
unasked (RFC 7617, section 2.2), and answers a challenge of the same origin and realm with what it
was given for that realm before. nginx, HAProxy and Caddy pass Authorization on.
"""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

import pytest

from gateway.limits import Identity
from gateway.services.spec import ServiceSpec
from tests.gateway.harness import DIGEST, TOKEN, Pod, Wire, answering, echo, get, rig

if TYPE_CHECKING:
    from tests.gateway.harness import Rig

T = TOKEN.encode()
OTHERS = b"0f" * 32
THIRD = b"1e" * 32
ADMINISTRATOR = Identity(administrator=hashlib.sha256(b"oscar:pass:word").digest())
UPGRADE = (b"Connection: upgrade", b"Upgrade: websocket")


def digest(token: bytes) -> bytes:
    return hashlib.sha256(token).digest()


def basic(user: bytes, password: bytes, scheme: bytes = b"Basic") -> bytes:
    return b"Authorization: " + scheme + b" " + base64.b64encode(user + b":" + password)


def beside(r: Rig, token: bytes = OTHERS, name: str = "other") -> None:
    """Define another service with a token."""
    r.services.define([ServiceSpec(name, set_auth=True, digest=digest(token))])


ANOTHERS = [
    basic(b"other", OTHERS),
    basic(b"other", OTHERS, b"bAsIc  "),
    basic(b"whoever", OTHERS),
    b"Authorization: Bearer " + OTHERS,
    basic(b"oscar", b"pass:word"),
]
OWN = [
    basic(b"other", b"0" * 64),
    basic(b"other", b""),
    basic(b"oscar", b"pass"),
    basic(b"oscar", b"pass:word "),
    b"Authorization: Bearer app-key",
    b"Authorization: Bearer " + b"ab" * 32,
    b"Authorization: Bearer oscar:pass:word",
    b"Authorization: Digest username=other, response=" + OTHERS,
    b"Authorization: Negotiate YII=",
    b"Authorization: " + OTHERS,
    basic(b"echo", T),
    b"Authorization: Bearer " + T,
]


@pytest.mark.parametrize("line", ANOTHERS)
async def test_what_is_anothers_is_dropped(line: bytes) -> None:
    async with rig(await Pod(echo).start(), identity=ADMINISTRATOR) as r:
        beside(r)
        wire = await r.connect()
        for method in (b"GET", b"GET", b"GET", b"POST", b"OPTIONS", b"BREW"):
            await wire.send(get(b"/", line, b"X: y", b"Content-Length: 0", method=method))
            body = (await wire.response()).body
            assert b"uthorization" not in body
            assert b"\r\nX: y\r\n" in body
        absolute = get(b"/", line).replace(b" /", b" http://gateway.test/", 1)
        assert b"uthorization" not in (await r.ask(absolute)).body
        old = get(b"/", line).replace(b"HTTP/1.1", b"HTTP/1.0")
        assert b"uthorization" not in (await r.ask(old)).body


@pytest.mark.parametrize("line", OWN)
async def test_what_is_the_applications_own_passes(line: bytes) -> None:
    """Its own token too: pods know it, and some ask for it themselves."""
    async with rig(await Pod(echo).start(), identity=ADMINISTRATOR, digest=DIGEST) as r:
        beside(r)
        wire = await r.connect()
        for _ in range(3):
            await wire.send(get(b"/", line))
            assert b"\r\n" + line + b"\r\n" in (await wire.response()).body


@pytest.mark.parametrize("line", ANOTHERS)
async def test_nor_does_it_pass_beside_a_session_or_at_an_upgrade(line: bytes) -> None:
    async def switch(wire: Wire) -> None:
        seen = b"uthorization" in (await wire.request()).head
        await wire.send(b"HTTP/1.1 101 S\r\nUpgrade: websocket\r\nX-Seen: %d\r\n\r\n" % seen)
        await wire.reader.read()

    session = b"Cookie: oscar_service_echo_auth=" + T
    pod = await Pod(switch).start()
    async with rig(
        pod, identity=ADMINISTRATOR, set_auth=True, auth_type="forward", digest=DIGEST
    ) as r:
        beside(r)
        bearer = line.startswith(b"Authorization: Bearer")
        for path in (b"", b"/"):
            wire = await r.connect()
            await wire.send(get(path, line, session, *UPGRADE))
            answer = await wire.response()
            assert answer.status == (401 if bearer else 101)
            assert answer.fields.get(b"x-seen", b"0") == b"0"


@pytest.mark.parametrize("line", [basic(b"other", THIRD), b"Authorization: Bearer " + THIRD])
async def test_a_token_that_was_nobodys_is_dropped_as_soon_as_it_is_somebodys(line: bytes) -> None:
    """What is remembered of a request is as old as the tokens that it was judged by."""
    async with rig(await Pod(echo).start()) as r:
        beside(r)
        wire = await r.connect()

        async def passes(path: bytes) -> bool:
            await wire.send(get(path, line))
            return line in (await wire.response()).body

        assert [await passes(b"/") for _ in range(3)] == [True] * 3
        assert [await passes(b"/%d" % n) for n in range(3)] == [True] * 3
        beside(r, THIRD)  # rotated
        assert [await passes(b"/") for _ in range(3)] == [False] * 3
        assert [await passes(b"/%d" % n) for n in range(3, 6)] == [False] * 3
        r.services.define([], removed=["other"])
        assert [await passes(b"/x%d" % n) for n in range(3)] in ([True] * 3, [False] * 3)
        beside(r, THIRD, "third")
        assert not await passes(b"/y")


@pytest.mark.parametrize(
    ("cookie", "left"),
    [
        (b"oscar_service_other_auth=" + OTHERS, None),
        (b"a=b; oscar_service_other_auth=" + OTHERS + b"; c=d", b"a=b; c=d"),
        (b"oscar_service_a_b_auth=x; oscar_service_echo_auth=" + T, None),
        (b"oscar_service_auth=x; my_oscar_service_x_auth=y", b"oscar_service_auth=x; "
         b"my_oscar_service_x_auth=y"),
    ],
)  # fmt: skip
async def test_sessions_of_others_are_dropped(cookie: bytes, left: bytes | None) -> None:
    async with rig(await Pod(echo).start()) as r:
        body = (await r.ask(get(b"/", b"Cookie: " + cookie))).body
        assert (b"\r\nCookie: " + left + b"\r\n" in body) if left else (b"Cookie" not in body)


async def test_tokens_of_others_in_urls_are_dropped_and_its_own_passes() -> None:
    """A page of another service that was opened with its token, and links to this one."""
    async with rig(await Pod(echo).start(), digest=DIGEST) as r:
        beside(r)
        referer = b"Referer: http://gateway.test/system/services/other/exposed/?token="
        for path in (b"/x?token=" + OTHERS + b"&a", b"/x?a&token=" + OTHERS):
            answer = await r.ask(get(path, referer + OTHERS))
            assert answer.body.startswith(b"GET /x?a HTTP/1.1\r\n")
            assert referer[:-7] + b"\r\n" in answer.body
        own = await r.ask(get(b"/x?token=" + T + b"&token=app", referer + T))
        assert own.body.startswith(b"GET /x?token=" + T + b"&token=app HTTP/1.1\r\n")
        assert referer + T in own.body


async def test_the_services_api_gets_all_that_is_for_it() -> None:
    """It judges the administrator's password, and sessions for proxies (`…/<name>/auth`)."""
    pod = await Pod(echo).start()
    async with rig(pod, identity=ADMINISTRATOR) as r:
        beside(r)
        r.services.manage([("127.0.0.1", pod.port)])
        for line in (*ANOTHERS, b"Cookie: oscar_service_other_auth=" + OTHERS):
            path = b"/system/services/other/auth?token=" + OTHERS
            answer = await r.ask(b"GET " + path + b" HTTP/1.1\r\nHost: h\r\n" + line + b"\r\n\r\n")
            assert answer.body.startswith(b"GET " + path + b" HTTP/1.1\r\n")
            assert b"\r\n" + line + b"\r\n" in answer.body


async def test_each_service_has_a_realm_of_its_own() -> None:
    async with rig(set_auth=True, digest=DIGEST) as r:
        beside(r)
        other = b"GET /system/services/other/exposed/ HTTP/1.1\r\nHost: h\r\n\r\n"
        challenges = [(await r.ask(one)).fields[b"www-authenticate"] for one in (get(), other)]
        assert challenges == [
            b'Basic realm="exposed service echo", charset="UTF-8"',
            b'Basic realm="exposed service other", charset="UTF-8"',
        ]


RENAMED = b'Basic realm="application"'


def asking(*lines: bytes) -> bytes:
    return b"\r\n".join((b"HTTP/1.1 401 No", *lines, b"Content-Length: 0", b"", b""))


@pytest.mark.parametrize("rewrite_target", [True, False])
@pytest.mark.parametrize(
    ("challenge", "becomes"),
    [
        (b'Basic realm="exposed service b"', b'Basic realm="application"'),
        (b'Basic realm="Authorization Required"', RENAMED),
        (b'Basic realm="my app", charset="UTF-8"', b'Basic realm="my app", charset="UTF-8"'),
        (b'Digest realm="exposed service b", nonce="x"', None),
        (b"Negotiate", None),
    ],
)
async def test_a_pod_asks_for_nothing_in_the_gateways_name(
    challenge: bytes, becomes: bytes | None, rewrite_target: bool
) -> None:
    pod = await Pod(answering(asking(b"WWW-Authenticate: " + challenge))).start()
    async with rig(pod, rewrite_target=rewrite_target) as r:
        for head in (get(), get(), get(), get().replace(b"HTTP/1.1", b"HTTP/1.0")):
            answer = await r.ask(head)
            assert answer.status == 401
            assert answer.fields[b"www-authenticate"] == (becomes or challenge)


async def test_the_services_api_asks_in_its_own_name() -> None:
    """OSCAR's realm, also when a pod has asked with the very same bytes before."""
    api = asking(b'WWW-Authenticate: Basic realm="Authorization Required"')
    pod = await Pod(answering(api)).start()
    async with rig(pod) as r:
        r.services.manage([("127.0.0.1", pod.port)])
        for _ in range(3):
            echoed = await r.ask(get())
            asked = await r.ask(b"GET /system/services HTTP/1.1\r\nHost: h\r\n\r\n")
            assert echoed.fields[b"www-authenticate"] == RENAMED
            realm = b'Basic realm="Authorization Required"'
            assert asked.fields[b"www-authenticate"] == realm
