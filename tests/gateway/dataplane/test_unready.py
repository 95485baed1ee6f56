"""A service whose pods run but are not ready: how long a request is held for them."""

from __future__ import annotations

from random import Random

from gateway.limits import Limits
from gateway.services.balancer import Balancer
from gateway.services.spec import Endpoint

LOADING = Endpoint("127.0.0.2", 80, "pod", ready=False, serving=False)
READY = Endpoint("127.0.0.2", 80, "pod")
GOING = Endpoint("127.0.0.2", 80, "pod", ready=False, serving=True, terminating=True)


def balancer() -> Balancer:
    made = Balancer(Limits(slow_start=0.0), Random(1).random)
    made.update([Endpoint("127.0.0.9", 80, "other")], 0.0)
    return made


def test_counts_from_when_the_pod_was_first_seen() -> None:
    subject = balancer()
    assert subject.unready_for(5.0) is None
    subject.update([LOADING], 10.0)
    subject.update([LOADING], 20.0)
    assert subject.unready_for(30.0) == 20.0


def test_the_first_pod_of_a_service_has_not_run_for_longer_than_it_is_known() -> None:
    subject = Balancer(Limits(slow_start=10.0), Random(1).random)
    subject.update([LOADING], 10.0)
    assert subject.unready_for(11.0) == 1.0


def test_counts_anew_when_a_ready_pod_stops_being_ready() -> None:
    subject = balancer()
    subject.update([LOADING], 10.0)
    subject.update([READY], 20.0)
    assert subject.unready_for(30.0) is None
    subject.update([LOADING], 40.0)
    assert subject.unready_for(41.0) == 1.0


def test_a_pod_that_goes_is_nobody_to_wait_for() -> None:
    subject = balancer()
    subject.update([GOING], 10.0)
    assert subject.unready_for(30.0) is None
