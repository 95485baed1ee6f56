"""Which trace a request belongs to: `traceparent` and `tracestate` (W3C Trace Context, Level 2).

What is malformed is no parent, as the standard has it (section 4.3), and leads to a new trace; its
`tracestate` means nothing then. Pure.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from gateway.protocol import headers

SAMPLED: Final = 0x01
RANDOM: Final = 0x02
"""The trace's number is random, so that shares of traces can be chosen by it."""

_VALID: Final = re.compile(r"(?!ff)([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_PARENTS: Final = re.compile(rb"(?<=\r\n)traceparent:[^\r]*\r\n", re.IGNORECASE)
_STATES: Final = re.compile(rb"(?<=\r\n)tracestate:[^\r]*\r\n", re.IGNORECASE)


class Parent(NamedTuple):
    """The span of the caller."""

    trace: int
    span: int
    flags: int
    state: str = ""
    """The value of `tracestate`, which belongs to others."""

    @property
    def sampled(self) -> bool:
        """The caller records its part of the trace."""
        return bool(self.flags & SAMPLED)


UNREAD: Final = Parent(0, 0, 0)
"""Nobody has looked yet; no parent has these numbers."""


def parent(head: bytes) -> Parent | None:
    """What the fields of a request's head name; None when they name nothing valid."""
    found = _VALID.fullmatch(headers.value(head, b"traceparent").rstrip())
    if found is None or (found[1] == "00" and found[5]):
        return None
    trace, span = int(found[2], 16), int(found[3], 16)
    if not trace or not span:
        return None
    return Parent(trace, span, int(found[4], 16), headers.value(head, b"tracestate"))


def traceparent(trace: int, span: int, flags: int) -> bytes:
    """The line that names a span."""
    return b"traceparent: 00-%032x-%016x-%02x\r\n" % (trace, span, flags)


def handed_on(head: bytes, after: bytes, line: bytes, *, keep_state: bool) -> bytes:
    """The `head` of a request to a pod, with `line` in place of the caller's `traceparent`, behind
    the first lines, which end in `after`."""
    if b"\ntrace" in head.lower():
        head = _PARENTS.sub(b"", head)
        if not keep_state:
            head = _STATES.sub(b"", head)
    return head.replace(after, after + line, 1)
