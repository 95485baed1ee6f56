"""Whatever bytes a client sends, a session answers by rules, and keeps within its bounds."""

from __future__ import annotations

import asyncio
import random

import pytest
from hyperframe.frame import Frame

from gateway.http2.session import STREAMS, Session
from gateway.http2.stream import Stream
from gateway.limits import Limits
from tests.gateway.http2.peer import ACKNOWLEDGED, PREFACE, SETTINGS, block, fields, frame, headers
from tests.gateway.http2.test_conformance import FATAL, FINE, ONE_STREAM

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
SSE = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"


class Served(asyncio.Protocol):
    """Serves one stream as chance has it."""

    def __init__(self, stream: Stream, chance: random.Random) -> None:
        self.stream = stream
        self.chance = chance
        self.lost = False

    def data_received(self, data: bytes) -> None:
        assert not self.lost
        assert data
        what = self.chance.randrange(8)
        if what < 3:
            self.stream.write(OK)
            self.stream.close()
        elif what == 3 and not self.stream.answer.begun:
            self.stream.write(SSE)
        elif what == 4:
            self.stream.pause_reading()
        elif what == 5:
            self.stream.abort()
        elif what == 6:
            self.stream.close()

    def connection_lost(self, error: Exception | None) -> None:
        assert not self.lost
        self.lost = True


class Shell:
    """A connection without a socket."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.now = 0.0
        self.stalled = False
        self.planned = 0
        self.sent = bytearray()
        self.ended = False
        self.served: list[Served] = []
        self.session = Session(self, Limits(), b"key")

    def send(self, data: bytes) -> None:
        assert not self.ended
        self.sent += data

    def plan_flush(self) -> None:
        self.planned += 1

    def open_stream(self, stream: Stream) -> asyncio.Protocol:
        self.served.append(Served(stream, self.chance))
        return self.served[-1]

    def was_reset(self) -> None:
        pass

    def broke_off(self) -> None:
        pass

    def over(self) -> None:
        self.ended = True

    def turn(self) -> None:
        while self.planned:
            self.planned = 0
            self.session.flush()


def frames(data: bytes) -> list[Frame]:
    """What was sent, as others read it."""
    found = []
    view = memoryview(data)
    while view:
        one, size = Frame.parse_frame_header(view[:9])
        one.parse_body(view[9 : 9 + size])
        found.append(one)
        view = view[9 + size :]
    return found


POOL = [data for cases in (FATAL, ONE_STREAM) for _, data in cases.values()] + list(FINE.values())


def mutated(chance: random.Random) -> bytes:
    """Frames, some of them damaged."""
    data = bytearray(chance.choice(POOL))
    if chance.random() < 0.5:
        data += headers(chance.randrange(1, 60) | 1, block(fields()), chance.choice((4, 5)))
        kind, flags, number = chance.randrange(11), chance.randrange(256), chance.randrange(60)
        data += frame(kind, flags, number, chance.randbytes(4))
    for _ in range(chance.choice((0, 0, 0, 1, 3))):
        data[chance.randrange(len(data))] = chance.randrange(256)
    if chance.random() < 0.2:
        del data[chance.randrange(len(data)) :]
    return bytes(data)


@pytest.mark.parametrize("seed", range(300))
def test_any_bytes(seed: int) -> None:
    shell = Shell(seed)
    chance = shell.chance
    shell.session.begin()
    shell.session.receive(PREFACE + SETTINGS + ACKNOWLEDGED)
    for _ in range(40):
        shell.now += 0.01
        shell.stalled = chance.random() < 0.1
        shell.session.receive(mutated(chance))
        if chance.random() < 0.7:
            shell.turn()
        if chance.random() < 0.05:
            shell.session.leave()
        for one in shell.served:
            if not one.lost and chance.random() < 0.1:
                one.stream.resume_reading()
        assert len(shell.session.streams) <= STREAMS
    shell.stalled = False
    shell.turn()
    shell.session.lost(None)
    assert all(one.lost for one in shell.served)
    assert all(found is not None for found in frames(bytes(shell.sent)))
