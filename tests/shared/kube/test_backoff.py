from __future__ import annotations

import pytest

from shared.kube.backoff import delay
from shared.kube.errors import KubeError, Unreachable, from_status

DOWN = Unreachable("down")
BROKEN = from_status(500, None)


def delays(error: KubeError, count: int, jitter: float) -> list[float]:
    return [delay(error, failures, jitter) for failures in range(1, count + 1)]


def test_delays_double_up_to_the_longest() -> None:
    assert delays(BROKEN, 10, 1.0) == [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30.0, 30.0]


def test_a_server_that_is_away_is_found_soon_after_it_returns() -> None:
    assert delays(DOWN, 6, 1.0) == [0.2, 0.4, 0.8, 1.6, 3.0, 3.0]


def test_jitter_takes_off_up_to_half() -> None:
    assert delays(DOWN, 3, 0.0) == [0.1, 0.2, 0.4]


def test_many_failures_do_not_overflow() -> None:
    assert delay(BROKEN, 10**6, 1.0) == 30.0


@pytest.mark.parametrize("code", [401, 403, 404])
def test_what_only_an_operator_can_mend_is_tried_slowly(code: int) -> None:
    assert delays(from_status(code, None), 2, 1.0) == [30.0, 30.0]


@pytest.mark.parametrize(("asked", "least"), [(7.0, 7.0), (1e6, 120.0)])
def test_the_server_may_ask_for_more_but_not_for_ever(asked: float, least: float) -> None:
    assert least < delay(from_status(429, None, asked), 1, 0.0) < least + 1
