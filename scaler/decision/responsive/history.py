"""What a service needed, and when: what a step down looks back on (policy `responsive`). Pure.

A need holds for a window. Where demand was seen to leave and to come back, the levels it
came back to hold for as long as it was away, for then the next return may be near. That is worth
it only for a level that is needed often enough, and for an absence that ends within the longest
window: to hold for longer costs the pods and still meets the return without them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaler.decision.responsive.state import DemandReturn, Recommendation
from shared.service.values import changed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scaler.decision.policy import Policy
    from scaler.decision.responsive.state import ResponsiveState

_RUN_S = 10.0  # needs within so many seconds are one entry, at the highest of them
_UNSEEN_S = 60.0  # nothing is known of a longer time without an entry
_RETURNS = 8  # so many returns of demand are remembered,
_FORGET = 3  # for so many of the longest windows
_SPARE = 1.25  # the next absence may be longer than the last by so much
_LEVEL_PCT = 85  # a return to one level tells of those up to a sixth higher too
_DUTY_PCT = 18  # a level is worth holding if it is needed for so much of its absence


def add(
    state: ResponsiveState, policy: Policy, replicas: int, window_s: float, now: float
) -> ResponsiveState:
    """`replicas` are needed now, and were since the last entry; a return of demand is learnt."""
    since = now - policy.longest_window_s
    past = [p for p in state.recommendations if p.time > since]
    returns = state.returns
    if back := _return(policy, past, replicas, window_s, now):
        returns = (*returns, *back)[-_RETURNS:]
    last = past[-1] if past else None
    seconds = max(0.0, min(now - last.time, _UNSEEN_S)) if last else 0.0
    if last and (last.replicas == replicas or last.seconds < _RUN_S >= now - last.time):
        past.pop()
        replicas, seconds = max(replicas, last.replicas), seconds + last.seconds
    past.append(Recommendation(replicas, now, seconds))
    return changed(state, recommendations=_useful(policy, past), returns=returns)


def highest(policy: Policy, state: ResponsiveState, window_s: float, now: float) -> int:
    """The most that was needed and still holds, each need for `window_s`.

    After a start of the scaler or a long pause all that is known holds for the longest window:
    until so long was watched, nobody knows whether demand comes back. Of a service that is new
    itself nothing was missed, and each need holds for `window_s`.
    """
    if now - state.since < policy.longest_window_s:
        if not state.newborn:
            return highest_of_all(policy, state, now)
        return _highest_since(state, now - window_s)
    known = [r for r in state.returns if now - r.time < _FORGET * policy.longest_window_s]
    past = state.recommendations
    return max(
        [min(p.replicas, _reach(policy, known, window_s, now - p.time)) for p in past], default=0
    )


def highest_of_all(policy: Policy, state: ResponsiveState, now: float) -> int:
    """The most that was needed within the longest window."""
    return _highest_since(state, now - policy.longest_window_s)


def _highest_since(state: ResponsiveState, since: float) -> int:
    return max([p.replicas for p in state.recommendations if p.time >= since], default=0)


def _reach(policy: Policy, returns: Iterable[DemandReturn], window_s: float, age: float) -> int:
    """Up to which level a need of `age` seconds ago still holds."""
    if age <= window_s:
        return policy.max_replicas
    levels = [r.replicas for r in returns if age <= r.gap_s * _SPARE]
    return max(levels, default=0) * 100 // _LEVEL_PCT


def _return(
    policy: Policy,
    past: list[Recommendation],
    replicas: int,
    window_s: float,
    now: float,
) -> tuple[DemandReturn, ...]:
    """The return of demand, if a level is needed again that was not for longer than the window."""
    if not past or past[-1].replicas >= replicas:
        return ()
    level = min(replicas, max(p.replicas for p in past))
    before = [p for p in past if p.replicas >= level]
    gap = now - before[-1].time
    if not window_s < gap <= policy.longest_window_s / _SPARE:
        return ()
    often = 100 * sum(p.seconds for p in before) >= _DUTY_PCT * gap
    return (DemandReturn(gap, now, level),) if often else ()


def _useful(policy: Policy, past: list[Recommendation]) -> tuple[Recommendation, ...]:
    """The entries that can still matter: a level that was needed since, and for long, is known."""
    enough = policy.longest_window_s * _DUTY_PCT / 100
    kept: list[Recommendation] = []
    whole = 0.0
    for entry in reversed(past):
        # A part is no more than the whole, which is often too little already.
        if whole < enough or _since(kept, entry.replicas) < enough:
            kept.append(entry)
            whole += entry.seconds
    return tuple(reversed(kept))


def _since(kept: list[Recommendation], replicas: int) -> float:
    """For how long so many were needed."""
    return sum([p.seconds for p in kept if p.replicas >= replicas])
