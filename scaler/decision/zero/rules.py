"""Decisions of sleep and of waking, as policies write theirs. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from scaler.decision.types import Action, Decision, action_of, conditions
from shared.service.durations import shown

if TYPE_CHECKING:
    from scaler.decision.policy import Policy
    from scaler.decision.zero.use import Zero

ASLEEP: Final = "Asleep"
SLEEP: Final = "Sleep"
WAKE: Final = "Wake"
_OFF: Final = ("False", "ScalingDisabled")  # as an HPA says of a target at 0 replicas


def sleep(decision: Decision, zero: Zero) -> Decision:
    """To 0 replicas, whatever the policy's `decision` was: nobody asks, so CPU does not matter."""
    return replace(
        asleep(decision),
        action=action_of(decision.current, 0),
        replicas=0,
        reasons=(SLEEP,),
        cause=f"no request for {shown(zero.after_s)}",
    )


def asleep(decision: Decision) -> Decision:
    """At 0 replicas until somebody asks: a size that no policy decides on."""
    return Decision(
        service=decision.service,
        policy=decision.policy,
        current=decision.current,
        replicas=decision.current,
        valid=True,
        target_pct=decision.target_pct,
        reasons=(ASLEEP,),
        pods=decision.pods,
        conditions=conditions("SucceededGetScale", active=_OFF),
    )


def wake(decision: Decision, policy: Policy, zero: Zero | None, cause: str) -> Decision:
    """From `decision` at 0 replicas to the size of waking; `cause` says in words who asked."""
    least = max(policy.min_replicas, zero.wake_to if zero else 0, 1)
    return replace(
        asleep(decision),
        replicas=min(least, policy.max_replicas),
        action=Action.UP,
        reasons=(WAKE,),
        cause=cause,
        conditions=conditions("SucceededRescale"),
    )
