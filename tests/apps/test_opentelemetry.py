"""An instrumented application records its traces, with the sampler that all have by default.

That is `parentbased_always_on`: it records what has no parent, and else what its parent says
(https://opentelemetry.io/docs/specs/otel/trace/sdk/#parentbased).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import aiohttp

from tests.waiting import until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.apps.conftest import Start

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = "00f067aa0ba902b7"


async def test_traces_begin_in_the_application_or_go_on_from_the_client(
    start: Start, folder: Path
) -> None:
    url = await start(
        "opentelemetry", OTEL_TRACES_EXPORTER="console", OTEL_METRICS_EXPORTER="none",
        OTEL_LOGS_EXPORTER="none", OTEL_BSP_SCHEDULE_DELAY="50",
        OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_REQUEST="x-request-id",
    )  # fmt: skip
    async with aiohttp.ClientSession() as client:
        for case, traceparent in {
            "without a parent": None,
            "of a recorded trace": f"00-{TRACE}-{PARENT}-01",
            "of a trace that is not recorded": f"00-{TRACE}-{PARENT}-00",
            "the last": None,
        }.items():
            headers = {"X-Request-Id": case.replace(" ", "-")}
            if traceparent:
                headers["traceparent"] = traceparent
            async with client.get(url + "hello", headers=headers) as answer:
                assert answer.status == 200

    def spans() -> dict[str, Any]:
        return _by_request(_spans((folder / "opentelemetry.log").read_text()))

    await until(lambda: "the-last" in spans(), "the last span", period=0.05)
    found = spans()
    assert set(found) >= {"without-a-parent", "of-a-recorded-trace", "the-last"}
    assert "of-a-trace-that-is-not-recorded" not in found
    assert found["without-a-parent"]["parent_id"] is None
    joined = found["of-a-recorded-trace"]
    assert (joined["context"]["trace_id"], joined["parent_id"]) == (f"0x{TRACE}", f"0x{PARENT}")


def _spans(text: str) -> list[dict[str, Any]]:
    """The spans of the console exporter: objects of JSON between lines of the log."""
    decoder = json.JSONDecoder()
    found, at = [], text.find("\n{\n")
    while at >= 0:
        try:
            span, at = decoder.raw_decode(text, at + 1)
        except json.JSONDecodeError:  # half written
            break
        found.append(span)
        at = text.find("\n{\n", at - 1)
    return found


def _by_request(spans: list[dict[str, Any]]) -> dict[str, Any]:
    """Server spans by the request id they captured."""
    key = "http.request.header.x_request_id"
    return {span["attributes"][key][0]: span for span in spans if key in (span["attributes"] or {})}
