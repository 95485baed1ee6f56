"""A gateway that records requests as spans, without a thread and a collector.

What `gateway.tracing` does in the time of a request is done; what its thread does beside that is
done when `Kept.encode` is called, so that both can be measured.
"""

from __future__ import annotations

from importlib import import_module
from random import getrandbits
from typing import Any

from benchmarks.hot_path.found import found


class Kept:
    """Takes traces as the exporter does, and keeps their spans."""

    def __init__(self) -> None:
        resources = import_module("opentelemetry.sdk.resources")
        self._spans = import_module("gateway.tracing.spans").spans
        self._encode = import_module("opentelemetry.exporter.otlp.proto.common.trace_encoder")
        self._resource = resources.Resource.create({"service.name": "gateway"})
        self.spans: list[Any] = []

    def take(self, trace: Any) -> None:
        """Make the spans of a request."""
        if len(self.spans) >= 512:
            self.spans.clear()
        numbers = [getrandbits(64) for _ in trace.phases]
        self.spans += self._spans(trace, self._resource, numbers)

    def encode(self) -> bytes:
        """What a collector would be sent."""
        body: bytes = self._encode.encode_spans(self.spans).SerializePartialToString()
        self.spans.clear()
        return body


def tracer(ratio: float, sink: Kept) -> Any:
    """What a gateway is given that records the share `ratio`."""
    return found("Tracer")(found("Sampler")(ratio, getrandbits), sink)
