"""`?token=` (auth_type `forward`) with clients that keep no cookies, and with browsers.

OSCAR's forward authentication answers 200 with Set-Cookie at once; curl -L, Node's fetch, Python's
urllib and Go's http.Client follow a redirect without the cookie it sets.
"""

from __future__ import annotations

import asyncio
import urllib.request
from ipaddress import ip_network
from typing import TYPE_CHECKING

import pytest

from gateway.access_log import _json, _oscar
from gateway.limits import Identity
from gateway.routing.cors import Cors
from tests.gateway.harness import DIGEST, PREFIX, TOKEN, Pod, Wire, answering, echo, get, post, rig

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from tests.gateway.harness import Rig

T = TOKEN.encode()
OTHER = b"f" * 64
NAME = b"oscar_service_echo_auth"
COOKIE = NAME + b"=" + T + b"; Path=" + PREFIX + b"; HttpOnly; SameSite=Lax"
CHROME = b"Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8"
NAVIGATES = b"Sec-Fetch-Mode: navigate"
PAGE = b"/page?a=1&token=" + T + b"&b=2"
UPGRADE = (b"Connection: upgrade", b"Upgrade: websocket")


def guarded(pod: Pod, **spec: object) -> AbstractAsyncContextManager[Rig]:
    return rig(pod, set_auth=True, auth_type="forward", digest=DIGEST, **spec)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "lines",
    [
        (),  # Python's http.client
        (b"Accept: */*", b"User-Agent: curl/8"),
        (b"Accept: */*", b"Sec-Fetch-Mode: cors"),  # Node's fetch
        (b"Accept-Encoding: gzip", b"User-Agent: Go-http-client/1.1"),
        (b"Accept: text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2",),  # Java's URLConnection
        (b"Accept: application/json",),
        (CHROME, b"Sec-Fetch-Mode: cors"),
        (CHROME, b"X-Requested-With: XMLHttpRequest"),
        (CHROME, b"Sec-Fetch-Mode: no-cors", b"Sec-Fetch-Dest: script"),
        (CHROME, NAVIGATES, b"Sec-Fetch-Dest: iframe", b"Sec-Fetch-Site: cross-site"),
    ],
)
async def test_programs_get_their_answer_at_once(lines: tuple[bytes, ...]) -> None:
    async with guarded(await Pod(echo).start()) as r:
        wire = await r.connect()
        for _ in range(3):  # remembered heads say the same
            await wire.send(get(PAGE, *lines))
            answer = await wire.response()
            assert answer.status == 200
            assert answer.fields[b"set-cookie"] == COOKIE
            assert answer.body.startswith(b"GET /page?a=1&b=2 HTTP/1.1\r\n")
            assert T not in answer.body


@pytest.mark.parametrize(
    "lines",
    [
        (NAVIGATES,),
        (CHROME,),
        (b"Accept: text/html",),
        (CHROME, NAVIGATES, b"Sec-Fetch-Dest: document", b"Sec-Fetch-Site: cross-site"),
        (CHROME, NAVIGATES, b"Sec-Fetch-Dest: iframe", b"Sec-Fetch-Site: same-origin"),
    ],
)
async def test_who_opens_a_page_is_sent_to_the_clean_url(lines: tuple[bytes, ...]) -> None:
    async with guarded(await Pod(echo).start()) as r:
        answer = await r.ask(get(PAGE, *lines))
        assert answer.status == 302
        assert answer.fields[b"location"] == PREFIX + b"/page?a=1&b=2"
        assert answer.fields[b"set-cookie"] == COOKIE
        assert answer.fields[b"cache-control"] == b"no-store"
        again = await r.ask(get(b"/page?a=1&b=2", *lines, b"Cookie: " + NAME + b"=" + T))
        assert again.status == 200
        assert b"set-cookie" not in again.fields
        assert T not in again.body


@pytest.mark.parametrize("lines", [(), (CHROME, NAVIGATES)])
async def test_other_methods_are_never_redirected(lines: tuple[bytes, ...]) -> None:
    async with guarded(await Pod(echo).start()) as r:
        head = await r.ask(get(PAGE, *lines, method=b"HEAD"), bodyless=True)
        assert (head.status, head.fields[b"set-cookie"]) == (200, COOKIE)
        for length in (5, 300_000):
            sent = await r.ask(post(b"x" * length, PAGE, *lines))
            assert (sent.status, sent.fields[b"set-cookie"]) == (200, COOKIE)
            assert sent.body.startswith(b"POST /page?a=1&b=2 HTTP/1.1\r\n")
        chunked = get(PAGE, *lines, b"Transfer-Encoding: chunked", method=b"PUT") + b"1\r\nx\r\n"
        assert (await r.ask(chunked + b"0\r\n\r\n")).fields[b"set-cookie"] == COOKIE
        old = await r.ask(get(PAGE).replace(b"HTTP/1.1", b"HTTP/1.0"))
        assert (old.status, old.fields[b"set-cookie"]) == (200, COOKIE)


async def test_a_websocket_opens_with_a_token() -> None:
    """Browsers take cookies of a 101 as of any answer (RFC 6455, section 4.1)."""

    async def switch(wire: Wire) -> None:
        target = (await wire.request()).target
        await wire.send(b"HTTP/1.1 101 S\r\nUpgrade: websocket\r\nX-Seen: " + target + b"\r\n\r\n")
        await wire.reader.read()

    async with guarded(await Pod(switch).start()) as r:
        for path in (PAGE, b"?token=" + T, b"/?token=" + T):
            wire = await r.connect()
            await wire.send(get(path, NAVIGATES, *UPGRADE))
            answer = await wire.response()
            assert answer.status == 101
            assert answer.fields[b"set-cookie"] == COOKIE
            assert answer.fields[b"x-seen"] in (b"/page?a=1&b=2", b"/")
        assert (await r.ask(get(b"/?token=" + OTHER, *UPGRADE))).status == 401


async def test_the_standard_library_follows_the_slash_without_cookies() -> None:
    """urllib follows the 308 of the bare prefix, and gets its answer there."""
    async with guarded(await Pod(echo).start()) as r:
        url = f"http://127.0.0.1:{r.port}{PREFIX.decode()}?token={TOKEN}"

        def fetch() -> bytes:
            with urllib.request.urlopen(url) as answer:
                body: bytes = answer.read()
            return body

        assert (await asyncio.to_thread(fetch)).startswith(b"GET / HTTP/1.1\r\n")


@pytest.mark.parametrize(
    "path", [b"?token=" + T, b"/?token=" + T, b"/x?token=" + T + b"&token=app"]
)
async def test_with_rewrite_target(path: bytes) -> None:
    async with guarded(await Pod(echo).start(), rewrite_target=True) as r:
        answer = await r.ask(get(path))
        left = path.replace(b"?token=" + T, b"").replace(b"&", b"?")
        assert answer.body.startswith(b"GET " + PREFIX + left + b" HTTP/1.1\r\n")
        moved = await r.ask(get(path, NAVIGATES))
        assert moved.fields[b"location"] == PREFIX + left


@pytest.mark.parametrize(
    ("query", "left"),
    [
        (b"token=app&token=" + T, b"?token=app"),
        (b"token=" + T + b"&token=" + T, b""),
        (b"token=" + OTHER + b"&x&token=" + T, b"?token=" + OTHER + b"&x"),
        (b"a=b&&token=" + T + b"&c", b"?a=b&&c"),
    ],
)
async def test_an_applications_own_parameters_stay(query: bytes, left: bytes) -> None:
    async with guarded(await Pod(echo).start()) as r:
        answer = await r.ask(get(b"/?" + query))
        assert answer.body.startswith(b"GET /" + left + b" HTTP/1.1\r\n")


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        ((b"Authorization: Bearer app-key", b"Cookie: " + NAME + b"=" + T), 200),
        ((b"Authorization: Bearer " + OTHER, b"Cookie: " + NAME + b"=" + T), 401),
        ((b"Authorization: Bearer app-key",), 401),
        ((b"Authorization: Basic dTpw", b"Cookie: " + NAME + b"=" + T), 200),
        ((b"Cookie: " + NAME + b"=" + OTHER,), 401),
        ((b"Cookie: " + (NAME + b"=junk; ") * 200 + NAME + b"=" + T,), 200),
        ((b"Cookie: " + b"; ".join(NAME + b"=%064d" % n for n in range(180)),
          b"Cookie: " + NAME + b"=" + T), 200),
        ((b"Cookie: " + (NAME + b"=" + OTHER + b"; ") * 300 + NAME + b"=" + T,), 200),
    ],
)  # fmt: skip
async def test_what_stands_beside_a_session(lines: tuple[bytes, ...], status: int) -> None:
    """Whoever sets cookies for all of the origin (any pod's page does) must lock nobody out."""
    async with guarded(await Pod(echo).start()) as r:
        answer = await r.ask(get(b"/", *lines))
        assert answer.status == status
        if status == 200:
            assert NAME not in answer.body
            assert (lines[0] in answer.body) is lines[0].startswith(b"Authorization")


@pytest.mark.parametrize(
    ("said", "becomes"),
    [
        (None, b"private"),
        (b"public, max-age=60, s-maxage=600", b"private, max-age=60"),
        (b"max-age=60, Proxy-Revalidate", b"private, max-age=60"),
        (b"no-cache", b"private, no-cache"),
        (b"no-store", b"no-store"),
        (b"Private, max-age=5", b"Private, max-age=5"),
        (b'private="x-y", max-age=5', b'private, private="x-y", max-age=5'),
    ],
)
async def test_no_shared_cache_keeps_a_session(said: bytes | None, becomes: bytes) -> None:
    """Set-Cookie alone forbids no cache to store a response (RFC 9111, section 7.3)."""
    control = b"" if said is None else b"CACHE-Control: " + said + b"\r\n"
    head = (
        b"HTTP/1.1 200 OK\r\n" + control + b"CDN-Cache-Control: max-age=9\r\nX-Accel-Expires: 9\r\n"
        b"Surrogate-Control: max-age=9\r\nContent-Length: 0\r\n\r\n"
    )
    async with guarded(await Pod(answering(head)).start()) as r:
        begun = await r.ask(get(PAGE))
        assert begun.fields[b"cache-control"] == becomes
        assert begun.fields.keys().isdisjoint(
            {b"cdn-cache-control", b"x-accel-expires", b"surrogate-control"}
        )
        later = await r.ask(get(b"/", b"Cookie: " + NAME + b"=" + T))
        assert later.fields.get(b"cache-control") == said
        assert b"cdn-cache-control" in later.fields


async def test_a_pods_own_cookies_stay_beside_the_session() -> None:
    head = b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b; Path=/\r\nContent-Length: 0\r\n\r\n"
    policy = Cors(origins=("https://ui.test",))
    async with rig(
        await Pod(answering(head)).start(), cors=policy, set_auth=True, auth_type="forward",
        digest=DIGEST, affinity=True,
    ) as r:  # fmt: skip
        answer = await r.ask(get(PAGE, b"Origin: https://ui.test"))
        cookies = answer.fields[b"set-cookie"]
        assert b"a=b; Path=" + PREFIX + b"/" in cookies
        assert COOKIE in cookies
        assert b"oscar_affinity=" in cookies
        assert answer.fields[b"access-control-allow-origin"] == b"https://ui.test"


FIELDS = (
    b"Referer: http://gateway.test" + PREFIX + PAGE,
    b"HX-Current-URL: http://gateway.test" + PREFIX + b"/?token=" + T + b"#part",
    b"X-Original-URI: " + PREFIX + b"/x?token=" + T,
)


async def test_the_token_reaches_the_pod_by_no_way() -> None:
    """The Referer of what a page loads is the page's URL, with the token it was opened with."""
    async with guarded(await Pod(echo).start()) as r:
        session = b"Cookie: " + NAME + b"=" + T + b"; x=y"
        for path in (PAGE, b"/x"):
            for own in ((session,), (b"Authorization: Bearer " + T,), (session, session)):
                body = (await r.ask(get(path, *own, *FIELDS))).body
                assert T not in body
                referer = b"\r\nReferer: http://gateway.test" + PREFIX + b"/page?a=1&b=2\r\n"
                assert referer in body
                assert b"#part\r\n" in body
                assert b"\r\nX-Original-URI: " + PREFIX + b"/x\r\n" in body


async def test_the_token_is_never_logged() -> None:
    async with guarded(await Pod(echo).start()) as r:
        for path in (PAGE, b"?token=" + T, b"/../?token=" + T):
            await r.ask(get(path, *FIELDS))
        assert r.log.entries
        for entry in r.log.entries:
            assert T not in _json(entry) + _oscar(entry)


async def test_no_shared_cache_binds_its_clients_to_one_pod() -> None:
    """As HAProxy's `cookie … nocache` has it: the cookie of affinity would go to all of them."""
    head = b"HTTP/1.1 200 OK\r\nCache-Control: public, max-age=9\r\nContent-Length: 0\r\n\r\n"
    async with rig(await Pod(answering(head)).start(), affinity=True) as r:
        bound = await r.ask(get())
        assert bound.fields[b"cache-control"] == b"private, max-age=9"
        cookie = b"Cookie: " + bound.fields[b"set-cookie"].partition(b";")[0]
        again = await r.ask(get(b"/", cookie))
        assert b"set-cookie" not in again.fields
        assert again.fields[b"cache-control"] == b"public, max-age=9"


async def test_behind_a_proxy_with_a_prefix_and_tls_of_its_own() -> None:
    """The browser is sent to the URL that it sees, and its cookie is for that (see addresses)."""
    trusted = Identity(trusted=(ip_network("127.0.0.0/8"),))
    outer = (b"X-Forwarded-Proto: https", b"X-Forwarded-Prefix: /lab")
    pod = await Pod(echo).start()
    async with rig(pod, identity=trusted, set_auth=True, auth_type="forward", digest=DIGEST) as r:
        for lines, status in ((outer, 200), ((NAVIGATES, *outer), 302)):
            answer = await r.ask(get(PAGE, *lines))
            assert answer.status == status
            cookie = answer.fields[b"set-cookie"]
            assert b"; Path=/lab" + PREFIX + b";" in cookie
            assert b"; Secure;" in cookie
        assert answer.fields[b"location"] == b"/lab" + PREFIX + b"/page?a=1&b=2"
