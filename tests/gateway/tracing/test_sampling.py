"""Which requests are recorded, by the caller's word and by chance."""

from __future__ import annotations

import random

import pytest
from opentelemetry.sdk.trace.sampling import Decision, TraceIdRatioBased

from gateway.protocol.trace_context import Parent
from gateway.tracing.sampling import Sampler


@pytest.mark.parametrize("ratio", [0.0, 0.01, 0.5, 0.999, 1.0])
def test_it_takes_the_traces_that_opentelemetrys_sampler_takes(ratio: float) -> None:
    numbers = random.Random(1)
    theirs = TraceIdRatioBased(ratio)
    for _ in range(2000):
        trace = numbers.getrandbits(128)
        ours = Sampler(ratio, lambda bits, trace=trace: trace if bits == 128 else 7)  # type: ignore[misc]
        found = ours.identity(None)
        assert (found is not None) == (
            theirs.should_sample(None, trace, "x").decision is Decision.RECORD_AND_SAMPLE
        )
        assert found is None or found == (trace, 7, 3, None)


def test_the_callers_decision_holds() -> None:
    never, always = Sampler(0.0, lambda _: 9), Sampler(1.0, lambda _: 9)
    loud, quiet = Parent(5, 6, 1), Parent(5, 6, 0)
    assert never.identity(loud) == (5, 9, 1, loud)
    assert always.identity(quiet) is None
    assert always.identity(Parent(5, 6, 2)) is None


@pytest.mark.parametrize(("flags", "ours"), [(0x01, 1), (0x03, 3), (0xFF, 3), (0xFD, 1)])
def test_only_flags_that_mean_something_are_handed_on(flags: int, ours: int) -> None:
    found = Sampler(0.0, lambda _: 9).identity(Parent(5, 6, flags))
    assert found is not None
    assert found.flags == ours


def test_no_number_is_zero() -> None:
    found = Sampler(1.0, lambda _: 0).identity(None)
    assert found is not None
    assert (found.trace, found.span) == (1, 1)
