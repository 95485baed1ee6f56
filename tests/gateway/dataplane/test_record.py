"""What is written down of requests."""

from __future__ import annotations

from ipaddress import ip_network
from typing import TYPE_CHECKING

import pytest

from gateway.limits import Identity
from gateway.routing.cors import Cors
from tests.gateway.harness import DIGEST, PREFIX, TOKEN, Pod, echo, get, post, rig

if TYPE_CHECKING:
    from gateway.limits import Network


async def test_an_answered_request() -> None:
    pod = await Pod(echo).start()
    async with rig(pod) as r:
        answer = await r.ask(post(b"hello", b"/x?y", b"User-Agent: me"))
        await r.balanced()
        (entry,) = r.log.entries
        assert (entry.service, entry.method, entry.status) == ("echo", "POST", 200)
        assert entry.target == "/system/services/echo/exposed/x?y"
        assert (entry.source, entry.reason, entry.retries) == ("upstream", "", 0)
        assert entry.endpoint == f"127.0.0.1:{pod.port}"
        assert entry.request_id == answer.fields[b"x-request-id"].decode()
        assert entry.user_agent == "me"
        assert 0 < entry.first_byte <= entry.duration
        assert entry.bytes_out == len(answer.head) + len(answer.body)
        stats = r.state.stats
        assert stats.requests == {("POST", 200, "upstream"): 1}
        assert stats.bytes_out == entry.bytes_out
        assert stats.bytes_in == entry.bytes_in == len(post(b"hello", b"/x?y", b"User-Agent: me"))


async def test_a_refused_request() -> None:
    async with rig(set_auth=True) as r:
        assert (await r.ask(get(method=b"BREW"))).status == 401
        (entry,) = r.log.entries
        assert (entry.status, entry.source, entry.reason) == (401, "gateway", "unauthorized")
        assert entry.endpoint == ""
        assert r.state.stats.auth_failures == 1
        assert r.state.stats.requests == {("OTHER", 401, "gateway"): 1}


async def test_large_bodies_are_counted_to_the_last_byte() -> None:
    async with rig(await Pod(echo).start()) as r:
        request = post(b"x" * 2_000_000)
        answer = await r.ask(request)
        await r.balanced()
        assert r.state.stats.bytes_in == len(request)
        assert r.state.stats.bytes_out == len(answer.head) + len(answer.body)


async def test_requests_to_nowhere_are_counted_apart() -> None:
    async with rig() as r:
        await r.ask(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        assert r.stats.service("_unknown").requests == {("GET", 404, "gateway"): 1}


@pytest.mark.parametrize(
    ("request_head", "status"),
    [
        (b"GET " + PREFIX + b" HTTP/1.1\r\nHost: h\r\n\r\n", 308),
        (b"OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", 204),
        (get(b"/", b"Max-Forwards: 0", method=b"OPTIONS"), 204),
        (
            get(
                b"/",
                b"Origin: https://ui.test",
                b"Access-Control-Request-Method: PUT",
                method=b"OPTIONS",
            ),
            204,
        ),
        (get(b"/?token=" + TOKEN.encode(), b"Accept: text/html"), 302),
        (get(), 401),
        (b"GET / HTTP/1.1\r\nHost: h\r\n\r\n", 404),
        (b"GET / HTTP/1.1\r\nHost: h h\r\n\r\n", 400),
    ],
)
async def test_every_answer_of_our_own_names_the_request_as_the_log_does(
    request_head: bytes, status: int
) -> None:
    policy = Cors(origins=("https://ui.test",))
    async with rig(cors=policy, set_auth=True, auth_type="forward", digest=DIGEST) as r:
        answer = await r.ask(request_head)
        (entry,) = r.log.entries
        assert answer.status == entry.status == status
        assert answer.fields[b"x-request-id"].decode() == entry.request_id != ""
        named = await r.ask(request_head[:-2] + b"X-Request-Id: mine\r\n\r\n")
        if status != 400:  # a head that cannot be read names nothing
            assert named.fields[b"x-request-id"] == b"mine"


@pytest.mark.parametrize("trusted", [(), (ip_network("127.0.0.0/8"),)])
@pytest.mark.parametrize(
    ("given", "believed"),
    [
        (b"a", True),
        (b"Root=1-67891233-abcdef012345678912345678", True),
        (b"a.b_c~d+e/f=g:h@i-j", True),
        (b"x" * 128, True),
        (b"x" * 129, False),
        (b"", False),
        (b"{6f1e}", False),
        (b"a b", False),
        (b"a,b", False),
        (b'a"b', False),
        (b"|a.b.", False),
        ("ñ".encode(), False),
    ],
)
async def test_a_request_id_is_believed_as_the_help_says(
    given: bytes, believed: bool, trusted: tuple[Network, ...]
) -> None:
    """From anybody, when it is one word of harmless characters; else a fresh one takes its place,
    for the pod, the client and the log alike."""
    async with rig(await Pod(echo).start(), identity=Identity(trusted=trusted)) as r:
        answer = await r.ask(get(b"/", b"X-Request-Id: " + given))
        told = answer.fields[b"x-request-id"]
        assert (told == given) is believed
        assert b"X-Request-Id: " + told + b"\r\n" in answer.body
        assert [one.request_id for one in r.log.entries] == [told.decode()]


async def test_two_request_ids_are_refused() -> None:
    """Which of them a pod would log is not known; no field that is passed on stands twice."""
    async with rig(await Pod(echo).start()) as r:
        answer = await r.ask(get(b"/", b"X-Request-Id: a", b"x-request-id: a"))
        assert answer.status == 400
        assert b"x-request-id stands more than once" in answer.body
