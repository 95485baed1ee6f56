"""Two pods for each request, drawn in advance."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from random import Random
from statistics import pstdev

import pytest

from gateway.limits import Limits
from gateway.services.balancer import Balancer
from gateway.services.pairs import DRAWN, TURNS, drawn
from gateway.services.spec import Endpoint


def balancer(count: int, seed: int = 1) -> Balancer:
    made = Balancer(Limits(), Random(seed).random)
    made.update([Endpoint(f"10.0.0.{one}", 80, pod=f"p-{one}") for one in range(count)], 0.0)
    return made


def test_nobody_and_only_one() -> None:
    assert list(drawn([], Random(1).random)) == []
    (pod,) = balancer(1).candidates
    assert set(islice(drawn([pod], Random(1).random), 1000)) == {(pod, pod)}


@pytest.mark.parametrize("count", [2, 3, 10, 300])
def test_all_are_proposed_equally_often(count: int) -> None:
    pods = balancer(count).candidates
    pairs = list(drawn(pods, Random(2).random))
    assert all(one is not other for one, other in pairs)
    for side in (0, 1):
        proposed = Counter(pair[side].label for pair in pairs)
        assert len(proposed) == count
        assert len(set(proposed.values())) == 1
    rounds = -(-DRAWN // count)
    assert len(pairs) == rounds * count * TURNS, "bounded, and drawn anew in time"


def test_they_differ_from_gateway_to_gateway() -> None:
    pods = balancer(10).candidates
    assert list(islice(drawn(pods, Random(1).random), 20)) != list(
        islice(drawn(pods, Random(2).random), 20)
    )


@pytest.mark.parametrize("count", [2, 3, 10, 100])
def test_load_stays_as_even_as_by_two_choices_of_chance(count: int) -> None:
    """Requests that never end, and requests of very different lengths."""
    fast, slow = balancer(count), balancer(count)
    for endless in (True, False):
        spread = [_spread(one, endless=endless, straight=one is fast) for one in (fast, slow)]
        assert spread[0] <= spread[1] * 1.5 + 0.5


def _spread(one: Balancer, *, endless: bool, straight: bool) -> float:
    random = Random(3)
    for backend in one.candidates:
        backend.in_flight = 0
    held = []
    for _ in range(40 * len(one.candidates)):
        if straight:
            pair = next(one.pairs, None)
            if pair is None:
                one.draw()
                pair = next(one.pairs)
            first, second = pair
            chosen = second if second.in_flight < first.in_flight else first
        else:
            found = one.pick()
            assert found is not None
            chosen = found
        chosen.in_flight += 1
        held.append(chosen)
        if not endless and len(held) > 5 * len(one.candidates):
            held.pop(int(random.random() ** 3 * len(held))).in_flight -= 1
    return pstdev(backend.in_flight for backend in one.candidates)


def test_pairs_end_when_the_pods_change() -> None:
    one = balancer(3)
    one.draw()
    assert next(one.pairs, None) is not None
    one.refresh(1.0)
    assert next(one.pairs, None) is not None, "nothing has changed"
    left = one.candidates[0]
    one.update([pod.endpoint for pod in one.candidates[1:]], 2.0)
    assert next(one.pairs, None) is None
    one.draw()
    assert left not in {pod for pair in one.pairs for pod in pair}


def test_a_pod_that_is_left_out_is_in_no_pair() -> None:
    one = balancer(3)
    one.draw()
    sick = one.candidates[0]
    while sick in one.candidates:
        one.failed(sick, 5.0)
    assert next(one.pairs, None) is None
    one.draw()
    assert sick not in {pod for pair in islice(one.pairs, 500) for pod in pair}


def test_there_are_none_while_a_pod_is_new() -> None:
    """It gets less than its share, which `pick` knows about."""
    one = balancer(2)
    ends = [pod.endpoint for pod in one.candidates]
    one.update([*ends, Endpoint("10.0.1.1", 80, pod="new")], 100.0)
    one.draw()
    assert next(one.pairs, None) is None
    one.refresh(100.0 + Limits().slow_start + 1.0)
    one.draw()
    assert next(one.pairs, None) is not None
