"""What servers write that is not in canonical form, and every other proxy reads.

The client gets it in canonical form, so that nobody after us can read it differently; the pod's
connection is not used again. That requests are refused for each is in `test_smuggling`,
`test_http1` and `test_framing`.
"""

from __future__ import annotations

import pytest

from tests.gateway.harness import Pod, Response, Wire, get, rig

HEADS = {
    "lines that end in LF (nginx, HAProxy, Go; RFC 9112, section 2.2)": (
        b"HTTP/1.1 200 OK\nX-A: b\nContent-Length: 2\n\nok"
    ),
    "LF after the first line": b"HTTP/1.1 200 OK\r\nX-A: b\nContent-Length: 2\n\nok",
    "LF before CRLF": b"HTTP/1.1 200 OK\nX-A: b\nContent-Length: 2\r\n\r\nok",
    "an empty line of its own": b"HTTP/1.1 200 OK\r\nX-A: b\r\nContent-Length: 2\r\n\nok",
    "LF, then CRLF": b"HTTP/1.1 200 OK\nX-A: b\nContent-Length: 2\n\r\nok",
    "space before the colon (RFC 9112, section 5.1)": (
        b"HTTP/1.1 200 OK\r\nX-A : b\r\nContent-Length \t: 2\r\n\r\nok"
    ),
    "two equal lengths (RFC 9110, section 8.6)": (
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-A: b\r\ncontent-length: 2\r\n\r\nok"
    ),
    "a list of equal lengths": b"HTTP/1.1 200 OK\r\nX-A: b\r\nContent-Length: 2, 2 ,2\r\n\r\nok",
    "zeros": b"HTTP/1.1 200 OK\r\nX-A: b\r\nContent-Length: 00000000000000000000002\r\n\r\nok",
    "a status line without a phrase": b"HTTP/1.1 200\nX-A: b\nContent-Length: 2\n\nok",
}


def ways(answer: bytes) -> list[list[bytes]]:
    return [[answer], [bytes([byte]) for byte in answer]]


async def asked_twice(pieces: list[bytes]) -> tuple[list[Response], int]:
    async def script(wire: Wire) -> None:
        await wire.request()
        await wire.send(*pieces)
        await wire.ended()

    pod = await Pod(script).start()
    async with rig(pod) as r:
        wire = await r.connect()
        answers = []
        for _ in range(2):
            await wire.send(get())
            answers.append(await wire.response())
        await r.balanced()
        assert not r.state.balancer.candidates[0].idle
        return answers, pod.connections


@pytest.mark.parametrize("name", HEADS)
@pytest.mark.parametrize("bytewise", [False, True])
async def test_a_head_comes_in_canonical_form(name: str, bytewise: bool) -> None:
    answers, connections = await asked_twice(ways(HEADS[name])[bytewise])
    for answer in answers:
        assert answer.body == b"ok"
        assert answer.fields[b"content-length"] == b"2"
        assert answer.fields[b"x-a"] == b"b"
        assert b"\n" not in answer.head.replace(b"\r\n", b"")
    assert connections == 2


async def test_the_body_after_a_head_of_lf_is_left_as_it_is() -> None:
    body = b"a\n\r\nb\r\n\r\nHTTP/1.1 500 Evil\r\n\r\n"
    head = b"HTTP/1.1 200 OK\nContent-Length: %d\n\n" % len(body)
    answers, _ = await asked_twice([head + body])
    assert [one.body for one in answers] == [body, body]


async def test_a_chunked_body_may_follow_a_head_of_lf() -> None:
    answer = b"HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n2\r\nok\r\n0\r\n\r\n"
    answers, _ = await asked_twice([answer])
    assert [one.body for one in answers] == [b"ok", b"ok"]


async def test_interim_heads_of_lf_come_before_the_answer() -> None:
    async def script(wire: Wire) -> None:
        await wire.request()
        await wire.send(b"HTTP/1.1 103 Early Hints\nX-A : b\n\n" + HEADS["LF before CRLF"])
        await wire.ended()

    async with rig(await Pod(script).start()) as r:
        wire = await r.connect()
        await wire.send(get())
        assert (await wire.head()).startswith(b"HTTP/1.1 103 Early Hints\r\nX-A: b\r\n")
        assert (await wire.response()).body == b"ok"


SIZE_LINES = [b"2 ", b"2\t ", b"2 ; a = b", b'2;a= "b;" ', b"0" * 40 + b"2", b"0002 ;a", b"02 "]


@pytest.mark.parametrize("line", SIZE_LINES)
@pytest.mark.parametrize("bytewise", [False, True])
async def test_size_lines_come_in_canonical_form(line: bytes, bytewise: bool) -> None:
    """BWS in extensions (RFC 9112, section 7.1.1); nginx, HAProxy and Go skip blanks at the end."""
    answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + line + b"\r\nok\r\n0 \r\n"

    async def script(wire: Wire) -> None:
        await wire.request()
        await wire.send(*ways(answer + b"X : y\r\n\r\n")[bytewise])
        await wire.ended()

    pod = await Pod(script).start()
    async with rig(pod) as r:
        wire = await r.connect()
        for _ in range(2):
            await wire.send(get())
            await wire.head()
            assert await wire.exactly(12) == b"2\r\nok\r\n0\r\n\r\n"
        assert pod.connections == 2
        await r.balanced()


@pytest.mark.parametrize("line", [*SIZE_LINES, b"2\n"])
async def test_a_request_is_refused_for_each(line: bytes) -> None:
    async def script(wire: Wire) -> None:
        await wire.ended()

    async with rig(await Pod(script).start()) as r:
        wire = await r.connect()
        await wire.send(get(b"/", b"Transfer-Encoding: chunked", method=b"POST"))
        await wire.send(line + b"\r\nok\r\n0\r\n\r\n")
        assert (await wire.response()).status == 400
        await r.balanced()
