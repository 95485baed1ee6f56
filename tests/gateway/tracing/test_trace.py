"""Phases follow each other without gaps, and what fails is told where it failed."""

from __future__ import annotations

from gateway.tracing.sampling import Identity
from gateway.tracing.trace import Trace

IDENTITY = Identity(1, 2, 3, None)


def course(trace: Trace) -> list[tuple[str, float, float, str]]:
    return [(one.name, one.began, one.ended, one.error) for one in trace.phases]


def test_a_phase_ends_where_the_next_begins() -> None:
    trace = Trace(IDENTITY, 1.0, 0)
    trace.spent("auth", 1.0, 2.0)
    trace.enter("queue", 2.0)
    trace.enter("queue", 3.0)  # it waits on
    trace.enter("connect", 4.0)
    trace.end("", 5.0)
    assert course(trace) == [
        ("auth", 1.0, 2.0, ""), ("queue", 2.0, 4.0, ""), ("connect", 4.0, 5.0, "")
    ]  # fmt: skip
    assert trace.ended == 5.0


def test_a_try_that_failed_is_followed_by_another_of_the_same_name() -> None:
    trace = Trace(IDENTITY, 1.0, 0)
    trace.enter("connect", 1.0)
    trace.fault("connect_failed", 2.0)
    trace.enter("connect", 3.0)
    trace.end("connect_timeout", 4.0)
    assert course(trace) == [
        ("connect", 1.0, 2.0, "connect_failed"), ("connect", 3.0, 4.0, "connect_timeout")
    ]  # fmt: skip


def test_the_pods_time_begins_when_the_upload_is_over_and_only_then() -> None:
    trace = Trace(IDENTITY, 1.0, 0)
    trace.uploaded(1.0)
    trace.enter("upload", 1.0)
    trace.uploaded(2.0)
    trace.uploaded(3.0)
    trace.end("", 4.0)
    assert course(trace) == [("upload", 1.0, 2.0, ""), ("first byte", 2.0, 4.0, "")]


def test_an_end_without_phases() -> None:
    trace = Trace(IDENTITY, 1.0, 0)
    trace.end("bad_request", 1.5)
    assert (trace.phases, trace.ended) == ([], 1.5)
