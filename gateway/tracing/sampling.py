"""Which requests are recorded: those whose caller records, and a share of those without a caller.

As OpenTelemetry's `parentbased_traceidratio` decides
(https://opentelemetry.io/docs/specs/otel/trace/sdk/#parentbased); written here because every
request asks, and most are not recorded. Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from gateway.protocol.trace_context import RANDOM, SAMPLED

if TYPE_CHECKING:
    from collections.abc import Callable

    from gateway.protocol.trace_context import Parent

_LOW: Final = (1 << 64) - 1
"""The bits of a trace's number that decide, as in OpenTelemetry's `TraceIdRatioBased`, so that all
who take the same share take the same traces."""


class Identity(NamedTuple):
    """The numbers of a span that is recorded."""

    trace: int
    span: int
    flags: int
    parent: Parent | None


class Sampler:
    """Records the share `ratio` (0 to 1) of traces that begin here; `random` answers n random
    bits."""

    __slots__ = ("_bound", "_random")

    def __init__(self, ratio: float, random: Callable[[int], int]) -> None:
        self._bound = round(ratio * (_LOW + 1))
        self._random = random

    def identity(self, parent: Parent | None) -> Identity | None:
        """Of a request's span, if it is recorded; what the `parent` decided holds."""
        random = self._random
        if parent is None:
            trace = random(128)
            if trace & _LOW >= self._bound:
                return None
            return Identity(trace or 1, random(64) or 1, SAMPLED | RANDOM, None)
        if not parent.sampled:
            return None
        return Identity(parent.trace, random(64) or 1, parent.flags & RANDOM | SAMPLED, parent)
