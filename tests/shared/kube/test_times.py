from __future__ import annotations

from shared.kube.times import micro_time


def test_micro_time_has_six_decimals_and_is_utc() -> None:
    assert micro_time(1_000_000.25) == "1970-01-12T13:46:40.250000Z"
    assert micro_time(0.0) == "1970-01-01T00:00:00.000000Z"
