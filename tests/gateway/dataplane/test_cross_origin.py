"""What a page of another origin gets to read, whoever answers it, on real sockets.

A browser hides an answer without the fields from its page, which then sees a failure of the network
instead of a 401 or 503 (WHATWG Fetch, section 4.10). Caddy, Traefik and the nginx ingress leave the
fields out of their own refusals; HAProxy and Envoy can be told to set them.
"""

from __future__ import annotations

import pytest

from gateway.limits import Limits
from gateway.routing.cors import Cors
from shared.service.model import Timeouts
from tests.gateway.harness import DIGEST, PREFIX, Pod, Wire, answering, echo, get, rig

PAGE = b"https://ui.test"
ORIGIN = b"Origin: " + PAGE
ASKED = (ORIGIN, b"Access-Control-Request-Method: PUT", b"Access-Control-Request-Headers: x-y")
POLICY = Cors(origins=(PAGE.decode(),))
UPGRADE = (b"Connection: upgrade", b"Upgrade: websocket")


def raw(line: bytes, *lines: bytes) -> bytes:
    return b"\r\n".join((line + b" HTTP/1.1", b"Host: h", *lines, b"", b""))


def readable(fields: dict[bytes, bytes]) -> bool:
    """A page of PAGE can read this answer, and what the gateway says in its fields."""
    exposed = fields.get(b"access-control-expose-headers", b"")
    return (
        fields.get(b"access-control-allow-origin") == PAGE
        and fields.get(b"access-control-allow-credentials") == b"true"
        and b"Origin" in fields.get(b"vary", b"")
        and exposed.endswith(b"X-Gateway-Phase, X-Cold-Start, Retry-After")
    )


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (raw(b"GET " + PREFIX, ORIGIN), 308),
        (raw(b"POST " + PREFIX, ORIGIN, b"Content-Length: 0"), 308),
        (get(b"/", ORIGIN), 401),
        (raw(b"GET /", ORIGIN), 404),
        (raw(b"GET /system/services/no/exposed/", ORIGIN), 404),
        (raw(b"GET /system/services", ORIGIN), 404),
        (get(b"/../", ORIGIN), 400),
        (get(b"/", ORIGIN, b"Host: twice"), 400),
        (get(b"/", ORIGIN, b"Bad Name: x"), 400),
        (get(b"/", b"Host: late", ORIGIN), 400),
        (raw(b"TRACE " + PREFIX + b"/", ORIGIN), 405),
        (raw(b"CONNECT h:1", ORIGIN), 501),
        (get(b"/", ORIGIN, b"Transfer-Encoding: gzip, chunked"), 501),
        (get(b"/", ORIGIN, b"Content-Length: 2000", method=b"POST"), 413),
        (get(b"/", ORIGIN, b"X: " + b"y" * 5000), 431),
        (get(b"/", *[ORIGIN, *[b"X: y"] * 100]), 431),
        (raw(b"GET /" + b"x" * 1500, ORIGIN), 414),
        (raw(b"OPTIONS *", ORIGIN), 204),
        (get(b"/", ORIGIN, b"Max-Forwards: 0", method=b"OPTIONS"), 204),
        (get(b"/", ORIGIN, b"Via: 1.1 oscar-gateway, 1.1 oscar-gateway, 1.1 oscar-gateway, "
             b"1.1 oscar-gateway, 1.1 oscar-gateway"), 508),
    ],
)  # fmt: skip
async def test_every_answer_of_the_gateways_own_can_be_read(head: bytes, status: int) -> None:
    limits = Limits(body=1000, head=4096, line=1024)
    async with rig(cors=POLICY, limits=limits, set_auth=True, digest=DIGEST) as r:
        answer = await r.ask(head)
        assert answer.status == status
        assert readable(answer.fields), answer.head
        other = await r.ask(head.replace(PAGE, b"https://evil.test"))
        assert other.status == status
        assert not [name for name in other.fields if name.startswith(b"access-control-allow-")]
        assert other.fields[b"vary"] == b"Origin"


async def test_a_head_that_is_not_complete_in_time() -> None:
    async with rig(cors=POLICY, limits=Limits(head_time=0.3)) as r:
        wire = await r.connect()
        await wire.send(get(b"/", ORIGIN)[:-2])
        answer = await wire.response()
        assert answer.status == 408
        assert readable(answer.fields)


async def test_an_origin_that_is_not_whole_is_not_believed() -> None:
    async with rig(cors=POLICY, limits=Limits(head_time=0.3)) as r:
        wire = await r.connect()
        await wire.send(get(b"/", ORIGIN)[:-4])  # …it might have gone on: https://ui.test.evil
        answer = await wire.response()
        assert answer.status == 408
        assert b"access-control-allow-origin" not in answer.fields


@pytest.mark.parametrize(
    ("says", "status"), [(b"", 502), (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", 502), (None, 503)]
)
async def test_failures_of_pods(says: bytes | None, status: int) -> None:
    async def script(wire: Wire) -> None:
        await wire.head()
        await wire.send(says or b"")

    pods = [await Pod(script).start()] if says is not None else []
    async with rig(*pods, cors=POLICY, timeouts=Timeouts(wake=0.05, first_byte=1)) as r:
        answer = await r.ask(get(b"/", ORIGIN))
        assert answer.status == status
        assert readable(answer.fields)


async def test_a_pod_that_takes_too_long() -> None:
    async def script(wire: Wire) -> None:
        await wire.head()
        await wire.reader.read()

    async with rig(await Pod(script).start(), cors=POLICY, timeouts=Timeouts(first_byte=0.1)) as r:
        answer = await r.ask(get(b"/", ORIGIN))
        assert answer.status == 504
        assert readable(answer.fields)


@pytest.mark.parametrize(
    "target",
    [PREFIX, PREFIX + b"?a", PREFIX + b"/", PREFIX + b"/a/b?c", b"/system/services/no/exposed/x",
     b"/system/services", b"/", b"/elsewhere", b"*", b"http://h" + PREFIX],
)  # fmt: skip
@pytest.mark.parametrize("rewrite_target", [True, False])
async def test_a_preflight_needs_no_credentials_and_is_never_redirected(
    target: bytes, rewrite_target: bool
) -> None:
    """Browsers send it without any, and fail on a redirect (Fetch, section 4.8)."""
    async with rig(cors=POLICY, set_auth=True, digest=DIGEST, rewrite_target=rewrite_target) as r:
        answer = await r.ask(raw(b"OPTIONS " + target, *ASKED))
        assert answer.status == 204
        assert readable(answer.fields)
        assert b"PUT" in answer.fields[b"access-control-allow-methods"]
        assert b"Authorization" in answer.fields[b"access-control-allow-headers"]
        assert b"access-control-max-age" in answer.fields


async def test_without_a_policy_a_preflight_is_the_pods_also_at_the_bare_prefix() -> None:
    async with rig(await Pod(echo).start()) as r:
        answer = await r.ask(raw(b"OPTIONS " + PREFIX + b"?a=b", *ASKED))
        assert answer.body.startswith(b"OPTIONS /?a=b HTTP/1.1\r\n")
        assert b"\r\nAccess-Control-Request-Headers: x-y\r\n" in answer.body
        assert (await r.ask(raw(b"OPTIONS " + PREFIX))).status == 308


async def test_without_a_policy_a_guarded_service_stays_guarded() -> None:
    """No method reaches a guarded pod without credentials: its application may not look at it."""
    async with rig(await Pod(echo).start(), set_auth=True, digest=DIGEST) as r:
        for target in (PREFIX, PREFIX + b"/"):
            assert (await r.ask(raw(b"OPTIONS " + target, *ASKED))).status == 401


PODS = (
    b"HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *\r\nVary: Origin\r\n"
    b"Access-Control-Expose-Headers: X-Mine\r\nContent-Length: 0\r\n\r\n"
)


async def test_a_pods_answer_keeps_the_names_it_exposes() -> None:
    async with rig(await Pod(answering(PODS)).start(), cors=POLICY) as r:
        answer = await r.ask(get(b"/", ORIGIN))
        assert readable(answer.fields)
        assert answer.fields[b"access-control-expose-headers"].startswith(b"X-Mine, ")


@pytest.mark.parametrize("lines", [(), (b"Origin: https://evil.test",)])
async def test_caches_are_told_that_the_answer_depends_on_the_origin(
    lines: tuple[bytes, ...],
) -> None:
    """One that was made for a request without Origin would be given to pages, and fail there, and
    one for another origin as well (Fetch, section 3.2.7, "CORS protocol and HTTP caches")."""
    pod = answering(b"HTTP/1.1 200 OK\r\nCache-Control: max-age=9\r\nContent-Length: 0\r\n\r\n")
    async with rig(await Pod(pod).start(), cors=POLICY) as r:
        for version in (b"HTTP/1.1", b"HTTP/1.0"):
            for method in (b"GET", b"HEAD"):
                head = get(b"/", *lines, method=method).replace(b"HTTP/1.1", version)
                answer = await r.ask(head, bodyless=True)
                assert answer.fields[b"vary"] == b"Origin"
                assert b"access-control-allow-origin" not in answer.fields


async def test_what_is_open_to_everybody_depends_on_nobody() -> None:
    policy = Cors(origins=("*",), credentials=False)
    pod = answering(PODS.replace(b"Vary: Origin\r\n", b""))
    async with rig(await Pod(pod).start(), cors=policy) as r:
        for lines in ((), (b"Origin: capacitor://localhost",), (b"Origin: " + b"?" * 300,)):
            answer = await r.ask(get(b"/", *lines))
            assert answer.fields[b"access-control-allow-origin"] == b"*"
            assert b"vary" not in answer.fields
        refused = await r.ask(raw(b"GET /", b"Origin: tauri://localhost"))
        assert (refused.status, refused.fields[b"access-control-allow-origin"]) == (404, b"*")


async def test_without_a_policy_the_gateway_says_nothing() -> None:
    async with rig(await Pod(answering(PODS)).start()) as r:
        assert (await r.ask(get(b"/", ORIGIN))).fields[b"access-control-allow-origin"] == b"*"
        assert b"vary" not in (await r.ask(raw(b"GET /", ORIGIN))).fields
