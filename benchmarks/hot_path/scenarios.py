"""What is asked and answered: each scenario is a function that does one request, bytes to bytes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any, Final

from benchmarks.hot_path.clients import CLIENTS, PATH, head

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.hot_path.rig import Rig

    One = Callable[[int], None]
    """Does a request; takes its number."""

TOKEN: Final = b"0123456789abcdef" * 4
OK: Final = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
HELLO: Final = OK + b"Content-Length: 5\r\n\r\nhello"
LINES: Final = (
    b"Host: gateway.test\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\n"
    b"Accept: application/json\r\nAccept-Encoding: gzip, deflate\r\n"
    b"X-Request-Id: 0123456789abcdef\r\n"
)
GET: Final = b"GET " + PATH + b" HTTP/1.1\r\n" + LINES + b"\r\n"
BODY: Final = b"x" * 1024
POST: Final = b"POST " + PATH + b" HTTP/1.1\r\n" + LINES + b"Content-Length: 1024\r\n\r\n"
PIECE: Final = b"y" * 65536
PIECES: Final = 16
"""Of 64 KiB, as sockets are read: 1 MiB."""
EVENT: Final = b"data: 0123456789abcdef\n\n"
EVENTS: Final = 100
FIFTY: Final = 50
LENGTHS: Final = 5003
"""Different ones: more than are remembered."""
UPGRADE: Final = (
    b"GET " + PATH + b" HTTP/1.1\r\n" + LINES + b"Connection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
SWITCHED: Final = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
)
FRAME: Final = b"\x82\x7e\x00\x80" + b"z" * 128


def plain(rig: Rig) -> One:
    """A request on a connection that is kept, answered in one piece."""
    return _asking(rig, GET, HELLO)


def new_head(rig: Rig) -> One:
    """A field's value was never seen; all else was."""
    return _varying(rig, lambda number: b"%bX-Number: %d\r\n\r\n" % (GET[:-2], number))


def new_path(rig: Rig) -> One:
    """A path and a query that were never seen."""
    line, rest = GET.split(b" HTTP", 1)
    return _varying(rig, lambda number: b"%bitems/%d?page=%d HTTP%b" % (line, number, number, rest))


def new_length(rig: Rig) -> One:
    """A body of another length each time."""
    start = POST.partition(b"1024")[0]

    def made(number: int) -> bytes:
        size = 1 + number % len(BODY)
        return b"%b%d\r\n\r\n%b" % (start, size, BODY[:size])

    return _varying(rig, made)


def clients(rig: Rig) -> One:
    """Bodies as six kinds of clients send them, in turn on one connection."""

    def made(number: int) -> bytes:
        size = 1 + number % len(BODY)
        return head(CLIENTS[number % len(CLIENTS)], number, size) + BODY[:size]

    return _varying(rig, made)


def strange(rig: Rig) -> One:
    """A head of which nothing was seen before: fields, values and path."""
    run = next(_RUNS)

    def made(number: int) -> bytes:
        start = b"GET %b%d HTTP/1.1\r\nHost: h\r\n" % (PATH, number)
        fields = (b"X-%d-%d-%d: %d\r\n" % (n, run, number, number * n) for n in range(8))
        return b"%b%b\r\n" % (start, b"".join(fields))

    return _varying(rig, made)


_RUNS: Final = count()
"""Names of fields are known to the whole process: no run has those of another."""


def lengths(rig: Rig) -> One:
    """As the first, each answer of another length."""
    ask, answer = rig.client.protocol.data_received, rig.pod.protocol.data_received
    answers = [
        OK + b"Content-Length: %d\r\n\r\n" % length + b"hello".ljust(length, b"!")
        for length in range(100, 100 + LENGTHS)
    ]

    def one(number: int) -> None:
        ask(GET)
        answer(answers[number % LENGTHS])

    return one


def token(rig: Rig) -> One:
    """A request with credentials, for a service that asks for them."""
    return _asking(rig, GET[:-2] + b"Authorization: Bearer " + TOKEN + b"\r\n\r\n", HELLO)


def post(rig: Rig) -> One:
    """A body of 1 KiB that comes with its head."""
    return _asking(rig, POST + BODY, HELLO)


def upload(rig: Rig) -> One:
    """A body of 1 KiB that comes after its head."""
    ask, answer = rig.client.protocol.data_received, rig.pod.protocol.data_received

    def one(_: int) -> None:
        ask(POST)
        ask(BODY)
        answer(HELLO)

    return one


def download(rig: Rig) -> One:
    """An answer of 1 MiB in pieces of 64 KiB."""
    head = OK + b"Content-Length: %d\r\n\r\n" % (PIECES * len(PIECE))
    return _asking(rig, GET, head, *[PIECE] * PIECES)


def events(rig: Rig) -> One:
    """An answer of a hundred events, a chunk each."""
    chunk = b"%x\r\n%b\r\n" % (len(EVENT), EVENT)
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    return _asking(rig, GET, head, *[chunk] * EVENTS, b"0\r\n\r\n")


def tunnel(rig: Rig) -> One:
    """A message through a WebSocket, there and back."""
    ask, answer = rig.client.protocol.data_received, rig.pod.protocol.data_received
    ask(UPGRADE)
    answer(SWITCHED)

    def one(_: int) -> None:
        ask(FRAME)
        answer(FRAME)

    return one


def queued(rig: Rig) -> One:
    """Two requests of two clients for a pod that takes one: the second waits for its slot."""
    ask, answer = rig.client.protocol.data_received, rig.pod.protocol.data_received
    other = rig.another()

    def one(_: int) -> None:
        ask(GET)
        other.protocol.data_received(GET)
        answer(HELLO)
        answer(HELLO)

    return one


def refused(rig: Rig) -> One:
    """A service that does not exist: the gateway answers itself."""
    return _asking(rig, GET.replace(b"/echo/", b"/none/"))


def unrecorded(rig: Rig) -> One:
    """As the first, in a gateway that records spans, but not of this request."""
    return _asking(rig, GET, HELLO)


def recorded(rig: Rig) -> One:
    """As the first, recorded: its spans are made."""
    return _asking(rig, GET, HELLO)


def exported(rig: Rig) -> One:
    """Fifty that are recorded, and their spans as the collector gets them."""
    one, kept = _asking(rig, GET, HELLO), rig.kept
    assert kept is not None

    def fifty(number: int) -> None:
        for _ in range(FIFTY):
            one(number)
        kept.encode()

    return fifty


MADE: Final = 4096
"""Requests that are made beforehand, so that making them is not measured."""


def _varying(rig: Rig, made: Callable[[int], bytes]) -> One:
    """Requests that differ by their number."""
    ask, answer = rig.client.protocol.data_received, rig.pod.protocol.data_received
    ready = {number: made(number) for number in range(-MADE // 4, MADE)}

    def one(number: int) -> None:
        ask(ready.get(number) or made(number))
        answer(HELLO)

    return one


def _asking(rig: Rig, request: bytes, *pieces: bytes) -> One:
    ask, answer = rig.client.protocol.data_received, rig.pod.protocol.data_received

    def one(_: int) -> None:
        ask(request)
        for piece in pieces:
            answer(piece)

    return one


@dataclass(frozen=True)
class Scenario:
    """`asked` and `answered`: how often each pattern is in what the pod and the client get of one
    request, so that a request which went wrong is not measured."""

    begin: Callable[[Rig], One]
    share: float = 1.0
    """Of the number of requests asked for: what is slower is repeated less."""
    spec: dict[str, Any] = field(default_factory=dict)
    ratio: float | None = None
    """Share of requests that are recorded as spans; None: the gateway records none."""
    asked: tuple[bytes, int] = (b"GET / HTTP/1.1\r\n", 1)
    answered: tuple[bytes, int] = (b"hello", 1)

    @property
    def summary(self) -> str:
        """What it is, in a line."""
        return (self.begin.__doc__ or "").split("\n")[0]


_GUARDED: Final = {"set_auth": True, "digest": hashlib.sha256(TOKEN).digest()}
SCENARIOS: Final = {
    "get": Scenario(plain),
    "new head": Scenario(new_head),
    "new path": Scenario(new_path, asked=(b"GET /items/", 1)),
    "new length": Scenario(new_length, asked=(b"POST / HTTP/1.1\r\n", 1)),
    "clients": Scenario(clients, asked=(b"POST /", 1)),
    "strange": Scenario(strange, 0.3, asked=(b"X-7-", 1)),
    "lengths": Scenario(lengths),
    "token": Scenario(token, spec=_GUARDED),
    "post": Scenario(post, asked=(BODY, 1)),
    "upload": Scenario(upload, 0.5, asked=(BODY, 1)),
    "download": Scenario(download, 0.1, answered=(PIECE, PIECES)),
    "events": Scenario(events, 0.05, answered=(EVENT, EVENTS)),
    "tunnel": Scenario(tunnel, asked=(FRAME, 1), answered=(FRAME, 1)),
    "queued": Scenario(
        queued, 0.3, {"concurrency": 1}, asked=(b"GET / HTTP/1.1\r\n", 2), answered=(b"hello", 1)
    ),
    "unrecorded": Scenario(unrecorded, ratio=0.0),
    "recorded": Scenario(recorded, ratio=1.0, asked=(b"traceparent: 00-", 1)),
    "exported": Scenario(
        exported, 0.02, ratio=1.0, asked=(b"traceparent: 00-", FIFTY), answered=(b"hello", FIFTY)
    ),
    "refused": Scenario(refused, 0.1, asked=(b"GET", 0), answered=(b"HTTP/1.1 404 ", 1)),
}
