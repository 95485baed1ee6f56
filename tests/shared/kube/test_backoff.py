from __future__ import annotations

import pytest

from shared.kube.backoff import Failures, delay
from shared.kube.errors import KubeError, Unreachable, from_status

DOWN = Unreachable("down")
BROKEN = from_status(500, None)


def delays(error: KubeError, count: int, jitter: float) -> list[float]:
    return [delay(error, failures, jitter) for failures in range(1, count + 1)]


def test_delays_double_up_to_the_longest() -> None:
    assert delays(BROKEN, 10, 1.0) == [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30.0, 30.0]


def test_a_server_that_is_away_is_found_soon_after_it_returns() -> None:
    assert delays(DOWN, 5, 1.0) == [0.2, 0.4, 0.8, 1.0, 1.0]


def test_jitter_takes_off_up_to_half() -> None:
    assert delays(DOWN, 3, 0.0) == [0.1, 0.2, 0.4]


def test_many_failures_do_not_overflow() -> None:
    assert delay(BROKEN, 10**6, 1.0) == 30.0


@pytest.mark.parametrize("code", [401, 403, 404])
def test_a_refusal_is_tried_again_soon_and_slowly_only_when_it_persists(code: int) -> None:
    waits = delays(from_status(code, None), 9, 1.0)
    assert waits[:4] == [0.2, 0.4, 0.8, 1.6]
    assert waits[-1] == 30.0


def test_the_first_refusal_after_a_server_was_away_is_a_first_one() -> None:
    failures = Failures()
    away = [failures.delay(DOWN, 1.0) for _ in range(20)]
    refused = [failures.delay(from_status(403, None), 1.0) for _ in range(2)]
    assert (away[-1], refused) == (1.0, [0.2, 0.4])
    failures.clear()
    assert failures.delay(from_status(403, None), 1.0) == 0.2


@pytest.mark.parametrize(("asked", "least"), [(7.0, 7.0), (1e6, 120.0)])
def test_the_server_may_ask_for_more_but_not_for_ever(asked: float, least: float) -> None:
    assert least < delay(from_status(429, None, asked), 1, 0.0) < least + 1
