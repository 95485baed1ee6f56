"""Pods and observations for tests, with the values that do not matter filled in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from scaler.decision import (
    Container,
    Decision,
    Load,
    Observation,
    Pod,
    Policy,
    Sample,
    State,
    decide,
)
from scaler.decision.responsive.state import ResponsiveState

NOW = 1_000_000.0
WINDOW_S = 15.0


def pod(
    name: str,
    usage_m: int | None,
    *,
    request_m: int | None = 1000,
    limit_m: int | None = None,
    ready: str | None = "True",
    phase: str = "Running",
    deleted: bool = False,
    age_s: float = 3600.0,
    ready_age_s: float | None = None,
    sample_age_s: float = 5.0,
    now: float = NOW,
) -> Pod:
    """A pod that has been ready for an hour, unless said otherwise; None: without a sample."""
    since = now - (age_s - 10 if ready_age_s is None else ready_age_s)
    return Pod(
        name=name,
        phase=phase,
        deleted=deleted,
        ready=ready,
        started=None if phase == "Pending" else now - age_s,
        transitioned=None if phase == "Pending" else since,
        containers=(Container("app", request_m, limit_m, usage_m),),
        sample=None if usage_m is None else Sample(now - sample_age_s, WINDOW_S),
    )


def pods(
    usages_m: Iterable[int | None], *, limit_m: int | None = None, now: float = NOW
) -> tuple[Pod, ...]:
    """One ready pod for each usage."""
    return tuple(pod(f"p{i}", u, limit_m=limit_m, now=now) for i, u in enumerate(usages_m))


def observe(
    members: Iterable[Pod], spec: int | None = None, load: Load | None = None, error: str = ""
) -> Observation:
    """The service with these pods; `spec` defaults to their number."""
    listed = tuple(members)
    replicas = len(listed) if spec is None else spec
    return Observation("cat", replicas, len(listed), listed, load=load, metrics_error=error)


def settled(**fields: Any) -> ResponsiveState:
    """A state in which no window holds anything back any more."""
    return replace(ResponsiveState(decided=NOW - 2), **fields)


def responsive(
    observation: Observation, policy: Policy, state: ResponsiveState | None, now: float
) -> tuple[Decision, ResponsiveState]:
    """The decision of policy `responsive` through the public entry, and its state."""
    decision, after = decide(observation, policy, state, now)
    assert isinstance(after, ResponsiveState)
    return decision, after


SETTLED = settled()


def ask(
    members: Iterable[Pod],
    policy: Policy | None = None,
    state: State | None = SETTLED,
    *,
    spec: int | None = None,
    load: Load | None = None,
    error: str = "",
    now: float = NOW,
) -> Decision:
    """The decision alone."""
    observation = observe(members, spec, load, error)
    return decide(observation, policy or Policy(), state, now)[0]
