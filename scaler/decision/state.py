"""What the states of both policies have in common: what the control loop needs of them. Pure.

Each policy remembers in a type of its own, in its folder; neither reads the other's.
"""

from __future__ import annotations

from typing import Any, Protocol


class State(Protocol):
    """What a policy remembers of one service from one decision to the next.

    None in its place is the state of a service that is new to the policy.
    """

    @property
    def newest(self) -> float:
        """The latest time at which anything was remembered, in unix seconds."""

    @property
    def learnt(self) -> tuple[object, ...]:
        """What took long to find out, and is worth storing although no size changes."""

    def found_at(self, replicas: int, now: float) -> State:
        """The state after the service was found at a size of `replicas` at `now`.

        The size counts as recommended then, so that nothing shrinks for one window.
        """

    def held(self, replicas: int, now: float) -> State:
        """The state after somebody else has set a larger size of `replicas` at `now`."""

    def holds(self, seconds: float, now: float) -> bool:
        """Whether such a size was set within the last `seconds`."""

    def interrupted(self) -> State:
        """The state while the service is left alone: what was recommended before does not hold."""

    def not_written(self, before: State | None) -> State:
        """The state where a change of size was decided after `before`, but is not carried out."""

    def after_clock_reset(self) -> State:
        """What still holds when the clock was set back to a time before `newest`."""

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; `scaler.decision.restored` gives the state back."""
