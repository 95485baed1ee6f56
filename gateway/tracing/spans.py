"""Traces as spans of OpenTelemetry's SDK: one for the request, and one below it for each phase.

They are made when the request has ended, as finished spans. A tracer of the SDK, which follows each
span from its beginning, would take nine times as long for the same ones, in the time of requests.
"""

from __future__ import annotations

from typing import Final

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, SpanKind, TraceFlags, TraceState
from opentelemetry.trace.status import Status, StatusCode

from gateway.tracing import attributes
from gateway.tracing.trace import Trace

_SCOPE: Final = InstrumentationScope("gateway")
_UNSET: Final = Status(StatusCode.UNSET)
_ERROR: Final = Status(StatusCode.ERROR)


def spans(trace: Trace, resource: Resource, phases: list[int]) -> list[ReadableSpan]:
    """Those of a request that has ended; `phases` are the numbers of the spans of its phases."""
    identity, epoch = trace.identity, trace.epoch
    parent = identity.parent
    flags = TraceFlags(identity.flags)
    state = TraceState.from_header([parent.state]) if parent is not None and parent.state else None
    own = SpanContext(identity.trace, identity.span, False, flags, state)
    above = None
    if parent is not None:
        above = SpanContext(parent.trace, parent.span, True, TraceFlags(parent.flags), state)
    request = ReadableSpan(
        trace.name,
        own,
        above,
        resource,
        trace.attributes,
        kind=SpanKind.SERVER,
        status=_ERROR if trace.failed else _UNSET,
        instrumentation_scope=_SCOPE,
        start_time=_at(trace.began, epoch),
        end_time=_at(trace.ended, epoch),
    )
    below = [
        ReadableSpan(
            phase.name,
            SpanContext(identity.trace, number, False, flags),
            own,
            resource,
            attributes.of_phase(phase),
            status=_ERROR if phase.error and trace.failed else _UNSET,
            instrumentation_scope=_SCOPE,
            start_time=_at(phase.began, epoch),
            end_time=_at(phase.ended, epoch),
        )
        for number, phase in zip(phases, trace.phases, strict=True)
    ]
    return [request, *below]


def _at(moment: float, epoch: int) -> int:
    """Unix nanoseconds of monotonic seconds."""
    return epoch + int(moment * 1e9)
