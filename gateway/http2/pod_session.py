"""What the frames of a pod mean: streams, their heads and contents, windows, and what it states.

No I/O: what is to be sent is queued, and what is broken raises; `pod_connection` has the socket.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Final

from gateway.http2 import checks, frames
from gateway.http2.assembly import Assembly
from gateway.http2.blocks import FORGET_TABLE
from gateway.http2.frames import ConnectionFaultError
from gateway.http2.pod_head import Heads
from gateway.http2.pod_stream import PodStream, UnprocessedError
from gateway.protocol.http1 import ProtocolError

STREAMS: Final = 1000
"""Exchanges on one connection, where the pod does not say that it takes fewer."""
LARGEST_FRAME: Final = 64 * 1024
"""Bytes in a frame to a pod that takes so many."""
CONTINUATIONS: Final = 63
"""Frames in which a head may come, beside the first."""


class PodSession(ABC):
    """The streams of one connection to a pod."""

    def __init__(self, heads: Heads, window: int, *, grpc: bool) -> None:
        self._heads = heads
        self.window = window
        self.grpc = grpc
        self.streams: dict[int, PodStream] = {}
        self._told: dict[PodStream, None] = {}
        """Those that have something to deliver."""
        self._blocked: dict[PodStream, None] = {}
        """Those that wait for room, in the order of coming."""
        self._assembly = Assembly(heads.most, CONTINUATIONS)
        self.stalled = False
        """The pod does not take what is written to it."""
        self.queued = 0
        """Bytes of content that have not been written yet."""
        self._next = 1
        self._most = STREAMS
        self._first_window = frames.WINDOW
        self._sending = frames.WINDOW
        """Bytes of content that may be sent, of all streams."""
        self._largest = frames.FRAME
        self._owed = 0
        """Bytes of content that came and that the pod may not send others for yet."""

    @abstractmethod
    def send(self, data: bytes, content: int = 0) -> None:
        """Send frames with so many bytes of content."""

    @abstractmethod
    def settled(self) -> None:
        """The pod has stated how it wants to be spoken to."""

    @abstractmethod
    def retire(self) -> None:
        """Begin no more streams."""

    @abstractmethod
    def emptied(self) -> None:
        """The last stream is over."""

    # -- what streams ask for

    @property
    def room(self) -> int:
        """Bytes of content that may be sent now, in one frame, whichever stream they are of."""
        full = self.stalled or self.queued >= self.window
        return 0 if full else min(self._sending, self._largest)

    @property
    def has_room(self) -> bool:
        """It takes another stream."""
        return len(self.streams) < self._most and self._next < frames.LAST

    @property
    def used(self) -> bool:
        """It has had streams."""
        return self._next > 1

    def begin(self, stream: PodStream, block: bytes, *, end: bool) -> None:
        """Send HEADERS: the stream gets its number and its window."""
        if not self.used:
            block = FORGET_TABLE + block
        stream.number = self._next
        stream.window = self._first_window
        self._next += 2
        self.streams[stream.number] = stream
        flags = frames.END_STREAM if end else 0
        self.send(frames.header_frames(stream.number, block, flags, self._largest))

    def blocked(self, stream: PodStream) -> None:
        """The stream has bytes to send for which the connection has no room."""
        self._blocked[stream] = None

    def over(self, stream: PodStream) -> None:
        """Nothing more of the stream is of interest."""
        self._blocked.pop(stream, None)
        self._told.pop(stream, None)
        if self.streams.pop(stream.number, None) is not None and not self.streams:
            self.emptied()

    # -- what the pod says

    def take(self, kind: int, flags: int, number: int, payload: bytes) -> None:
        """A frame came; raises ConnectionFaultError."""
        self._assembly.check_order(kind)
        if kind == frames.DATA:
            self._content(flags, number, payload)
        elif kind == frames.HEADERS:
            if self._assembly.begin(flags, number, payload):
                self._head()
        elif kind == frames.CONTINUATION:
            if self._assembly.go_on(flags, number, payload):
                self._head()
        elif kind == frames.RST_STREAM:
            self._was_reset(number, payload)
        elif kind == frames.SETTINGS:
            self._settings(flags, number, payload)
        elif kind == frames.PING:
            self._ping(flags, number, payload)
        elif kind == frames.GOAWAY:
            self._goaway(number, payload)
        elif kind == frames.WINDOW_UPDATE:
            self._more_room(number, payload)
        elif kind == frames.PUSH_PROMISE:
            raise ConnectionFaultError(frames.PROTOCOL_ERROR, "a promise that nobody asked for")

    def deliver(self) -> None:
        """Hand over what has come: all at once what came at once."""
        told, self._told = self._told, {}
        for stream in told:
            stream.deliver()

    # -- frames of a stream

    def _content(self, flags: int, number: int, payload: bytes) -> None:
        self._owed += len(payload)
        if self._owed > frames.LARGEST_WINDOW // 2:
            self.send(frames.window_update(0, self._owed))
            self._owed = 0
        data = frames.unpadded(flags, payload)
        stream = self._find(number)
        if stream is None:
            return
        if not stream.answering or stream.ended:
            self._spoil(stream, frames.PROTOCOL_ERROR, "content where none may be")
        elif not stream.received(data, len(payload)):
            self._spoil(stream, frames.FLOW_CONTROL_ERROR, "more content than may be")
        else:
            self._told[stream] = None
            if flags & frames.END_STREAM:
                stream.finish()

    def _find(self, number: int) -> PodStream | None:
        """The stream; None if it is over. Raises ConnectionFaultError if it never began."""
        if number >= self._next or not number % 2:
            raise ConnectionFaultError(frames.PROTOCOL_ERROR, f"stream {number} was not begun")
        return self.streams.get(number)

    def _spoil(self, stream: PodStream, code: int, detail: str) -> None:
        """The pod broke the protocol on one stream."""
        self.send(frames.reset(stream.number, code))
        stream.lose(ConnectionError(f"not valid HTTP/2: {detail}"))

    def _head(self) -> None:
        """A block of fields is whole."""
        stream = self._find(self._assembly.number)
        block, ended = self._assembly.block(), self._assembly.ended
        head_only = stream is not None and stream.head_only
        try:
            head = self._heads.read(block, ended=ended, head_only=head_only)
        except ProtocolError as error:
            if stream is not None:
                self._spoil(stream, frames.PROTOCOL_ERROR, error.detail)
            return
        if stream is None:
            return
        self._told[stream] = None
        if stream.ended or (head.status > 0 if stream.answering else not head.status):
            self._spoil(stream, frames.PROTOCOL_ERROR, "a head where none may be")
        elif ended != (head.status == 0) and head.status < 200:
            self._spoil(stream, frames.PROTOCOL_ERROR, "an end where none may be")
        elif head.status:
            stream.headed(head)
            if ended:
                stream.finish()
        else:
            stream.finish(head.text)

    def _was_reset(self, number: int, payload: bytes) -> None:
        checks.reset(payload)
        code = frames.code_of(payload)
        stream = self._find(number)
        if stream is None:
            return
        if stream.whole:  # it needs no more of the request
            stream.sent = stream.ended = True
            self._told[stream] = None
        elif code == frames.REFUSED_STREAM:
            stream.lose(UnprocessedError("it refused the stream"))
        else:
            stream.lose(ConnectionError(f"it reset the stream: {named(code)}"))

    # -- frames of the connection

    def _settings(self, flags: int, number: int, payload: bytes) -> None:
        values = checks.settings(flags, number, payload)
        if values is None:
            return
        for name, value in values.items():
            if name == frames.MAX_CONCURRENT_STREAMS:
                self._most = min(value, STREAMS)
            elif name == frames.MAX_FRAME_SIZE:
                self._largest = min(value, LARGEST_FRAME)
            elif name == frames.INITIAL_WINDOW_SIZE:
                more, self._first_window = value - self._first_window, value
                for stream in list(self.streams.values()):
                    self._widen(stream, more)
        self.send(frames.make(frames.SETTINGS, frames.ACK, 0))
        self.settled()

    def _ping(self, flags: int, number: int, payload: bytes) -> None:
        answer = checks.ping(flags, number, payload)
        if answer:
            self.send(answer)

    def _goaway(self, number: int, payload: bytes) -> None:
        """The pod takes no more streams, and has not looked at those above the last it names."""
        checks.goaway(number, payload)
        last = frames.word(payload)
        self.retire()
        for number, stream in list(self.streams.items()):
            if number > last:
                stream.lose(UnprocessedError("it ends the connection"))
        if not self.streams:
            self.emptied()

    def _more_room(self, number: int, payload: bytes) -> None:
        checks.sized(payload, 4, "WINDOW_UPDATE")
        count = frames.word(payload)
        if number:
            stream = self._find(number)
            if stream is not None:
                self._widen(stream, count)
            return
        self._sending += count
        if not count or self._sending > frames.LARGEST_WINDOW:
            raise ConnectionFaultError(frames.FLOW_CONTROL_ERROR, "a window that cannot be")
        self.pump()

    def _widen(self, stream: PodStream, count: int) -> None:
        stream.window += count
        if stream.window > frames.LARGEST_WINDOW:
            self._spoil(stream, frames.FLOW_CONTROL_ERROR, "a window that cannot be")
        elif count > 0:
            stream.flush()

    def pump(self) -> None:
        """Let streams that wait for room send, a frame each in turn."""
        while self._blocked and self.room > 0:
            stream = next(iter(self._blocked))
            del self._blocked[stream]
            stream.flush(1)


_CODES: Final = (
    "NO_ERROR", "PROTOCOL_ERROR", "INTERNAL_ERROR", "FLOW_CONTROL_ERROR", "SETTINGS_TIMEOUT",
    "STREAM_CLOSED", "FRAME_SIZE_ERROR", "REFUSED_STREAM", "CANCEL", "COMPRESSION_ERROR",
    "CONNECT_ERROR", "ENHANCE_YOUR_CALM", "INADEQUATE_SECURITY", "HTTP_1_1_REQUIRED",
)  # fmt: skip


def named(code: int) -> str:
    """The name of an error code (RFC 9113, section 7)."""
    return _CODES[code] if code < len(_CODES) else f"error {code:#x}"
