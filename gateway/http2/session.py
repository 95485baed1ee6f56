"""The server's end of a connection of HTTP/2: frames in, streams opened, fed and ended (RFC 9113).

`Owner.open_stream` makes the connection of HTTP/1.1 that serves a stream. Everything that a client
can make grow is bounded: streams, bytes that wait in either direction, blocks of fields, and what
`Calm` counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gateway.http2 import checks, credit, frames
from gateway.http2.frames import (
    ACK,
    END_STREAM,
    ENHANCE_YOUR_CALM,
    PREFACE,
    PROTOCOL_ERROR,
    REFUSED_STREAM,
    SETTINGS,
    STREAM_CLOSED,
    WINDOW,
    ConnectionFaultError,
    Cutter,
    StreamFaultError,
)
from gateway.http2.mux import Mux
from gateway.http2.openings import Openings
from gateway.http2.requests import trailer_lines
from gateway.http2.stream import Stream

if TYPE_CHECKING:
    from gateway.http2.mux import Owner
    from gateway.limits import Limits

STREAMS: Final = 128
"""Requests at once on one connection."""
BACKLOG: Final = 64 * 1024
"""Bytes of frames without content that may wait for a client that reads nothing."""


class Session(Mux):
    """One connection's."""

    def __init__(self, owner: Owner, limits: Limits, key: bytes) -> None:
        """`key`: see `requests.opening`."""
        super().__init__(owner)
        self._cutter = Cutter()
        self._openings = Openings(limits, key)
        self._preface = PREFACE
        """What of it is still to come."""
        self._greeted = False
        """The client's first SETTINGS have come."""

    def begin(self) -> None:
        """Say what we take; to be sent before anything else (section 3.4)."""
        own = {
            frames.MAX_CONCURRENT_STREAMS: STREAMS,
            frames.INITIAL_WINDOW_SIZE: credit.OF_STREAM,
            frames.MAX_HEADER_LIST_SIZE: self._openings.longest,
            frames.ENABLE_CONNECT_PROTOCOL: 1,
        }
        self._outbox.put(frames.settings(own))
        self._outbox.put(frames.window_update(0, credit.OF_CONNECTION - WINDOW))
        self._plan()

    @property
    def late(self) -> bool:
        """The client has begun something that it must end in time: its preface, or a block."""
        return not self._greeted or self._openings.pending

    # -- what comes

    def receive(self, data: bytes) -> None:
        """Take bytes of the client."""
        if self.ended:
            return
        try:
            self._take(data)
        except ConnectionFaultError as fault:
            self._owner.broke_off()
            self.fail(fault)
            return
        self._hand_over()

    def _take(self, data: bytes) -> None:
        if self._preface:
            data = self._greet(data)
        for kind, flags, number, payload in self._cutter.feed(data):
            self._openings.check_order(kind)
            if not self._greeted and (kind != SETTINGS or flags & ACK):
                raise ConnectionFaultError(PROTOCOL_ERROR, "SETTINGS must come first")
            try:
                if kind < len(_TAKES):
                    _TAKES[kind](self, flags, number, payload)
                else:
                    self._calm.frame(self._owner.now)
            except StreamFaultError as fault:
                self._reset(number, fault.code)

    def _greet(self, data: bytes) -> bytes:
        """Take the preface off `data`."""
        expected = self._preface
        came = data[: len(expected)]
        if not expected.startswith(came):
            raise ConnectionFaultError(PROTOCOL_ERROR, "this is no preface of HTTP/2")
        self._preface = expected[len(came) :]
        return data[len(came) :]

    def _data(self, flags: int, number: int, payload: bytes) -> None:
        size = len(payload)
        self._credit.spend(size)
        stream = self.streams.known(number)
        content = frames.unpadded(flags, payload)
        if stream is None or stream.received:
            self._free(size)
            if stream is None and self.streams.forgives(number):
                return
            raise StreamFaultError(STREAM_CLOSED, "DATA after the end")
        padding = size - len(content)
        stream.owed += padding
        self._free(padding)
        self._credit.spend_of(stream, size)
        ended = bool(flags & END_STREAM)
        if content:
            self._calm.earn()
        elif not ended:
            self._calm.frame(self._owner.now)
        self._fresh.append(stream)
        stream.content(content, ended=ended)

    def _headers(self, flags: int, number: int, payload: bytes) -> None:
        if not number & 1:
            raise ConnectionFaultError(PROTOCOL_ERROR, "clients open streams of odd numbers")
        if self._openings.begin(flags, number, payload):
            self._block()

    def _continuation(self, flags: int, number: int, payload: bytes) -> None:
        if self._openings.go_on(flags, number, payload):
            self._block()

    def _block(self) -> None:
        """A block of fields is whole."""
        number = self._openings.number
        stream = self.streams.get(number)
        if stream is None and number > self.streams.last:
            self._open(number)
            return
        fields = self._openings.fields()
        if stream is None:
            self._late_block(number)
        elif stream.received:
            raise StreamFaultError(STREAM_CLOSED, "HEADERS after the end")
        elif not self._openings.ended:
            raise StreamFaultError(PROTOCOL_ERROR, "trailers that do not end the stream")
        else:
            self._fresh.append(stream)
            stream.trailers(trailer_lines(fields))

    def _late_block(self, number: int) -> None:
        """A block of a stream that is not open any more, or never was (section 5.1.1)."""
        if not self.streams.ended(number):
            raise ConnectionFaultError(PROTOCOL_ERROR, "numbers of streams must grow")
        if not self.streams.forgives(number):
            raise ConnectionFaultError(STREAM_CLOSED, "a stream that has ended")

    def _open(self, number: int) -> None:
        self.streams.last = number
        opening = self._openings.opening()
        if self._final or len(self.streams) >= STREAMS:
            raise StreamFaultError(REFUSED_STREAM, "no further stream is served")
        self._calm.earn()
        ended = self._openings.ended
        stream = Stream(
            number, self, opening, ended=ended, credit=credit.OF_STREAM, room=self._outbox.initial
        )
        self.streams[number] = stream
        stream.protocol = self._owner.open_stream(stream)
        self._fresh.append(stream)

    def _priority(self, flags: int, number: int, payload: bytes) -> None:
        del flags
        self._calm.frame(self._owner.now)
        checks.priority(number, payload)

    def _reset_came(self, flags: int, number: int, payload: bytes) -> None:
        del flags
        checks.reset(payload)
        stream = self.streams.known(number)
        if stream is None:
            self._calm.frame(self._owner.now)
            return
        self.streams.ends(number, by_us=False)
        self._drop(stream, ConnectionResetError("the client reset the stream"))
        self._owner.was_reset()
        self._calm.reset(self._owner.now)

    def _settings(self, flags: int, number: int, payload: bytes) -> None:
        self._calm.frame(self._owner.now)
        values = checks.settings(flags, number, payload)
        if values is None:
            return
        self._greeted = True
        if frames.INITIAL_WINDOW_SIZE in values:
            self._outbox.resized(values[frames.INITIAL_WINDOW_SIZE], self.streams.values())
        self._answer(frames.make(SETTINGS, ACK, 0))

    def _push_promise(self, flags: int, number: int, payload: bytes) -> None:
        del flags, number, payload
        raise ConnectionFaultError(PROTOCOL_ERROR, "clients push nothing")

    def _ping(self, flags: int, number: int, payload: bytes) -> None:
        answer = checks.ping(flags, number, payload)
        self._calm.frame(self._owner.now)
        if answer:
            self._answer(answer)

    def _goaway(self, flags: int, number: int, payload: bytes) -> None:
        """The client opens no further stream, and waits for the answers to those it has."""
        del flags
        checks.goaway(number, payload)
        self._calm.frame(self._owner.now)
        self.finish()

    def _window_update(self, flags: int, number: int, payload: bytes) -> None:
        del flags
        self._calm.frame(self._owner.now)
        stream = self.streams.known(number) if number else None
        count = checks.window_update(number, payload)
        if not number:
            self._outbox.granted(count, self.streams.values())
        elif stream is not None:
            self._outbox.granted_stream(count, stream)
        self._plan()

    def _answer(self, frame: bytes) -> None:
        """Acknowledge, unless the client does not read what it asks for."""
        self._outbox.put(frame)
        if self._outbox.backlog > BACKLOG:
            raise ConnectionFaultError(ENHANCE_YOUR_CALM, "answers are asked for, and not read")
        self._plan()

    def _reset(self, number: int, code: int) -> None:
        """A stream ends for what its client did wrong, which is bounded (CVE-2025-8671)."""
        stream = self._tell_reset(number, code)
        if stream is not None:
            self._drop(stream, ConnectionAbortedError("the client broke the rules of the stream"))
        self._owner.was_reset()
        self._calm.reset(self._owner.now)

    def lost(self, error: Exception | None) -> None:
        """The connection is gone, and all streams with it."""
        self._openings.forget()
        super().lost(error)


_TAKES: Final = (
    Session._data,
    Session._headers,
    Session._priority,
    Session._reset_came,
    Session._settings,
    Session._push_promise,
    Session._ping,
    Session._goaway,
    Session._window_update,
    Session._continuation,
)
"""By kind of frame."""
