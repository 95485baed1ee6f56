"""The running state of a service, as collectors read it."""

from __future__ import annotations

from gateway.limits import Limits
from gateway.services.spec import Endpoint
from gateway.services.state import ServiceState
from gateway.stats import ServiceStats


def test_endpoints_are_counted_by_state() -> None:
    state = ServiceState("a", ServiceStats(), Limits(slow_start=10), lambda: 0.0, 0.0)
    old = [Endpoint("10.0.0.1", 80), Endpoint("10.0.0.2", 80)]
    state.balancer.update(old, 0.0)
    leaving = Endpoint("10.0.0.3", 80, terminating=True)
    state.balancer.update([*old, leaving, Endpoint("10.0.0.4", 80)], 1.0)
    for _ in range(5):
        state.balancer.failed(state.balancer.candidates[0], 1.0)
    assert state.endpoints() == {"ready": 1, "new": 1, "ejected": 1, "leaving": 1}
    assert state.admission.acquire(1.0) is not None
    assert (state.in_flight, state.waiting) == (1, 0)
    assert repr(state).startswith("<ServiceState a <Admission 1 in flight, 0 waiting>")
