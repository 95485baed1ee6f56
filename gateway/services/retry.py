"""Whether a failed request may be tried again: only where that is provably safe.

Asked by the placement of a request. Pure.

RFC 9110, section 9.2.2; RFC 9112, section 9.3.1.
"""

from __future__ import annotations

from typing import Final

IDEMPOTENT: Final = frozenset({b"GET", b"HEAD", b"PUT", b"DELETE", b"OPTIONS"})
TRIES: Final = 3
"""Connections one request may use up."""


def may_retry(method: bytes, *, tries: int, sent: bool, answered: bool, replayable: bool) -> bool:
    """Whether a request that failed on one connection may go to another.

    `sent`: bytes of it may have reached a pod. `answered`: bytes of a response came. `replayable`:
    the gateway still has every byte of it that it took from the client.
    """
    if tries >= TRIES or answered or not replayable:
        return False
    return not sent or method in IDEMPOTENT


class Budget:
    """Retries as a share of requests, so that they cannot multiply an overload.

    Each request earns `ratio` of a retry; at most `burst` are saved up, which is also the start: as
    many as one pod may have in flight when it ends, for they all fail in one instant.
    """

    __slots__ = ("_burst", "_ratio", "_saved", "_seen")

    def __init__(self, ratio: float, burst: float = 100.0) -> None:
        self._ratio = ratio
        self._burst = burst
        self._saved = burst
        self._seen = 0

    def spend(self, requests: int) -> bool:
        """Take one retry; False when the budget is used up.

        `requests` is how many there were so far: what they earned is added now, so that a request
        that succeeds pays nothing for this.
        """
        earned = self._ratio * (requests - self._seen)
        self._seen = requests
        self._saved = min(self._burst, self._saved + earned)
        if self._saved < 1.0:
            return False
        self._saved -= 1.0
        return True
