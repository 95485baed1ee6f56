"""Every kind of answer a pod can give, as the client gets it (RFC 9110; RFC 9112, section 6).

`test_exchange` has the common ones; here are those in which one reader could go wrong.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from tests.gateway.harness import PREFIX, Pod, Rig, Wire, answering, get, post, rig

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
UPGRADE = (b"Connection: upgrade", b"Upgrade: websocket")


def saying(*answers: bytes) -> Callable[[Wire], Awaitable[None]]:
    """A pod that gives these answers in turn, on whatever connections."""
    left = list(answers)

    async def script(wire: Wire) -> None:
        while left:
            await wire.request()
            await wire.send(left.pop(0))
        await wire.reader.read()

    return script


async def raw(r: Rig, request: bytes) -> bytes:
    """All that comes for one request that asks for the end of the connection."""
    wire = await r.connect()
    await wire.send(request)
    return await wire.rest()


BAD = {
    "two lengths in one": b"HTTP/1.1 200 OK\r\nContent-Length: 2, 3\r\n\r\nok",
    "a length and nothing": b"HTTP/1.1 200 OK\r\nContent-Length: 2,\r\n\r\nok",
    "both, with a space": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"
    b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "a fold": b"HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 2\r\n\r\nok",
    "two different lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok",
    "a signed length": b"HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nok",
    "a negative length": b"HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nok",
    "an empty length": b"HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\nok",
    "an unknown coding": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nok",
    "chunked twice": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    "chunked in HTTP/1.0": b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a name with a space in it": b"HTTP/1.1 200 OK\r\nContent Length: 2\r\n\r\nok",
    "a bare CR in a value": b"HTTP/1.1 200 OK\r\nX: a\rSet-Cookie: b\r\nContent-Length: 0\r\n\r\n",
    "a control character": b"HTTP/1.1 200 OK\r\nX: \x1b[2J\r\nContent-Length: 0\r\n\r\n",
    "a control character in its phrase": b"HTTP/1.1 200 \x00\r\nContent-Length: 0\r\n\r\n",
    "a name beyond ASCII": b"HTTP/1.1 200 OK\r\nX\xe9: a\r\nContent-Length: 0\r\n\r\n",
    "a line without a colon": b"HTTP/1.1 200 OK\r\nnothing\r\nContent-Length: 0\r\n\r\n",
    "a status of two digits": b"HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n",
    "a status of four digits": b"HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n",
    "a status of letters": b"HTTP/1.1 OK\r\nContent-Length: 0\r\n\r\n",
    "HTTP/2": b"HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n",
    "HTTP/0.9": b"<html>hello</html>\r\n\r\n",
    "too many fields": b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n",
    "an empty line first": b"\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    "101 without Upgrade": b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
}


@pytest.mark.parametrize("name", BAD)
@pytest.mark.parametrize("bytewise", [False, True])
async def test_an_answer_that_can_be_misread_is_502(name: str, bytewise: bool) -> None:
    async def script(wire: Wire) -> None:
        await wire.request()
        pieces = [bytes([byte]) for byte in BAD[name]] if bytewise else [BAD[name]]
        for piece in pieces:
            await wire.send(piece)
            await asyncio.sleep(0)
        await wire.ended()

    upgrade = UPGRADE if "101" in name else ()
    async with rig(await Pod(script).start()) as r:
        answer = await r.ask(get(b"/", *upgrade))
        assert answer.status == 502
        assert answer.fields[b"x-gateway-error"] == b"upstream_malformed"
        assert b"set-cookie" not in answer.fields
        await r.balanced()
        assert not r.state.balancer.candidates[0].idle


@pytest.mark.parametrize(
    ("method", "answer"),
    [
        (b"HEAD", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
        (b"HEAD", b"HTTP/1.1 404 Not Found\r\nContent-Length: 1000\r\n\r\n"),
        (b"GET", b"HTTP/1.1 204 No Content\r\nContent-Length: 10\r\n\r\n"),
        (b"GET", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n"),
        (b"GET", b"HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n"),
        (b"GET", b"HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n"),
    ],
)
async def test_an_answer_without_a_body_ends_with_its_head(method: bytes, answer: bytes) -> None:
    """The client's connection goes on, the pod's does not: a body that should not be there may
    still come."""
    pod = await Pod(saying(answer, OK, answer, OK)).start()
    async with rig(pod) as r:
        wire = await r.connect()
        for _ in range(2):
            await wire.send(get(method=method))
            head = await wire.head()
            assert head[9:12] == answer[9:12]
            if b" 204 " in head:
                assert b"content-length" not in head.lower()
                assert b"transfer-encoding" not in head.lower()
            await wire.send(get())
            assert (await wire.response()).body == b"ok", "the next answer begins where it should"
        assert pod.connections == 3


@pytest.mark.parametrize("status", [b"204 No Content", b"304 Not Modified"])
async def test_a_body_where_none_may_be_is_dropped_with_its_connection(status: bytes) -> None:
    stowaway = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"
    pod = await Pod(answering(b"HTTP/1.1 " + status + b"\r\n\r\n" + stowaway)).start()
    async with rig(pod) as r:
        wire = await r.connect()
        for _ in range(2):
            await wire.send(get())
            assert (await wire.response()).status == int(status[:3])
        assert pod.connections == 2


async def test_a_body_behind_the_head_of_a_head_request_is_dropped() -> None:
    pod = await Pod(answering(OK)).start()
    async with rig(pod) as r:
        wire = await r.connect()
        for _ in range(2):
            await wire.send(get(method=b"HEAD"))
            assert (await wire.response(bodyless=True)).fields[b"content-length"] == b"2"
        assert pod.connections == 2


async def test_each_cookie_stays_a_field_of_its_own() -> None:
    cookies = (
        b"Set-Cookie: a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT; Path=/\r\nset-cookie: b=2\r\n"
    )
    answer = b"HTTP/1.1 200 OK\r\n" + cookies + b"Content-Length: 0\r\n\r\n"
    async with rig(await Pod(answering(answer)).start()) as r:
        for _ in range(3):  # made, remembered, taken from memory
            head = (await r.ask(get())).head
            dated = b"\r\nSet-Cookie: a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT; Path="
            assert dated + PREFIX + b"/\r\n" in head
            assert b"\r\nSet-Cookie: b=2\r\n" in head


REWRITTEN = {
    b"Location: /login?next=/x": b"Location: " + PREFIX + b"/login?next=/x",
    b"Location: http://gateway.test/a": b"Location: http://gateway.test" + PREFIX + b"/a",
    b"Location: HTTP://Gateway.Test": b"Location: HTTP://Gateway.Test" + PREFIX + b"/",
    b"Location: http://gateway.test.evil/a": b"Location: http://gateway.test.evil/a",
    b"Location: //other.test/a": b"Location: //other.test/a",
    b"Location: next": b"Location: next",
    b"Location: " + PREFIX + b"/a": b"Location: " + PREFIX + b"/a",
    b"Location: " + PREFIX + b"x": b"Location: " + PREFIX + PREFIX + b"x",
    b"Content-Location: /a.json": b"Content-Location: " + PREFIX + b"/a.json",
    b"Refresh: 5; url=/a": b"Refresh: 5; url=" + PREFIX + b"/a",
    b"Refresh: 5": b"Refresh: 5",
    b"Set-Cookie: s=1; path=/app; HttpOnly": b"Set-Cookie: s=1; path=" + PREFIX + b"/app; HttpOnly",
    b"Set-Cookie: s=1": b"Set-Cookie: s=1",
}


@pytest.mark.parametrize("line", REWRITTEN)
@pytest.mark.parametrize("rewrite_target", [False, True])
async def test_paths_come_back_under_the_prefix(line: bytes, rewrite_target: bool) -> None:
    """With `rewrite_target: true` the application knows its prefix, and nothing is touched."""
    answer = b"HTTP/1.1 302 Found\r\n" + line + b"\r\nContent-Length: 0\r\n\r\n"
    expected = line if rewrite_target else REWRITTEN[line]
    async with rig(await Pod(answering(answer)).start(), rewrite_target=rewrite_target) as r:
        for _ in range(2):
            head = (await r.ask(get())).head
            assert b"\r\n" + expected + b"\r\n" in head


async def test_fields_of_one_connection_go_no_further() -> None:
    lines = (
        b"Connection: keep-alive, X-Hop, set-cookie\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\n"
        b"Proxy-Connection: keep-alive\r\nTrailer: X-T\r\nUpgrade: h2c\r\nTE: trailers\r\n"
        b"Proxy-Authenticate: Basic\r\nX-Kept: 1\r\n"
    )
    async with rig(
        await Pod(answering(b"HTTP/1.1 200 OK\r\n" + lines + b"Content-Length: 0\r\n\r\n")).start()
    ) as r:
        answer = await r.ask(get())
        names = {b"x-kept", b"content-length", b"date", b"via", b"x-request-id"}
        assert answer.fields.keys() == names


async def test_connection_cannot_take_the_framing_away() -> None:
    lines = b"Connection: content-length, transfer-encoding\r\nContent-Length: 2\r\n\r\nok"
    async with rig(await Pod(answering(b"HTTP/1.1 200 OK\r\n" + lines)).start()) as r:
        answer = await r.ask(get())
        assert (answer.fields[b"content-length"], answer.body) == (b"2", b"ok")


@pytest.mark.parametrize("minor", [b"0", b"1"])
async def test_trailers_are_dropped_and_never_become_fields(minor: bytes) -> None:
    body = b"3\r\nabc\r\n0\r\nX-T: evil\r\nSet-Cookie: evil\r\n\r\n"
    answer = b"HTTP/1.1 200 OK\r\nTrailer: Set-Cookie\r\nTransfer-Encoding: chunked\r\n\r\n" + body
    async with rig(await Pod(answering(answer)).start()) as r:
        got = await raw(r, get(b"/", b"Connection: close").replace(b"/1.1", b"/1." + minor))
        assert b"evil" not in got
        assert b"railer" not in got
        assert got.endswith(b"\r\n\r\n3\r\nabc\r\n0\r\n\r\n" if minor == b"1" else b"\r\n\r\nabc")


POD_1_0 = {
    "closed": (b"HTTP/1.0 200 OK\r\n\r\nabc", 2),
    "with a length": (b"HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nabc", 2),
    "kept": (b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 3\r\n\r\nabc", 1),
}


@pytest.mark.parametrize("kind", POD_1_0)
async def test_a_pod_that_speaks_http_1_0(kind: str) -> None:
    answer, connections = POD_1_0[kind]

    async def script(wire: Wire) -> None:
        while True:
            request = await wire.request()
            assert b" HTTP/1.1\r\n" in request.head
            await wire.send(answer)
            if connections == 2:
                return

    pod = await Pod(script).start()
    async with rig(pod) as r:
        wire = await r.connect()
        for _ in range(2):
            await wire.send(get())
            got = await wire.response()
            assert got.body == b"abc"
            assert got.head.startswith(b"HTTP/1.1 200 OK\r\n")
            assert b"\r\nVia: 1.0 oscar-gateway\r\n" in got.head
        assert pod.connections == connections


@pytest.mark.parametrize("name", [b"Content-Length: 9", b"Transfer-Encoding: chunked"])
async def test_framing_in_trailers_is_a_broken_answer(name: bytes) -> None:
    answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n"
    async with rig(await Pod(answering(answer + name + b"\r\n\r\n")).start()) as r:
        with pytest.raises(ConnectionResetError):
            await raw(r, get())
        await r.balanced()


async def test_a_final_answer_in_place_of_100_closes_the_connection() -> None:
    """The client must not take its body for a request that follows, nor the gateway."""

    async def script(wire: Wire) -> None:
        await wire.head()
        await wire.send(b"HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n")
        assert await wire.rest() == b""

    async with rig(await Pod(script).start()) as r:
        wire = await r.connect()
        await wire.send(get(b"/", b"Content-Length: 40", b"Expect: 100-continue", method=b"POST"))
        answer = await wire.response()
        assert (answer.status, answer.fields[b"connection"]) == (417, b"close")
        wire.writer.write(get(b"/smuggled"))
        assert await wire.rest() == b""
        assert r.state.admission.total == 1


async def test_a_refused_upload_is_answered_though_it_goes_on() -> None:
    """The client is still sending: it must get the answer, and no reset before."""

    async def script(wire: Wire) -> None:
        await wire.head()
        await wire.send(b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 5\r\n\r\nlarge")
        await wire.reader.read()

    async with rig(await Pod(script).start()) as r:
        wire = await r.connect()
        await wire.send(get(b"/", b"Content-Length: 100000000", method=b"POST"))
        sending = asyncio.create_task(_upload(wire), name="sending")
        answer = await wire.response()
        assert (answer.status, answer.body) == (413, b"large")
        assert answer.fields[b"connection"] == b"close"
        await r.balanced()
        assert not r.state.balancer.candidates[0].idle
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)


async def _upload(wire: Wire) -> None:
    while True:
        await wire.send(b"x" * 10_000)
        await asyncio.sleep(0)


async def test_an_early_answer_may_go_on_while_the_body_does() -> None:
    """An application that streams its answer while it reads (echo, transcoding)."""

    async def script(wire: Wire) -> None:
        await wire.head()
        await wire.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(3):
            data = await wire.exactly(4)
            await wire.send(b"4\r\n" + data + b"\r\n")
        await wire.send(b"0\r\n\r\n")
        await wire.reader.read()

    async with rig(await Pod(script).start()) as r:
        wire = await r.connect()
        await wire.send(get(b"/", b"Content-Length: 12", method=b"POST"))
        await wire.head()
        for word in (b"one.", b"two.", b"tri."):
            await wire.send(word)
            assert await wire.exactly(9) == b"4\r\n" + word + b"\r\n"
        assert await wire.exactly(5) == b"0\r\n\r\n"
        await r.balanced()


@pytest.mark.parametrize("minor", [b"0", b"1"])
async def test_interim_answers_do_not_count_as_the_answer(minor: bytes) -> None:
    many = b"HTTP/1.1 102 Processing\r\n\r\n" * 3 + OK
    async with rig(await Pod(saying(many, OK)).start()) as r:
        wire = await r.connect()
        request = post(b"body", b"/", b"Connection: keep-alive").replace(b"/1.1", b"/1." + minor)
        await wire.send(request)
        if minor == b"1":
            for _ in range(3):
                assert (await wire.head()).startswith(b"HTTP/1.1 102 ")
        assert (await wire.response()).body == b"ok"
        await wire.send(request)
        assert (await wire.response()).body == b"ok"
        assert r.state.stats.upstream_errors == {}


async def test_an_old_client_gets_no_chunks_and_learns_of_the_end() -> None:
    chunked = (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    )
    async with rig(await Pod(answering(chunked)).start()) as r:
        got = await raw(r, b"GET " + PREFIX + b"/ HTTP/1.0\r\n\r\n")
        assert got.endswith(b"\r\nConnection: close\r\n\r\nabcde")
        assert b"ransfer-" not in got
