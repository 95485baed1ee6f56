"""The recording of requests as spans, for one process; nothing, if no collector is named."""

from __future__ import annotations

from random import getrandbits
from typing import TYPE_CHECKING

from gateway.dataplane.traced import Tracer
from gateway.tracing.sampling import Sampler

if TYPE_CHECKING:
    from gateway.tracing.collector import Collector
    from gateway.tracing.exporter import Exporter


class Traces:
    """`tracer` follows requests, and is None if none is recorded; `instance` names the process."""

    def __init__(self, collector: Collector | None, instance: str) -> None:
        self.tracer: Tracer | None = None
        self._exporter: Exporter | None = None
        if collector is not None:
            from gateway.tracing.exporter import Exporter  # its packages are not everywhere

            self._exporter = Exporter(collector, instance, getrandbits)
            self.tracer = Tracer(Sampler(collector.ratio, getrandbits), self._exporter)

    def numbers(self) -> dict[str, int]:
        """What became of the spans."""
        if self._exporter is None:
            return {}
        return {"spans_sent": self._exporter.sent, "spans_dropped": self._exporter.dropped}

    async def close(self) -> None:
        """Send what waits, for a bounded time; called when no request is left."""
        if self._exporter is not None:
            await self._exporter.close()
