"""How those who waited are let in to a new pod."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.limits import Limits
from gateway.services.pace import ANSWERS, FIRST, GROWTH, window
from gateway.services.registry import Services
from gateway.services.spec import Endpoint, ServiceSpec
from gateway.stats import Stats

if TYPE_CHECKING:
    from gateway.services.backend import Backend
    from gateway.services.state import ServiceState

POD = Endpoint("10.0.0.1", 80, "a")


def test_the_window_grows_by_answers_and_by_time() -> None:
    assert window(0, 0.0) == FIRST
    assert window(2 * ANSWERS, 0.0) == FIRST + 2
    assert window(0, 0.5) == FIRST + GROWTH / 2


class Herd:
    """Requests that wait for a service without a pod, under a clock of the test's."""

    since = 0.0

    def __init__(self, count: int, concurrency: int = 0) -> None:
        self.now = 1000.0
        self.services = Services(Limits(), Stats(), monotonic=lambda: self.now)
        self.services.define([ServiceSpec("a", concurrency=concurrency)])
        self.let_in: list[Backend] = []
        for _ in range(count):
            assert self.state.admission.wait(self)

    @property
    def state(self) -> ServiceState:
        route = self.services.table.find("a")
        assert route is not None
        return route.state

    def granted(self, backend: Backend, now: float) -> None:
        assert now == self.now
        self.let_in.append(backend)

    def dismissed(self, reason: str) -> None:
        raise AssertionError(reason)

    def answer(self, count: int) -> None:
        for _ in range(count):
            self.state.admission.release(self.let_in[0], self.now)


def test_a_herd_is_let_in_as_its_pod_answers() -> None:
    herd = Herd(100)
    herd.services.locate("a", [POD])
    assert len(herd.let_in) == FIRST
    herd.answer(ANSWERS)
    assert len(herd.let_in) == FIRST + ANSWERS + 1
    assert herd.state.in_flight == FIRST + 1


def test_a_herd_is_let_in_as_time_goes_by() -> None:
    herd = Herd(100)
    herd.services.locate("a", [POD])
    for eighths in range(1, 7):
        herd.now = 1000.0 + eighths / 8
        herd.services.refresh(herd.now)
        assert len(herd.let_in) == FIRST + int(GROWTH * eighths / 8)
    herd.now += 10.0
    herd.services.refresh(herd.now)
    assert herd.state.waiting == 0
    assert not herd.state.admission.paced


def test_a_limit_of_the_service_stands() -> None:
    herd = Herd(100, concurrency=2)
    herd.services.locate("a", [POD])
    herd.now += 10.0
    herd.services.refresh(herd.now)
    assert len(herd.let_in) == 2


def test_a_pod_that_has_served_is_not_held_back() -> None:
    herd = Herd(0)
    herd.services.locate("a", [POD])
    backend = herd.state.admission.acquire(herd.now)
    assert backend is not None
    herd.state.admission.release(backend, herd.now)
    for _ in range(100):
        assert herd.state.admission.wait(herd)
    herd.state.admission.admit(herd.now)
    assert len(herd.let_in) == 100
