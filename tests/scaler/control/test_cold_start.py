"""The parts of a start from 0 replicas."""

from __future__ import annotations

import pytest

from scaler.control.cold_start import ColdStart
from shared.service.progress import Phase


def test_each_part_ends_where_the_next_one_is_seen() -> None:
    start = ColdStart(100.0)
    for phase, now in (
        (Phase.SCHEDULING, 100.1),
        (Phase.SCHEDULING, 100.2),
        (Phase.PULLING, 102.1),
        (Phase.STARTING, 105.1),
        (Phase.CRASHING, 106.0),
        (Phase.STARTING, 107.0),
        (Phase.READY, 115.1),
    ):
        assert not start.over
        start.reached(phase, now)
    assert start.over
    assert start.seconds == pytest.approx(15.1)
    assert start.parts() == pytest.approx(
        {"write": 0.1, "schedule": 2.0, "start": 3.0, "ready": 10.0}
    )


def test_what_was_passed_between_two_looks_took_no_time() -> None:
    start = ColdStart(0.0)
    start.reached(Phase.SCHEDULING, 1.0)
    start.reached(Phase.READY, 4.0)
    assert start.parts() == {"write": 1.0, "schedule": 3.0, "start": 0.0, "ready": 0.0}


def test_what_has_not_ended_is_not_told() -> None:
    start = ColdStart(0.0)
    assert (start.parts(), start.seconds) == ({}, 0.0)
    start.reached(Phase.UNSCHEDULABLE, 1.0)
    assert start.parts() == {"write": 1.0}
