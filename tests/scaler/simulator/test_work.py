"""When the work of requests is due."""

from __future__ import annotations

from random import Random

import pytest

from scaler.simulator.work import over_lives, per_second


def test_a_request_uses_its_share_of_a_pod_until_it_is_done() -> None:
    assert over_lives([(1, 250.0)], 100.0, 6) == [0.0, 100.0, 100.0, 50.0, 0.0, 0.0]


def test_requests_add_up_and_small_ones_are_done_at_once() -> None:
    assert over_lives([(0, 200.0), (1, 100.0), (1, 30.0)], 100.0, 3) == [100.0, 230.0, 0.0]


def test_what_is_due_after_the_end_is_left_out() -> None:
    assert over_lives([(1, 1000.0)], 100.0, 3) == [0.0, 100.0, 100.0]


def test_no_work_is_lost() -> None:
    random = Random(1)
    requests = [(random.randrange(100), random.expovariate(1 / 500)) for _ in range(1000)]
    due = over_lives(requests, 125.0, 1000)
    assert sum(due) == pytest.approx(sum(cost for _, cost in requests))
    assert sum(per_second(requests, 100)) == 1000
