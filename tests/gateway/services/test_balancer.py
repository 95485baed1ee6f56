"""Choosing pods, with time and chance as arguments."""

from __future__ import annotations

from random import Random

import pytest

from gateway.limits import Limits
from gateway.services.backend import Backend
from gateway.services.balancer import Balancer
from gateway.services.spec import Endpoint

LIMITS = Limits(slow_start=10, ejection_failures=3, ejection_pause=5, ejection_longest=15)


def endpoint(number: int, *, ready: bool = True, terminating: bool = False) -> Endpoint:
    return Endpoint(f"10.0.0.{number}", 80, f"pod-{number}", ready, ready, terminating)


def balancer(count: int, now: float = 0.0) -> Balancer:
    made = Balancer(LIMITS, Random(1).random)
    made.update([endpoint(number) for number in range(count)], now)
    return made


def picked(one: Balancer, times: int) -> dict[str, int]:
    counts: dict[str, int] = {}
    for _ in range(times):
        backend = one.pick()
        assert backend is not None
        counts[backend.label] = counts.get(backend.label, 0) + 1
    return counts


def test_nobody_and_only_one() -> None:
    assert balancer(0).pick() is None
    assert picked(balancer(1), 3) == {"10.0.0.0:80": 3}


def test_every_pod_gets_its_share() -> None:
    counts = picked(balancer(4), 4000)
    assert len(counts) == 4
    assert all(850 < count < 1150 for count in counts.values())


def test_the_pod_with_less_to_do_wins() -> None:
    one = balancer(2)
    busy, idle = one.candidates
    busy.in_flight = 1
    assert picked(one, 50) == {idle.label: 50}


def test_load_stays_even() -> None:
    one = balancer(10)
    for _ in range(1000):
        backend = one.pick()
        assert backend is not None
        backend.in_flight += 1
    loads = [backend.in_flight for backend in one.candidates]
    assert max(loads) - min(loads) <= 4


def test_full_pods_are_passed_over() -> None:
    one = balancer(3)
    for backend in one.candidates[:2]:
        backend.in_flight = 2
    assert {one.pick(2) for _ in range(20)} == {one.candidates[2]}
    one.candidates[2].in_flight = 2
    assert one.pick(2) is None
    assert one.other([], 2) is None


def test_a_new_pod_has_its_slots_when_the_others_are_full() -> None:
    """Its share is small at first; nobody waits for the sake of that."""
    one = balancer(1)
    one.update([endpoint(0), endpoint(1)], 20.0)
    old, new = one.candidates
    assert (old.penalty, new.penalty) == (1.0, 10.0)
    assert one.pick(1) is old
    old.in_flight = 1
    assert one.pick(1) is new


def test_another_try_goes_elsewhere() -> None:
    one = balancer(2)
    first, second = one.candidates
    assert one.other([first]) is second
    assert one.other([first, second]) is None


def test_named() -> None:
    one = balancer(2)
    mark = endpoint(1).mark
    assert one.named(mark) is one.candidates[1]
    assert one.named(endpoint(9).mark) is one.named("10.0.0.1:80") is None
    one.candidates[1].in_flight = 1
    assert one.named(mark, 1) is None


@pytest.mark.parametrize("gone", [[], [endpoint(1, terminating=True)], [endpoint(1, ready=False)]])
def test_pods_that_leave_get_nothing_more(gone: list[Endpoint]) -> None:
    one = balancer(2)
    leaving = one.candidates[1]
    assert one.update([endpoint(0), *gone], 1.0) == [leaving]
    assert leaving.leaving
    assert one.candidates == [one.backends["10.0.0.0", 80]]
    assert one.update([endpoint(0), *gone], 2.0) == []


def test_a_pod_that_returns_keeps_its_books() -> None:
    one = balancer(2)
    old = one.candidates[1]
    old.in_flight = 3
    one.update([endpoint(0), endpoint(1, ready=False)], 1.0)
    one.update([endpoint(0), endpoint(1)], 2.0)
    assert one.backends["10.0.0.1", 80] is old
    assert old in one.candidates


def test_another_pod_at_the_same_address_starts_anew() -> None:
    one = balancer(1)
    old = one.candidates[0]
    new = Endpoint("10.0.0.0", 80, "pod-new")
    assert one.update([new], 1.0) == [old]
    assert one.candidates[0] is not old


def test_new_pods_grow_into_their_share() -> None:
    one = balancer(2, now=0.0)
    settled = [one.settled]
    for backend in one.candidates:
        backend.in_flight = 3
    one.update([endpoint(number) for number in range(3)], 100.0)
    new = one.candidates[2]
    settled.append(one.settled)
    assert new.penalty == pytest.approx(10)
    assert new.label not in picked(one, 50)
    one.refresh(105.0)
    assert new.penalty == pytest.approx(2)
    one.refresh(110.0)
    assert new.penalty == 1
    assert [*settled, one.settled] == [True, False, True]


def test_sick_pods_pause_for_longer_and_longer() -> None:
    one = balancer(2)
    sick = one.candidates[0]
    pauses = []
    now = 0.0
    for _ in range(4):
        assert [one.failed(sick, now) for _ in range(3)] == [False, False, True]
        assert sick not in one.candidates
        pauses.append(sick.ejected_until - now)
        now = sick.ejected_until
        one.refresh(now)
        assert sick in one.candidates
    assert pauses == [5, 10, 15, 15]


def test_the_last_pod_is_never_left_out() -> None:
    one = balancer(2)
    first, second = one.candidates
    assert any(one.failed(first, 0.0) for _ in range(3))
    assert not any(one.failed(second, 0.0) for _ in range(10))
    assert one.candidates == [second]
    one.update([endpoint(0)], 1.0)
    assert one.candidates == [first]


def answer(one: Balancer, backend: Backend, *, well: bool) -> bool:
    """The pod answers one request; whether it is left out for it."""
    backend.asked += 1
    if not well:
        return one.failed(backend, 0.0, answered=True)
    if backend.ailing:
        one.succeeded(backend, 0.0, 0.0)
    return False


def broken(one: Balancer, backend: Backend, times: int = 3) -> bool:
    """The pod fails so many requests in a row; whether it is left out for it."""
    return any(answer(one, backend, well=False) for _ in range(times))


def test_a_share_of_the_pods_is_left_out_at_a_time_for_their_answers() -> None:
    one = balancer(7)
    pods = list(one.candidates)
    for pod in pods:
        answer(one, pod, well=True)
    assert [broken(one, pod) for pod in pods[:4]] == [True, True, False, False]
    assert len(one.candidates) == 5
    one.refresh(6.0)
    assert len(one.candidates) == 7


def test_pods_that_accept_no_connection_are_left_out_beyond_that_share_but_never_all() -> None:
    """nginx and HAProxy know no bound for servers that are down."""
    one = balancer(4)
    out = [any(one.failed(pod, 0.0) for _ in range(3)) for pod in one.candidates[:]]
    assert out == [True, True, True, False]


def test_what_all_pods_answer_is_the_applications() -> None:
    one = balancer(3)
    pods = list(one.candidates)
    for _ in range(1000):
        assert not any(answer(one, pod, well=False) for pod in pods)
    assert len(one.candidates) == 3


def test_a_pod_is_acquitted_when_the_others_turn_out_to_fail_as_well() -> None:
    one = balancer(2)
    first, second = one.candidates
    assert broken(one, first)  # nothing was known of the second
    assert one.candidates == [second]
    answer(one, second, well=False)
    assert one.candidates == [first, second]
    assert (first.failures, first.ejections) == (0, 0)
    for _ in range(100):
        assert not answer(one, first, well=False)
        assert not answer(one, second, well=False)


def test_a_pod_that_alone_fails_more_than_the_application_does_is_left_out() -> None:
    one = balancer(3)
    sick, *others = one.candidates
    for turn in range(400):
        for pod in others:  # half of their answers
            answer(one, pod, well=turn % 2 == 0)
        if answer(one, sick, well=False):
            break
    assert sick not in one.candidates
    assert turn > 5  # a row of three would have been enough
    assert len(one.candidates) == 2


def test_an_error_of_the_application_in_half_of_all_answers_leaves_nobody_out() -> None:
    one = Balancer(Limits(), Random(1).random)
    one.update([endpoint(number) for number in range(4)], 0.0)
    pods = list(one.candidates)
    random = Random(7)
    for _ in range(20_000):
        answer(one, random.choice(pods), well=random.random() < 0.5)
    assert one.candidates == pods


def test_healthy_time_shortens_the_next_pause() -> None:
    one = balancer(2)
    sick = one.candidates[0]
    now, pauses = 0.0, []
    for healthy in (0.0, 0.0, 0.0, 10.0, 1000.0):
        now += healthy
        for _ in range(3):
            one.failed(sick, now)
        pauses.append(sick.ejected_until - now)
        now = sick.ejected_until
        one.refresh(now)
    assert pauses == [5, 10, 15, 15, 5]


def test_a_pod_that_becomes_ready_again_is_asked_at_once() -> None:
    one = balancer(2)
    sick = one.candidates[0]
    assert broken(one, sick)
    one.update([endpoint(0, ready=False), endpoint(1)], 1.0)
    one.update([endpoint(0), endpoint(1)], 2.0)
    assert sick in one.candidates
    assert (sick.failures, sick.ejections, sick.trouble) == (0, 0, 0.0)


def test_a_pod_that_is_left_out_is_tried_when_no_other_is_left() -> None:
    """nginx forgets all failures when every server has failed; HAProxy has `option redispatch`."""
    one = balancer(3)
    first, second, third = one.candidates
    one.failed(first, 1.0)
    for pod, now in ((first, 1.0), (second, 0.0)):
        for _ in range(3):
            one.failed(pod, now)
    assert one.candidates == [third]
    assert one.other([third]) is second  # it returns sooner
    assert one.other([third, second]) is first
    assert one.other([third, second, first]) is None
    second.in_flight = 1
    assert one.other([third], 1) is None


def test_a_good_answer_ends_the_pause_unless_it_was_begun_before() -> None:
    """A pod that ends refuses connections, and finishes the requests it has."""
    one = balancer(2)
    sick = one.candidates[0]
    for _ in range(3):
        one.failed(sick, 5.0)
    assert not one.succeeded(sick, 4.0, 6.0)
    assert sick not in one.candidates
    assert one.succeeded(sick, 5.5, 6.0)
    assert sick in one.candidates
    assert not sick.ailing


def test_repr_tells_the_state() -> None:
    one = balancer(2)
    one.candidates[0].in_flight = 2
    one.candidates[1].ejected_until = 9.0
    assert repr(one) == (
        "<Balancer [<10.0.0.0:80 ready, 2 in flight, 0 idle>,"
        " <10.0.0.1:80 ejected, 0 in flight, 0 idle>]>"
    )
