"""Requests made to be read differently by two readers: refused, closed, and nothing gets through.

A pod that records every byte stands behind the gateway. `test_client` holds what is refused for its
head or body in either cut; here are further spellings, what comes after a refusal, and requests
that are accepted because they can be read in one way only, with what the pod gets of them.
"""

from __future__ import annotations

import asyncio

import pytest

from tests.gateway.dataplane.test_client import CHUNKED, GET, POST, SMUGGLED, SMUGGLING, UPGRADE
from tests.gateway.harness import PREFIX, Pod, Wire, get, rig

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
END = b"\r\n\r\n"


def line(text: bytes) -> bytes:
    """A request with this first line."""
    return text + b"\r\nHost: h\r\n\r\n"


HEADS = {
    # Lengths
    "CL plus in a list": POST + b"Content-Length: 5,+5" + END,
    "CL with a fraction": POST + b"Content-Length: 5.0" + END,
    "CL with an exponent": POST + b"Content-Length: 1e1" + END,
    "CL of Arabic digits": POST + b"Content-Length: \xd9\xa5" + END,
    "CL of superscripts": POST + b"Content-Length: \xb2" + END,
    "CL quoted": POST + b'Content-Length: "5"' + END,
    "CL beyond 64 bits": POST + b"Content-Length: 18446744073709551621" + END,
    "CL with a tail": POST + b"Content-Length: 5;x" + END,
    "CL twice apart": POST + b"Content-Length: 5\r\nX: y\r\nCONTENT-LENGTH: 5" + END,
    "CL behind a tab in its name": POST + b"Content-Length\t: 5" + END,
    "CL of a GET twice": GET + b"Content-Length: 0\r\nContent-Length: 30" + END,
    # Codings
    "TE.CL in the other case": CHUNKED.replace(b"chunked", b"CHUNKED") + b"Content-Length: 5" + END,
    "TE twice chunked": CHUNKED + b"Transfer-Encoding: chunked" + END,
    "TE twice, apart in case": CHUNKED + b"tRANSFER-eNCODING: identity" + END,
    "TE empty": POST + b"Transfer-Encoding:" + END,
    "TE comma": POST + b"Transfer-Encoding: ,chunked" + END,
    "TE comma after": POST + b"Transfer-Encoding: chunked," + END,
    "TE with a parameter": POST + b"Transfer-Encoding: chunked;foo=bar" + END,
    "TE with a form feed": POST + b"Transfer-Encoding: chunked\x0c" + END,
    "TE with a no-break space": POST + b"Transfer-Encoding: chunked\xa0" + END,
    "TE with a long s": POST + "Transfer-Encoding: chunked\u017f".encode() + END,
    "TE with a NUL": POST + b"Transfer-Encoding: chunked\x00" + END,
    "TE behind a bare CR": POST + b"X: y\rTransfer-Encoding: chunked" + END,
    "TE behind a bare LF": POST + b"X: y\nTransfer-Encoding: chunked" + END,
    "TE folded away": POST + b"X: y\r\n Transfer-Encoding: chunked" + END,
    "TE gzip": POST + b"Transfer-Encoding: gzip, chunked" + END,
    "TE identity and CL": POST + b"Transfer-Encoding: identity\r\nContent-Length: 5" + END,
    "TE in HTTP/1.0 with CL": CHUNKED.replace(b"1.1", b"1.0") + b"Content-Length: 5" + END,
    # Names and values
    "an empty name": GET + b": x" + END,
    "a name with a space": GET + b"X Y: z" + END,
    "a name with a parenthesis": GET + b"X(Y): z" + END,
    "a name beyond ASCII": GET + b"X\xe9: z" + END,
    "no colon": GET + b"nothing" + END,
    "a value with DEL": GET + b"X: \x7f" + END,
    "a value with ESC": GET + b"X: \x1b[0m" + END,
    "a bare CR at the end": GET + b"X: y\r" + END,
    "a vertical tab before the name": GET + b"\x0bX: y" + END,
    # Hosts
    "two equal Hosts": GET + b"Host: h" + END,
    "a Host with a path": line(b"GET " + PREFIX + b"/ HTTP/1.1").replace(b": h", b": h/x"),
    "a Host with a user": line(b"GET " + PREFIX + b"/ HTTP/1.1").replace(b": h", b": a@h"),
    "a Host with a space": line(b"GET " + PREFIX + b"/ HTTP/1.1").replace(b": h", b": a b"),
    "a URL with a user": line(b"GET http://a@h" + PREFIX + b"/ HTTP/1.1"),
    "a URL without a host": line(b"GET http://" + PREFIX + b"/ HTTP/1.1"),
    "a URL of another scheme": line(b"GET ftp://h" + PREFIX + b"/ HTTP/1.1"),
    # First lines
    "HTTP/0.9": b"GET " + PREFIX + b"/" + END,
    "a preface of no version": b"PRI * HTTP/3.0\r\n\r\nSM\r\n\r\n",
    "HTTP/1.2": line(b"GET " + PREFIX + b"/ HTTP/1.2"),
    "HTTP/1.10": line(b"GET " + PREFIX + b"/ HTTP/1.10"),
    "HTTP/01.1": line(b"GET " + PREFIX + b"/ HTTP/01.1"),
    "http in small": line(b"GET " + PREFIX + b"/ http/1.1"),
    "version apart": line(b"GET " + PREFIX + b"/ HTTP /1.1"),
    "two spaces": line(b"GET  " + PREFIX + b"/ HTTP/1.1"),
    "a space behind": line(b"GET " + PREFIX + b"/ HTTP/1.1 "),
    "a tab between": line(b"GET\t" + PREFIX + b"/ HTTP/1.1"),
    "a space in the path": line(b"GET " + PREFIX + b"/a b HTTP/1.1"),
    "a space before": line(b" GET " + PREFIX + b"/ HTTP/1.1"),
    "a method with a colon": line(b"GE:T " + PREFIX + b"/ HTTP/1.1"),
    "a target beyond ASCII": line(b"GET " + PREFIX + b"/\xe9 HTTP/1.1"),
    "a fragment": line(b"GET " + PREFIX + b"/#x HTTP/1.1"),
    "no target": line(b"GET HTTP/1.1"),
    "an asterisk to GET": line(b"GET * HTTP/1.1"),
    # Upgrades
    "h2c": GET + b"Connection: upgrade\r\nUpgrade: h2c\r\nContent-Length: +1" + END,
    "an upgrade with CL.TE": UPGRADE + b"Content-Length: 3\r\nTransfer-Encoding: chunked" + END,
}

STATUSES = {
    "line": (414, line(b"GET " + PREFIX + b"/" + b"a" * 17_000 + b" HTTP/1.1")),
    "endless line": (414, b"GET " + PREFIX + b"/" + b"a" * 40_000),
    "head": (431, GET + b"X: " + b"a" * 33_000 + END),
    "fields": (431, GET + b"X: y\r\n" * 101 + b"\r\n"),
    "coding": (501, POST + b"Transfer-Encoding: gzip, chunked" + END),
    "CONNECT": (501, line(b"CONNECT h:80 HTTP/1.1")),
    "TRACE": (405, line(b"TRACE " + PREFIX + b"/ HTTP/1.1")),
    "version": (400, line(b"GET " + PREFIX + b"/ HTTP/2.0")),
}

CHUNKS = {
    "size of spaces": b"1 1\r\nx\r\n",
    "size with a tab before": b"\t1\r\nx\r\n",
    "size of nothing": b";a=b\r\n",
    "size underscored": b"1_0\r\n" + b"x" * 16 + b"\r\n",
    "size 0X": b"0X5\r\nhello\r\n",
    "size beyond 64 bits": b"10000000000000005\r\nhello\r\n",
    "size ended by a bare CR": b"5\rhello\r\n",
    "extension ended by a bare LF": b"5;x\nhello\r\n",
    "extension with a hidden line": b"5;\r\r\nhello\r\n",
    "extension with NUL": b"5;\x00\r\nhello\r\n",
    "extensions without end": b"5;" + b"x" * 1000 + b"\r\nhello\r\n",
    "data too short": b"6\r\nhello\r\n",
    "data ended by a bare LF": b"5\r\nhello\n",
    "data ended by a bare CR": b"5\r\nhello\rx",
    "last chunk without a line": b"0\n\n",
    "trailer folded": b"0\r\nX: y\r\n z\r\n\r\n",
    "trailer with a bare LF": b"0\r\nX: y\nZ: 1\r\n\r\n",
    "trailer without a colon": b"0\r\n" + SMUGGLED,
    "trailers without end": b"0\r\n" + b"X: y\r\n" * 3000,
}


class Recorder:
    """A pod that answers each request it can read, and keeps all it was sent."""

    def __init__(self) -> None:
        self.seen = b""

    async def __call__(self, wire: Wire) -> None:
        while data := await wire.reader.read(65536):
            self.seen += data
            if data.endswith(END):
                await wire.send(OK)


async def refusal(data: bytes, recorder: Recorder) -> int:
    """Status of the refusal of `data`, which must be the last thing on its connection."""
    async with rig(await Pod(recorder).start()) as r:
        wire = await r.connect()
        wire.writer.write(data + SMUGGLED * 3)
        answer = await wire.response()
        assert answer.fields[b"connection"] == b"close"
        assert await wire.rest() == b"", "one refusal, and nothing after it"
        await r.balanced()
        assert b"smuggled" not in recorder.seen
        return answer.status


@pytest.mark.parametrize("name", HEADS)
async def test_a_head_that_can_be_misread_reaches_nobody(name: str) -> None:
    recorder = Recorder()
    assert await refusal(HEADS[name], recorder) in (400, 501)
    assert recorder.seen == b""


@pytest.mark.parametrize("name", STATUSES)
async def test_refusals_tell_what_is_wrong(name: str) -> None:
    status, data = STATUSES[name]
    recorder = Recorder()
    async with rig(await Pod(recorder).start()) as r:
        wire = await r.connect()
        wire.writer.write(data)
        assert (await wire.response()).status == status
        assert recorder.seen == b""


@pytest.mark.parametrize("name", SMUGGLING)
async def test_of_what_is_refused_the_pod_sees_no_second_request(name: str) -> None:
    recorder = Recorder()
    assert await refusal(SMUGGLING[name], recorder) in (400, 501)
    if not name.startswith(("chunk", "trailer")) or "upgrade" in name:
        assert recorder.seen == b""


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("name", CHUNKS)
async def test_a_chunk_that_can_be_misread_ends_everything(name: str, late: bool) -> None:
    """Also when the head is with the pod already."""
    recorder = Recorder()
    async with rig(await Pod(recorder).start()) as r:
        wire = await r.connect()
        data = CHUNKED + b"\r\n3\r\nabc\r\n"
        if late:
            wire.writer.write(data)
            await r.until(lambda: recorder.seen.endswith(b"3\r\nabc\r\n"))
            data = b""
        wire.writer.write(data + CHUNKS[name] + SMUGGLED * 3)
        answer = await wire.response()
        assert answer.status == 400
        assert answer.fields[b"connection"] == b"close"
        assert await wire.rest() == b""
        await r.balanced()
        await r.until(lambda: not r.state.balancer.candidates[0].idle)
        head, _, body = recorder.seen.partition(END)
        assert b"smuggled" not in head
        assert body in (b"", b"3\r\nabc\r\n")


@pytest.mark.parametrize("upgrade", [b"websocket", b"h2c", b"TLS/1.2"])
async def test_what_follows_a_declined_upgrade_is_a_request_like_any_other(upgrade: bytes) -> None:
    recorder = Recorder()
    async with rig(await Pod(recorder).start(), concurrency=1) as r:
        wire = await r.connect()
        head = GET + b"Connection: upgrade, http2-settings\r\nUpgrade: " + upgrade
        await wire.send(
            head + b"\r\nHTTP2-Settings: AAAA" + END + b"GET /x HTTP/1.1\r\nHost: h" + END
        )
        assert (await wire.response()).status == 200
        assert (await wire.response()).status == 404, "matched, checked and refused by itself"
        assert recorder.seen.count(b"HTTP/1.1\r\n") == 1
        assert b"h2c" not in recorder.seen
        assert b"http2-settings" not in recorder.seen.lower()


async def test_the_host_of_an_absolute_target_counts() -> None:
    recorder = Recorder()
    async with rig(await Pod(recorder).start()) as r:
        wire = await r.connect()
        await wire.send(line(b"GET http://right.test" + PREFIX + b"/x?y HTTP/1.1"))
        assert (await wire.response()).status == 200
        assert recorder.seen.startswith(b"GET /x?y HTTP/1.1\r\nHost: right.test\r\n")
        assert b"X-Forwarded-Host: right.test\r\n" in recorder.seen


async def test_the_pod_sees_no_field_that_frames_but_ours() -> None:
    """Aliases that CGI-like applications would take for the real ones, and Connection's lists."""
    lines = [
        b"Content_Length: 50",
        b"Transfer_Encoding: chunked",
        b"Connection: content-length, transfer-encoding, host, x-secret, close",
        b"X-Secret: hop",
        b"Content-Length: 3",
        b"Keep-Alive: 5",
        b"Proxy-Connection: keep-alive",
        b"TE: gzip",
        b"Trailer: X",
        b"Proxy: evil",
    ]
    recorder = Recorder()
    async with rig(await Pod(recorder).start()) as r:
        wire = await r.connect()
        await wire.send(get(b"/", *lines, method=b"POST") + b"abc" + SMUGGLED)
        await r.until(lambda: recorder.seen.endswith(b"abc"))
        names = {part.partition(b":")[0].lower() for part in recorder.seen.split(b"\r\n")}
        assert {b"host", b"content-length"} <= names
        gone = {part.partition(b":")[0].lower() for part in lines} - {b"content-length"}
        assert not names & gone
        assert b"smuggled" not in recorder.seen


async def test_slow_bytes_of_a_refused_body_are_no_request() -> None:
    """A refusal leaves the connection in linger: whatever comes then is read away."""
    recorder = Recorder()
    async with rig(await Pod(recorder).start()) as r:
        wire = await r.connect()
        await wire.send(POST + b"Content-Length: 5\r\nContent-Length: 6" + END)
        assert (await wire.response()).status == 400
        for _ in range(3):
            wire.writer.write(SMUGGLED)
            await asyncio.sleep(0.01)
        assert await wire.rest() == b""
        await r.balanced()
        assert recorder.seen == b""
