"""When a service goes on with pods that are not ready, and when it does not."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from gateway.limits import Limits
from gateway.services.balancer import Balancer
from gateway.services.panic import RECENT, TOGETHER, at_work
from gateway.services.spec import Endpoint

LIMITS = Limits(slow_start=0.0, ejection_failures=3, unready=300.0)
PODS = [Endpoint(f"10.0.0.{number}", 80, f"pod-{number}") for number in range(3)]


def unready(*numbers: int) -> list[Endpoint]:
    """All pods, those of `numbers` not ready."""
    return [replace(one, ready=number not in numbers) for number, one in enumerate(PODS)]


def at_noon(limits: Limits = LIMITS) -> Balancer:
    """Three pods that have each just answered a request, at 100 s."""
    made = Balancer(limits, Random(1).random)
    made.update(PODS, 50.0)
    for backend in made.backends.values():
        backend.asked, backend.released = 1, 100.0
    return made


def candidates(subject: Balancer) -> list[str]:
    return sorted(one.endpoint.pod for one in subject.candidates)


ALL = ["pod-0", "pod-1", "pod-2"]


def test_all_at_once_are_gone_on_with_and_their_connections_stay() -> None:
    subject = at_noon()
    assert subject.update(unready(0, 1, 2), 101.0) == []
    assert (candidates(subject), subject.held) == (ALL, 3)
    assert not subject.settled


@pytest.mark.parametrize(
    ("later", "held"), [(TOGETHER, ALL), (TOGETHER + 0.1, [])], ids=["together", "one-by-one"]
)
def test_together_means_within_seconds(later: float, held: list[str]) -> None:
    subject = at_noon()
    subject.update(unready(0), 101.0)
    assert candidates(subject) == ["pod-1", "pod-2"]
    subject.update(unready(0, 1, 2), 101.0 + later)
    assert candidates(subject) == held


def test_none_is_gone_on_with_while_one_is_ready() -> None:
    subject = at_noon()
    subject.update(unready(0, 1), 101.0)
    assert (candidates(subject), subject.held) == (["pod-2"], 0)


def test_the_first_that_is_ready_again_ends_it() -> None:
    subject = at_noon()
    subject.update(unready(0, 1, 2), 101.0)
    subject.update(unready(0, 1), 102.0)
    assert (candidates(subject), subject.held) == (["pod-2"], 0)


def test_pods_that_go_are_no_part_of_it() -> None:
    subject = at_noon()
    subject.update(unready(0, 1, 2), 101.0)
    going = [replace(one, terminating=True) for one in unready(0, 1, 2)]
    subject.update([going[0], *unready(0, 1, 2)[1:2]], 102.0)
    assert candidates(subject) == ["pod-1"]
    subject.update(going, 103.0)
    assert candidates(subject) == []


def test_a_pod_that_was_never_ready_neither_helps_nor_hinders() -> None:
    subject = at_noon()
    new = Endpoint("10.0.0.9", 80, "new", ready=False)
    subject.update([*unready(0, 1, 2), new], 101.0)
    assert candidates(subject) == ALL
    only = Balancer(LIMITS, Random(1).random)
    only.update([new], 1.0)
    assert candidates(only) == []


def test_it_ends_in_time() -> None:
    subject = at_noon()
    subject.update(unready(0, 1, 2), 101.0)
    subject.refresh(400.9)
    assert candidates(subject) == ALL
    subject.refresh(401.1)
    assert (candidates(subject), subject.held, subject.settled) == ([], 0, True)
    subject.update(unready(0, 1, 2)[:2], 402.0)
    assert candidates(subject) == []


def test_what_refuses_is_out_at_once_and_stays_out_until_it_is_ready_again() -> None:
    subject = at_noon()
    subject.update(unready(0, 1, 2), 101.0)
    subject.failed(subject.backends["10.0.0.0", 80], 102.0)
    assert candidates(subject) == ["pod-1", "pod-2"]
    subject.update(unready(0, 1, 2), 103.0)
    assert candidates(subject) == ["pod-1", "pod-2"]
    subject.update(PODS, 104.0)
    assert candidates(subject) == ALL


def test_failed_answers_count_as_they_do_else() -> None:
    subject = at_noon()
    subject.update(unready(0, 1, 2), 101.0)
    for count in range(3):
        assert "pod-0" in candidates(subject), count
        subject.failed(subject.backends["10.0.0.0", 80], 102.0, answered=True)
    assert candidates(subject) == ["pod-1", "pod-2"]


def test_it_can_be_switched_off() -> None:
    subject = at_noon(replace(LIMITS, unready=0.0))
    assert len(subject.update(unready(0, 1, 2), 101.0)) == 3
    assert candidates(subject) == []


@pytest.mark.parametrize(
    ("answers", "failures", "connected", "silent", "works"),
    [
        (1, 0, False, RECENT, True),
        (1, 0, False, RECENT + 1, False),
        (1, 0, True, 1000.0, True),
        (0, 0, True, 0.0, False),
        (9, 1, True, 0.0, False),
    ],
)
def test_the_evidence(
    answers: int, failures: int, connected: bool, silent: float, works: bool
) -> None:
    seen = at_work(answers=answers, failures=failures, connected=connected, silent=silent)
    assert seen == works
