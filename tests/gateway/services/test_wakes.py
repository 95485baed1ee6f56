"""Who is told of a service that is wanted, and how often."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.limits import Limits
from gateway.services.registry import Services
from gateway.services.spec import Endpoint, ServiceSpec
from gateway.services.wakes import Wake
from gateway.stats import Stats

if TYPE_CHECKING:
    from gateway.services.backend import Backend
    from gateway.services.state import ServiceState


class Held:
    """A request that waits."""

    since = 0.0

    def granted(self, backend: Backend, now: float) -> None:
        raise AssertionError(backend)

    def dismissed(self, reason: str) -> None:
        """The service is gone."""


class Scene:
    """One service without a pod, under a clock of the test's."""

    def __init__(self) -> None:
        self.now = 100.0
        self.services = Services(
            Limits(), Stats(), monotonic=lambda: self.now, unix=lambda: 1000.0 + self.now
        )
        self.services.define([ServiceSpec("a")])
        self.heard: list[Wake] = []
        self.wakes = self.services.wakes

    @property
    def state(self) -> ServiceState:
        route = self.services.table.find("a")
        assert route is not None
        return route.state

    def hold(self) -> Held:
        held = Held()
        assert self.state.admission.wait(held)
        self.wakes.want(self.state, "request")
        return held


def test_it_is_told_at_once_and_each_second_while_a_request_waits() -> None:
    s = Scene()
    s.wakes.join(s.heard.append)
    held = s.hold()
    assert s.heard == [Wake("a", 1100.0, "request")]
    s.hold()
    assert len(s.heard) == 1
    for _ in range(3):
        s.now += 1.0
        s.wakes.refresh()
    assert s.heard == [Wake("a", 1100.0, "request")] * 4
    for each in list(s.state.admission.waiting):
        s.state.admission.leave(each)
    s.now += 1.0
    s.wakes.refresh()
    assert len(s.heard) == 4
    assert held not in s.state.admission.waiting


def test_who_joins_later_hears_of_all_that_is_wanted() -> None:
    s = Scene()
    s.hold()
    s.wakes.join(s.heard.append)
    assert [one.service for one in s.heard] == ["a"]
    s.wakes.join(s.heard.append, 3)
    assert (len(s.heard), s.wakes.scalers) == (1, 3)
    s.wakes.leave(s.heard.append)
    s.now += 1.0
    s.wakes.refresh()
    assert (len(s.heard), s.wakes.scalers) == (1, 0)


def test_a_pod_ends_it() -> None:
    s = Scene()
    s.wakes.want(s.state, "page")
    s.services.locate("a", [Endpoint("10.0.0.1", 80)])
    s.wakes.refresh()
    s.wakes.join(s.heard.append)
    assert s.heard == []


def test_a_look_is_told_once_and_counts_as_waiting_for_a_while() -> None:
    s = Scene()
    s.wakes.join(s.heard.append)
    s.state.looked = s.now
    s.wakes.want(s.state, "page")
    s.now += 10.0
    s.wakes.refresh()
    assert len(s.heard) == 1
    assert s.state.lookers(s.now) == 1
    s.now += 11.0
    assert s.state.lookers(s.now) == 0


def test_a_browser_that_came_through_waits_no_more() -> None:
    """Else what it has left would be woken again at each sleep."""
    s = Scene()
    s.state.looked = s.state.admission.ended = s.now
    assert s.state.lookers(s.now) == 1
    s.state.admission.ended = s.now = s.now + 3.0
    assert s.state.lookers(s.now) == 0


def test_idleness_counts_from_the_last_end_or_look() -> None:
    s = Scene()
    s.now += 5.0
    assert s.state.idle(s.now) == 5.0
    held = s.hold()
    assert s.state.idle(s.now) == 0.0
    s.state.admission.leave(held)
    s.state.admission.ended = s.now
    s.now += 2.0
    assert s.state.idle(s.now) == 2.0
    s.state.looked = s.now
    s.now += 16.0
    assert s.state.idle(s.now) == 0.0  # its page looks again every 15 s
    s.now += 5.0
    assert s.state.idle(s.now) == 21.0
    s.state.looked = s.now
    s.services.locate("a", [Endpoint("10.0.0.1", 80)])
    backend = s.state.admission.acquire(s.now)
    assert backend is not None
    assert s.state.idle(s.now) == 0.0
    s.now += 7.0
    s.state.admission.release(backend, s.now)
    s.now += 0.5
    assert s.state.idle(s.now) == 0.5
