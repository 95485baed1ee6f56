"""Times as objects hold them."""

from __future__ import annotations

import pytest

from shared.embedded.schema.times import seconds, timestamp


def test_a_time_has_whole_seconds_in_utc() -> None:
    assert timestamp(1_700_000_000.9) == "2023-11-14T22:13:20Z"


@pytest.mark.parametrize(
    "text", ["2023-11-14T22:13:20Z", "2023-11-14T22:13:20.000000Z", "2023-11-14T23:13:20+01:00"]
)
def test_times_of_both_precisions_and_any_zone_are_read(text: str) -> None:
    assert seconds(text) == 1_700_000_000


def test_what_is_no_time_is_refused() -> None:
    with pytest.raises(ValueError, match="yesterday"):
        seconds("yesterday")
