"""llhttp as the oracle: what we accept it accepts, and frames alike.

Heads and bodies are generated from a seed, mostly valid with one or two mutations, and fed whole,
split at a point, byte by byte, and pipelined. We may refuse what llhttp takes (we are stricter);
the reverse is smuggling.
"""

from __future__ import annotations

from random import Random
from typing import Any

import httptools
import pytest

from gateway.limits import Limits
from gateway.protocol.chunked import ChunkedBody
from gateway.protocol.framing import (
    LengthBody,
    check_coding,
    parse_length,
    response_length,
)
from gateway.protocol.http1 import (
    END,
    ProtocolError,
    fields,
    parse_request,
    parse_response,
    resolve_target,
    valid_host,
)
from gateway.routing.reply import Replies, prepare
from tests.gateway.mutations import chunks, cut, mutated

LIMITS = Limits()
CASES = 24_000


class Oracle:
    """What llhttp reads in a stream of requests."""

    def __init__(self) -> None:
        self.messages: list[tuple[bytes, bytes, list[tuple[bytes, bytes]], bytes]] = []
        self._fields: list[tuple[bytes, bytes]] = []
        self._url = b""
        self._body = b""
        self.parser: Any = httptools.HttpRequestParser(self)

    def on_message_begin(self) -> None:
        self._fields, self._url, self._body = [], b"", b""

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes | None) -> None:
        self._fields.append((name.lower(), (value or b"").rstrip(b" \t")))

    def on_headers_complete(self) -> None:
        self.fields = list(self._fields)

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        message = (self.parser.get_method(), self._url, self.fields, self._body)
        self.messages.append(message)

    def feed(self, pieces: list[bytes]) -> bool:
        try:
            for piece in pieces:
                self.parser.feed_data(piece)
        except httptools.HttpParserUpgrade:
            return True
        except httptools.HttpParserError:
            return False
        return True


def ours(data: bytes) -> list[tuple[bytes, bytes, list[tuple[bytes, bytes]], bytes]]:
    """The requests in `data` as the gateway frames them; raises ProtocolError."""
    messages = []
    while data:
        end = data.find(END) + 4
        if end < 4:
            break
        raw, data = data[:end], data[end:]
        head = parse_request(raw, LIMITS)
        if head.method not in METHODS:
            raise ProtocolError("llhttp has a list of methods; any token passes the gateway")
        special = fields(head.special)
        resolve_target(head.target, special, head.method)
        host = special.get(b"host", b"")
        if not valid_host(host) and (host or head.minor):
            raise ProtocolError("Host")
        length = head.varying.get(b"content-length")
        body: ChunkedBody | LengthBody
        if b"transfer-encoding" in special:
            check_coding(special[b"transfer-encoding"], head.minor)
            if length is not None:
                raise ProtocolError("both")
            body = ChunkedBody(bare=True)
        else:
            body = LengthBody(0 if length is None else parse_length(length))
        content = body.feed(data)
        if not body.done:
            break
        data = body.excess
        messages.append((head.method, head.target, listed(raw), content))
    return messages


def listed(raw: bytes) -> list[tuple[bytes, bytes]]:
    found = []
    for line in raw.split(b"\r\n")[1:-2]:
        name, _, value = line.partition(b":")
        found.append((name.lower(), value.strip(b" \t")))
    return found


METHODS = [b"GET", b"POST", b"PUT", b"DELETE", b"OPTIONS", b"HEAD", b"PATCH"]
TARGETS = [b"/", b"/a?b=c", b"/%2e%2e//;x", b"http://h.test/x", b"/" + b"a" * 300, b"/{}|^"]
FIELDS = [
    b"Accept: */*",
    b"Connection: keep-alive",
    b"X-Empty:",
    b"X-Spaces: \t a b \t",
    b"X-Obs: \xe9\xff",
    b"Cookie: a=b; c=d",
    b"Authorization: Basic eDp5",
    b"X-Colon: a:b:c",
    b"!#$%&'*+-.^_`|~1A: token",
    b"Content-Type: text/plain",
]


def request(random: Random) -> bytes:
    method = random.choice(METHODS)
    lines = [method + b" " + random.choice(TARGETS) + b" HTTP/1.1", b"Host: h.test"]
    lines += random.sample(FIELDS, random.randrange(4))
    body = random.randbytes(random.randrange(20))
    kind = random.randrange(3)
    if kind == 1:
        lines.append(b"Content-Length: %d" % len(body))
    elif kind == 2:
        lines.append(b"Transfer-Encoding: chunked")
        body = chunks(random, body)
    else:
        body = b""
    return b"\r\n".join(lines) + END + body


@pytest.mark.parametrize("seed", range(8))
def test_what_we_accept_llhttp_accepts_and_frames_alike(seed: int) -> None:
    random = Random(seed)
    accepted = 0
    for _ in range(CASES // 8):
        data = b"".join(
            mutated(random, request(random)) for _ in range(random.choice([1, 1, 2, 3]))
        )
        try:
            mine = ours(data)
        except ProtocolError:
            continue
        accepted += len(mine)
        oracle = Oracle()
        fine = oracle.feed(cut(random, data))
        assert fine or len(oracle.messages) >= len(mine), (data, mine)
        assert oracle.messages[: len(mine)] == mine, data
    assert accepted > CASES // 8 / 3


@pytest.mark.parametrize("seed", range(4))
def test_chunks_in_any_pieces_are_read_alike(seed: int) -> None:
    """Our own reader does not depend on how the bytes were cut."""
    random = Random(seed)
    for _ in range(1500):
        data = mutated(random, chunks(random, random.randbytes(random.randrange(30)))) + b"next"
        results = []
        for pieces in ([data], [data[at : at + 1] for at in range(len(data))], cut(random, data)):
            body = ChunkedBody()
            try:
                out = b"".join(body.feed(piece) if not body.done else b"" for piece in pieces)
            except ProtocolError:
                results.append((b"refused", False))
            else:
                results.append((out, body.done))
        assert results[0] == results[1] == results[2], data


class Answer:
    """What llhttp reads of one response head."""

    def __init__(self) -> None:
        self.fields: list[tuple[bytes, bytes]] = []
        self.done = False

    def on_header(self, name: bytes, value: bytes | None) -> None:
        self.fields.append((name.lower(), (value or b"").rstrip(b" \t")))

    def on_headers_complete(self) -> None:
        self.done = True


@pytest.mark.parametrize("seed", range(2))
def test_response_heads(seed: int) -> None:
    random = Random(seed)
    accepted = 0
    for _ in range(3000):
        status = random.choice([b"200 OK", b"404", b"500 ", b"302 Found here"])
        lines = [b"HTTP/1.%d %b" % (random.randrange(2), status)]
        lines += random.sample(FIELDS, random.randrange(5))
        data = mutated(random, b"\r\n".join(lines) + END)
        raw = data[: data.find(END) + 4]
        if not raw:
            continue
        try:
            # What is read in canonical form only, llhttp may refuse.
            response_length(parse_response(raw, LIMITS).special, 1)
            mine = prepare(raw, Replies(LIMITS, "gw"))
        except ProtocolError:
            continue
        accepted += 1
        answer = Answer()
        parser: Any = httptools.HttpResponseParser(answer)
        parser.feed_data(raw)
        assert answer.done
        assert parser.get_status_code() == mine.status
        assert answer.fields == listed(raw)
    assert accepted > 500
