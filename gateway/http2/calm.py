"""What a peer may do that costs more than it is good for: resets, pings, settings, empty frames.

Each thing that serves a request earns something, and time does; what serves none is paid from it.
Who cannot pay is told to calm down (RFC 9113, section 10.5), and loses the connection. So a client
that gives requests up, or asks whether the connection lives, does so as often as any real one,
while floods (CVE-2019-9511 to 9518, CVE-2023-44487, CVE-2025-8671) end within milliseconds. Pure.
"""

from __future__ import annotations

from typing import Final

from gateway.http2.frames import ENHANCE_YOUR_CALM, ConnectionFaultError

RESETS: Final = 200.0
"""Streams that may be reset at once, by the client or for what it did wrong."""
RESETS_RATE: Final = 20.0
"""How many more in each second; each answer that was brought to its end gives one more as well."""
FRAMES: Final = 1000.0
"""Frames that may come at once and serve no request: PING, SETTINGS, PRIORITY, WINDOW_UPDATE, those
without content, those of unknown kinds."""
FRAMES_RATE: Final = 100.0
"""How many more in each second."""
EARNED: Final = 4.0
"""How many more for each frame of content, in either direction, and for each request."""


class Calm:
    """What one peer has left. Times in monotonic seconds."""

    __slots__ = ("_frames", "_resets", "_since")

    def __init__(self, now: float) -> None:
        self._since = now
        self._frames = FRAMES
        self._resets = RESETS

    def earn(self) -> None:
        """A frame of content went or came, or a request."""
        self._frames += EARNED

    def answered(self) -> None:
        """A request was answered to its end."""
        self._resets += 1.0

    def frame(self, now: float) -> None:
        """A frame came that serves no request; raises ConnectionFaultError when it is one too
        many."""
        self._frames -= 1.0
        if self._frames < 0.0:
            self._refill(now)
            if self._frames < 0.0:
                raise ConnectionFaultError(ENHANCE_YOUR_CALM, "too many frames serve no request")
        elif self._frames > FRAMES:
            self._frames = FRAMES

    def reset(self, now: float) -> None:
        """A stream was reset by the peer, or for what it did; raises ConnectionFaultError."""
        self._resets = min(self._resets, RESETS) - 1.0
        if self._resets < 0.0:
            self._refill(now)
            if self._resets < 0.0:
                raise ConnectionFaultError(ENHANCE_YOUR_CALM, "too many streams are reset")

    def _refill(self, now: float) -> None:
        elapsed, self._since = now - self._since, now
        self._frames = min(self._frames + elapsed * FRAMES_RATE, FRAMES)
        self._resets = min(self._resets + elapsed * RESETS_RATE, RESETS)
