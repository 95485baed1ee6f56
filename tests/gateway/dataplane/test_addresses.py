"""Redirects, links and cookies of applications that do not know where the gateway has them."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from gateway.limits import Identity
from tests.gateway.harness import DIGEST as TOKEN_DIGEST
from tests.gateway.harness import PREFIX, TOKEN, Pod, Wire, answering, echo, get, head_fields, rig

OUTER = (
    b"X-Forwarded-Proto: https",
    b"X-Forwarded-Host: out.test",
    b"X-Forwarded-Prefix: /outer",
)
TRUSTED = Identity(trusted=(ip_network("127.0.0.0/8"),))


def redirecting(*lines: bytes) -> bytes:
    return b"\r\n".join((b"HTTP/1.1 302 Found", *lines, b"Content-Length: 0", b"", b""))


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        (b"http://gateway.test:8080/docs/", b"http://gateway.test" + PREFIX + b"/docs/"),
        (b"http://GATEWAY.test:80/a", b"http://GATEWAY.test:80" + PREFIX + b"/a"),
        (b"//gateway.test/a", b"//gateway.test" + PREFIX + b"/a"),
        (b"http://localhost:8080/a", b"http://gateway.test" + PREFIX + b"/a"),
        (b"http://127.0.0.1:8080/a?b#c", b"http://gateway.test" + PREFIX + b"/a?b#c"),
        (b"http://echo-svc/a", b"http://gateway.test" + PREFIX + b"/a"),
        (b"http://gateway.test:81/a", b"http://gateway.test:81/a"),
        (b"/system/services/app/exposed/a", b"/system/services/app/exposed/a"),
    ],
)
async def test_redirects_of_a_pod_that_takes_itself_for_the_server(
    location: bytes, expected: bytes
) -> None:
    """nginx writes the request's host and its own port (absolute_redirect, port_in_redirect), so
    that `curl -L` left the gateway; HAProxy and Caddy pass that on."""
    pod = await Pod(answering(redirecting(b"Location: " + location))).start()
    async with rig(pod) as r:
        for _ in range(3):
            assert (await r.ask(get())).fields[b"location"] == expected


async def test_the_pods_own_port_is_that_of_its_endpoint_too() -> None:
    async def script(wire: Wire) -> None:
        while True:
            await wire.request()
            url = b"Location: http://%b:%d/a" % (pod.address.encode(), pod.port)
            await wire.send(redirecting(url))

    pod = await Pod(script).start()
    async with rig(pod) as r:
        answer = await r.ask(get())
        assert answer.fields[b"location"] == b"http://gateway.test" + PREFIX + b"/a"


@pytest.mark.parametrize("rewrite_target", [False, True])
async def test_a_pod_that_knows_its_prefix_but_not_its_host(rewrite_target: bool) -> None:
    url = b"Location: http://localhost:8080" + PREFIX + b"/docs/"
    pod = await Pod(answering(redirecting(url))).start()
    async with rig(pod, rewrite_target=rewrite_target) as r:
        answer = await r.ask(get())
        assert answer.fields[b"location"] == b"http://gateway.test" + PREFIX + b"/docs/"


@pytest.mark.parametrize(
    "location",
    [
        b"/a",
        PREFIX + b"/a",
        b"/outer" + PREFIX + b"/a",
        b"http://gateway.test/a",
        b"http://out.test/a",
        b"https://out.test:443/a",
        b"http://out.test:8080/a",
    ],
)
async def test_behind_a_trusted_proxy_under_a_prefix(location: bytes) -> None:
    """Traefik's StripPrefix sends X-Forwarded-Prefix; it changes no Location itself."""
    pod = await Pod(answering(redirecting(b"Location: " + location))).start()
    async with rig(pod, identity=TRUSTED) as r:
        found = (await r.ask(get(b"/", *OUTER))).fields[b"location"]
        assert found.removeprefix(b"https://out.test").removeprefix(b":443") == (
            b"/outer" + PREFIX + b"/a"
        )
    async with rig(await Pod(answering(redirecting(b"Location: /a"))).start()) as r:
        answer = await r.ask(get(b"/", *OUTER))  # of a stranger
        assert answer.fields[b"location"] == PREFIX + b"/a"


async def test_our_own_redirects_keep_the_outer_prefix() -> None:
    async with rig(identity=TRUSTED) as r:
        answer = await r.ask(get(b"?a=b", *OUTER))
        assert answer.status == 308
        assert answer.fields[b"location"] == b"/outer" + PREFIX + b"/?a=b"
        for evil in (b"//evil.test", b"/a/../..", b"/a;b", b"/a?"):
            answer = await r.ask(get(b"", b"X-Forwarded-Prefix: " + evil))
            assert answer.fields[b"location"] == PREFIX + b"/"


async def test_our_session_is_secure_behind_a_proxy_that_ends_tls() -> None:
    pod = await Pod(echo).start()
    browser = (b"Accept: text/html", b"Sec-Fetch-Mode: navigate", b"Sec-Fetch-Dest: document")
    async with rig(
        pod, identity=TRUSTED, set_auth=True, auth_type="forward", digest=TOKEN_DIGEST
    ) as r:
        answer = await r.ask(get(b"/a?token=" + TOKEN.encode(), *browser, *OUTER))
        assert answer.status == 302
        assert answer.fields[b"location"] == b"/outer" + PREFIX + b"/a"
        cookie = answer.fields[b"set-cookie"]
        assert b"; Secure" in cookie
        assert b"; Path=/outer" + PREFIX + b";" in cookie
        answer = await r.ask(get(b"/a?token=" + TOKEN.encode(), *browser))
        assert b"Secure" not in answer.fields[b"set-cookie"]


async def test_affinity_is_secure_and_tells_no_address() -> None:
    pod = await Pod(echo).start()
    async with rig(pod, identity=TRUSTED, affinity=True) as r:
        cookie = (await r.ask(get(b"/", *OUTER))).fields[b"set-cookie"]
        assert b"; Secure" in cookie
        assert b"; Path=/outer" + PREFIX + b";" in cookie
        value = cookie.partition(b";")[0].partition(b"=")[2]
        for part in (pod.address.encode(), b"%d" % pod.port):
            assert part not in value
            assert part.hex().encode() not in value


async def test_fields_of_every_kind_of_head() -> None:
    """Link, Set-Cookie and what holds for the whole origin, in a final answer, in 103 (RFC 8297)
    and in 101 (RFC 6455)."""
    lines = (
        b"Link: </a.css>; rel=preload, <http://localhost:8080/b>",
        b"Set-Cookie: __Host-csrf=1; Path=/; Secure",
        b"Set-Cookie: s=1; Path=/; Domain=localhost",
        b"Service-Worker-Allowed: /",
        b'Alt-Svc: h3=":443"',
        b'Clear-Site-Data: "*"',
        b'NEL: {"report_to": "x"}',
    )
    block = b"\r\n".join((*lines, b"", b""))
    hints = b"HTTP/1.1 103 Early Hints\r\n" + block
    final = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n" + block
    switch = b"HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: websocket\r\n" + block

    async def script(wire: Wire) -> None:
        while True:
            upgrade = b"upgrade" in (await wire.request()).fields
            await wire.send(hints, switch if upgrade else final)

    async with rig(await Pod(script).start()) as r:
        for extra in ((), (b"Connection: upgrade", b"Upgrade: websocket")):
            wire = await r.connect()
            await wire.send(get(b"/", *extra))
            for _ in range(2):
                head = await wire.head()
                fields = head_fields(head)
                assert fields[b"link"] == (
                    b"<%b/a.css>; rel=preload, <http://gateway.test%b/b>" % (PREFIX, PREFIX)
                )
                assert b"\r\nSet-Cookie: __Host-csrf=1; Path=/; Secure\r\n" in head
                assert b"\r\nSet-Cookie: s=1; Path=" + PREFIX + b"/\r\n" in head
                assert fields[b"service-worker-allowed"] == PREFIX + b"/"
                assert fields.keys().isdisjoint({b"alt-svc", b"clear-site-data", b"nel"})


async def test_webdav_names_the_pods_own_paths() -> None:
    """nginx, Apache and Go compare Destination with Host, and Apache with http (RFC 4918, section
    10.3): a client that came by https got 502 from each."""
    async with rig(await Pod(echo).start(), identity=TRUSTED) as r:
        lines = (
            b"Destination: https://out.test/outer" + PREFIX + b"/b%20c",
            b"If: <https://out.test/outer" + PREFIX + b"/b> (<urn:uuid:1>)",
        )
        for _ in range(3):
            seen = head_fields((await r.ask(get(b"/a", *OUTER, *lines, method=b"MOVE"))).body)
            assert seen[b"host"] == b"out.test"
            assert seen[b"destination"] == b"http://out.test/b%20c"
            assert seen[b"if"] == b"<http://out.test/b> (<urn:uuid:1>)"
        other = b"Destination: http://gateway.test/system/services/app/exposed/a"
        seen = head_fields((await r.ask(get(b"/a", other, method=b"COPY"))).body)
        assert b"Destination: " + seen[b"destination"] == other


async def test_the_pods_host_is_that_of_its_clients_origin() -> None:
    """Jupyter, Streamlit and Django compare Origin or Referer with Host. ingress-nginx passes a
    trusted X-Forwarded-Host on as Host, too."""
    origin = (b"Origin: https://out.test", b"Referer: https://out.test/outer" + PREFIX + b"/x")
    async with rig(await Pod(echo).start(), identity=TRUSTED) as r:
        seen = head_fields((await r.ask(get(b"/", *OUTER, *origin))).body)
        assert seen[b"host"] == seen[b"x-forwarded-host"] == b"out.test"
        assert b"Origin: " + seen[b"origin"] == origin[0]
        assert b"Referer: " + seen[b"referer"] == origin[1]
        stranger = head_fields((await r.ask(get(b"/"))).body)
        assert stranger[b"host"] == b"gateway.test"


async def heads(wire: Wire) -> None:
    """Answer with the head, in which Forwarded may stand twice: each proxy adds a line."""
    while True:
        head = await wire.head()
        await wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(head) + head)


@pytest.mark.parametrize(
    ("lines", "scheme", "host"),
    [
        ((b"X-Forwarded-Proto: wss",), b"https", b"gateway.test"),
        ((b"X-Forwarded-Proto: Ws",), b"http", b"gateway.test"),
        ((b"X-Forwarded-Proto: https, http",), b"https", b"gateway.test"),
        ((b"X-Forwarded-Proto: https", b"X-Forwarded-Proto: http"), b"https", b"gateway.test"),
        ((b"X-Forwarded-Proto: junk",), b"http", b"gateway.test"),
        ((b"X-Forwarded-Host: a.test, b.test",), b"http", b"a.test"),
        ((b"Forwarded: for=1.2.3.4;proto=https;host=c.test",), b"https", b"c.test"),
    ],
)
async def test_what_a_trusted_proxy_says(
    lines: tuple[bytes, ...], scheme: bytes, host: bytes
) -> None:
    async with rig(await Pod(heads).start(), identity=TRUSTED) as r:
        body = (await r.ask(get(b"/", *lines))).body
        assert b"\r\nX-Forwarded-Proto: " + scheme + b"\r\n" in body
        assert b"\r\nX-Forwarded-Host: " + host + b"\r\n" in body
    async with rig(await Pod(echo).start()) as r:
        body = (await r.ask(get(b"/", *lines))).body  # of a stranger
        assert b"\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: gateway.test\r\n" in body
