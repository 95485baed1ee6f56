"""What counts as a cron expression and as a time zone."""

from __future__ import annotations

import pytest

from shared.service.scaling.cron import check_cron, check_timezone


@pytest.mark.parametrize(
    "text", ["", "often", "60 * * * *", "* * * *", "* * * * * *", "@daily", "R R * * *"]
)
def test_refuses_what_is_no_cron_expression(text: str) -> None:
    with pytest.raises(ValueError, match="write for example"):
        check_cron(text)


@pytest.mark.parametrize("text", ["0 0 30 2 *", "0 8 31 4,6 *"])
def test_refuses_what_never_strikes(text: str) -> None:
    with pytest.raises(ValueError, match="a day that its month has"):
        check_cron(text)


@pytest.mark.parametrize("text", ["Mars", "../etc/passwd", ""])
def test_refuses_what_is_no_time_zone(text: str) -> None:
    with pytest.raises(ValueError, match="Europe/Madrid"):
        check_timezone(text)
