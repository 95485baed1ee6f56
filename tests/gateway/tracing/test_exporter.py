"""Collectors that are slow, away or broken: nothing waits for them, and what is lost is counted."""

from __future__ import annotations

import threading
from contextlib import asynccontextmanager
from random import getrandbits
from typing import TYPE_CHECKING

import pytest

from gateway.tracing import exporter
from gateway.tracing.collector import Collector
from gateway.tracing.exporter import CAPACITY, Exporter
from gateway.tracing.sampling import Identity
from gateway.tracing.trace import Trace
from tests.gateway.harness import Pod, echo, get
from tests.gateway.tracing.collector import PATIENCE, CollectorServer, followed
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@asynccontextmanager
async def exporting(url: str, *headers: tuple[str, str]) -> AsyncIterator[Exporter]:
    made = Exporter(Collector(url + "/v1/traces", 1.0, "gateway", headers), "one", getrandbits)
    yield made
    await made.close(PATIENCE)


def ended(number: int = 1) -> Trace:
    """The trace of a request without phases."""
    trace = Trace(Identity(number, 2, 3, None), 1.0, 0)
    trace.name = "GET"
    trace.end("", 2.0)
    return trace


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the log has of us; pytest shows what goes nowhere as well."""
    return [one.getMessage() for one in caplog.records if one.name == exporter.__name__]


async def test_spans_leave_without_being_asked_for_and_are_counted() -> None:
    async with CollectorServer.started() as server, exporting(server.url) as sending:
        sending.take(ended())
        await server.took(1)
        await until(lambda: sending.sent == 1, "the collector's answer")
        assert (sending.waiting, sending.dropped) == (0, 0)


async def test_what_waits_is_sent_at_the_end() -> None:
    async with CollectorServer.started() as server:
        async with exporting(server.url) as sending:
            for number in range(1, 1501):
                sending.take(ended(number))
        assert len(server.spans) == 1500
        assert (sending.sent, sending.waiting) == (1500, 0)


async def test_the_fields_of_the_file_go_to_the_collector(caplog: pytest.LogCaptureFixture) -> None:
    async with CollectorServer.started() as server:
        server.status = 401
        async with exporting(server.url, ("Authorization", "Bearer secret")) as sending:
            sending.take(ended())
        assert server.posts[0][0]["Authorization"] == "Bearer secret"
        assert "401" in caplog.text
        assert "secret" not in caplog.text


async def test_a_collector_that_is_away_is_told_once_and_so_is_its_return(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level("INFO")
    monkeypatch.setattr(exporter, "PERIOD", 0.02)
    async with CollectorServer.started() as server, exporting(server.url) as sending:
        server.status = 500
        for lost in (1, 2, 3):
            sending.take(ended())
            await until(lambda lost=lost: sending.dropped == lost, "the loss")  # type: ignore[misc]
        server.status = 200
        sending.take(ended())
        await until(lambda: sending.sent == 1, "the first that is taken")
    told = said(caplog)
    assert len(told) == 2, told
    assert "does not take them" in told[0]
    assert "code: 500" in told[0]
    assert "takes them again" in told[1]


async def test_a_collector_that_asks_for_patience_gets_the_batch_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with CollectorServer.started() as server, exporting(server.url) as sending:
        server.status = 503
        sending.take(ended())
        await until(lambda: server.posts, "the first try")
        server.status = 200
        await until(lambda: sending.sent == 1, "the second")
        assert sending.dropped == 0
        assert said(caplog) == []


async def test_nobody_is_there_at_all(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporter, "TIMEOUT", 1.5)  # so that it is tried again once
    async with exporting("http://127.0.0.1:9") as sending:
        sending.take(ended())
    assert sending.dropped == 1
    (told,) = said(caplog)
    assert "Connection refused" in told


async def test_a_collector_that_hangs_holds_nobody_up_and_fills_no_memory(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with followed(await Pod(echo).start()) as f:
        f.server.release.clear()
        for number in range(1, CAPACITY + 101):
            f.exporter.take(ended(number))
        assert (await f.rig.ask(get())).status == 200
        await until(lambda: f.server.posts, "a batch on its way")
        assert f.exporter.waiting == CAPACITY
        assert f.exporter.dropped == 100 + 4  # all spans of the request, or none
        await f.exporter.close(0.1)
        assert f"{CAPACITY} spans did not reach the collector in time" in caplog.text
    ours = {"last spans", "OtelBatchSpanRecordProcessor"}
    await until(lambda: not ours & {one.name for one in threading.enumerate()}, "their end")
    assert f.exporter.waiting == 0
