"""Whose fault a failure is, and how long a pod is left out for it."""

from __future__ import annotations

import pytest

from gateway.services import outliers


@pytest.mark.parametrize(
    ("status", "retry_after", "counted"),
    [
        (200, False, False),
        (404, False, False),
        (499, False, False),
        (500, False, True),
        (501, False, False),  # HAProxy, `observe layer7`: 501 and 505 are no errors
        (502, False, True),
        (503, False, True),
        (503, True, False),  # it works, and has enough to do
        (500, True, True),
        (504, False, True),
        (505, False, False),
        (506, False, False),
        (507, False, True),  # the pod's own disk is full
        (508, False, False),
        (510, False, False),
        (511, False, False),
        (599, False, True),
    ],
)
def test_which_answers_speak_against_a_pod(status: int, retry_after: bool, counted: bool) -> None:
    assert outliers.counts(status, retry_after=retry_after) is counted


@pytest.mark.parametrize(
    ("failures", "others", "own"),
    [
        (5, [], True),
        (5, [0.0], True),
        (5, [0.09], True),
        (5, [0.11], False),
        (6, [0.11], True),
        (16, [0.5], False),
        (17, [0.5], True),
        (1000, [0.999], False),
        (5, [1.0, 1.0, 0.0], True),  # the best of them shows that it can be done
        (5, [0.5, 0.3], False),
    ],
)
def test_a_row_that_the_others_make_likely_tells_nothing(
    failures: int, others: list[float], own: bool
) -> None:
    assert outliers.stands_out(failures, 5, others) is own


@pytest.mark.parametrize(
    ("pods", "share", "room"),
    [
        (1, 0.3333, 0),
        (2, 0.3333, 1),
        (3, 0.3333, 1),
        (5, 0.3333, 1),
        (6, 0.3333, 2),
        (99, 0.3333, 33),
        (4, 0.0, 1),
        (4, 1.0, 3),
    ],
)
def test_at_most_a_share_is_left_out_at_least_one_and_never_all(
    pods: int, share: float, room: int
) -> None:
    """Envoy: `max_ejection_percent`, and at least one host regardless of it."""
    assert outliers.room(pods, share) == room


def test_trouble_grows_with_failures_and_is_forgotten() -> None:
    assert outliers.worse(0.0, 1) == 1.0
    assert outliers.worse(0.0, 2) == 0.5
    trouble = 0.0
    for _ in range(200):
        trouble = outliers.worse(trouble, 1000)
    assert 0.99 < trouble <= 1.0
    for _ in range(80):
        trouble = outliers.better(trouble)
    assert trouble == 0.0


def test_health_takes_doublings_back() -> None:
    """Envoy lowers the multiplier with each interval in which the host was not ejected."""
    assert [outliers.remaining(3, seconds) for seconds in (0, 9.9, 10, 25, 30, 1e9)] == [
        3, 3, 2, 1, 0, 0,
    ]  # fmt: skip
