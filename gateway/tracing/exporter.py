"""Traces on their way to the collector: kept in bounds, sent by a thread of OpenTelemetry's SDK.

A collector that is slow, away or broken costs no request anything: what does not fit is dropped
and counted, and the log says once that it is so, and once that it is over.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

from gateway.tracing.spans import spans
from shared.runtime.release import release

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from opentelemetry.sdk.trace import ReadableSpan

    from gateway.tracing.collector import Collector
    from gateway.tracing.trace import Trace

log = logging.getLogger(__name__)

CAPACITY: Final = 4096
"""Spans that wait or are on their way, of one process: some ten MiB."""
BATCH: Final = 512
PERIOD: Final = 1.0
"""Seconds after which what waits is sent, if a batch is not full sooner."""
TIMEOUT: Final = 5.0
"""Seconds that a batch may take, all its tries together."""
FLUSH: Final = 5.0
"""Seconds for what still waits when the gateway ends."""


class Exporter:
    """A `trace.Sink`; `random` answers n random bits. `sent` and `dropped` count spans."""

    def __init__(self, collector: Collector, instance: str, random: Callable[[int], int]) -> None:
        self._random = random
        self._resource = Resource.create(
            {
                "service.name": collector.service,
                "service.version": release(),
                "service.instance.id": instance,
            }
        )
        self._delivery = _Delivery(collector)
        self._taken = 0
        self._refused = 0
        self._processor = BatchSpanProcessor(
            self._delivery,
            max_queue_size=CAPACITY + BATCH,  # never reached: it would drop without a count
            schedule_delay_millis=PERIOD * 1000,
            max_export_batch_size=BATCH,
        )

    def take(self, trace: Trace) -> None:
        """Keep the spans of a request that has ended, all or none of them."""
        count = 1 + len(trace.phases)
        if self.waiting + count > CAPACITY:
            self._refused += count
            return
        self._taken += count
        random = self._random
        for span in spans(trace, self._resource, [random(64) or 1 for _ in trace.phases]):
            self._processor.on_end(span)

    @property
    def waiting(self) -> int:
        """Spans that the collector has not taken yet, and that are not lost."""
        return self._taken - self._delivery.sent - self._delivery.lost

    @property
    def sent(self) -> int:
        """Spans that the collector took."""
        return self._delivery.sent

    @property
    def dropped(self) -> int:
        """Spans that did not fit, or that the collector did not take."""
        return self._refused + self._delivery.lost

    async def close(self, seconds: float = FLUSH) -> None:
        """Send what waits, within so many seconds; what is left then is lost."""
        loop, ended = asyncio.get_running_loop(), asyncio.Event()

        def work() -> None:
            self._processor.shutdown()  # type: ignore[no-untyped-call]
            with suppress(RuntimeError):  # the loop has ended before it
                loop.call_soon_threadsafe(ended.set)

        # Not of the loop's own threads, whose end the process would wait for.
        threading.Thread(target=work, name="last spans", daemon=True).start()
        try:
            async with asyncio.timeout(seconds):
                await ended.wait()
        except TimeoutError:
            log.warning("%d spans did not reach the collector in time", self.waiting)
            self._delivery.shutdown()  # so that the thread ends, once it is answered


class _Delivery(SpanExporter):
    """Posts batches, counts what becomes of them, and says so when that changes."""

    def __init__(self, collector: Collector) -> None:
        self.sent = 0
        self.lost = 0
        self._endpoint = collector.endpoint
        self._failing = False
        self._complaint = _Complaint()
        self._exporter = OTLPSpanExporter(
            collector.endpoint, headers=dict(collector.headers), timeout=TIMEOUT
        )
        library = logging.getLogger(type(self._exporter).__module__)
        library.addHandler(self._complaint)
        library.propagate = False  # it would log each batch

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self._complaint.text = ""
        taken = False
        try:
            result = self._exporter.export(spans)
            taken = result is SpanExportResult.SUCCESS
        finally:
            if taken:
                self.sent += len(spans)
            else:
                self.lost += len(spans)
        self._tell(failing=not taken)
        return result

    def _tell(self, *, failing: bool) -> None:
        if failing and not self._failing:
            log.warning(
                "the collector of spans at %s does not take them, and they are lost until it does; "
                "check GATEWAY_TRACES and the collector. The exporter says: %s",
                self._endpoint,
                self._complaint.text or "nothing",
            )
        elif self._failing and not failing:
            log.info("the collector of spans at %s takes them again", self._endpoint)
        self._failing = failing

    def shutdown(self) -> None:
        self._exporter.shutdown()  # type: ignore[no-untyped-call]


class _Complaint(logging.Handler):
    """Keeps the first of what the library logs of each batch: the cause, before what it led to."""

    text = ""

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it."""
        self.text = self.text or record.getMessage()
