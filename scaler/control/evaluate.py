"""From all that is known of one service to its decision, for the loop and `explain`. Pure."""

from __future__ import annotations

from dataclasses import field, replace
from typing import TYPE_CHECKING, Final

from scaler.cluster.observe import observe
from scaler.control.use import use_of
from scaler.decision import Load, decide
from scaler.decision.room import shortage, within_room
from scaler.decision.zero import SLEEP, asleep, kept_awake, sleep
from scaler.sources.in_flight import rounded_up
from scaler.sources.quality import Fault, Limits, judge
from scaler.sources.samples import Samples
from shared.service.sleeping import slept_at
from shared.service.values import value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scaler.cluster.catalog import Target
    from scaler.decision import Decision, Observation, Policy, State
    from scaler.decision.zero import Zero
    from scaler.sources.loads import Loads
    from scaler.sources.quality import Judged


@value
class Inputs:
    """What the sources said, for all services."""

    samples: Samples = field(default_factory=lambda: Samples({}))
    samples_error: str = ""
    """Why there are no samples at all; empty when the source answered."""
    loads: Loads | None = None
    """None: no gateway is configured, or none answered."""


@value
class Evaluation:
    """A decision with all it was made from."""

    observation: Observation
    policy: Policy
    decision: Decision
    state: State
    """The state after the decision, if it is carried out."""
    judged: Judged
    """What was found of the samples."""
    faults: Mapping[str, Fault]
    """What is wrong with them, by pod."""
    details: Mapping[str, str]
    """The numbers behind the faults, by pod."""
    awake: str = ""
    """What keeps a service awake that may sleep; empty: nothing does, or it never sleeps."""
    zero: Zero | None = None
    """When it sleeps; None: never."""


def evaluate(
    target: Target,
    policy: Policy,
    state: State | None,
    inputs: Inputs,
    capacities: Mapping[str, int],
    now: float,
    zero: Zero | None = None,
    scheduled: int = 0,
    known: Judged | None = None,
) -> Evaluation:
    """Decide for one service at `now` (unix seconds).

    `zero` says when it sleeps (None: never), `scheduled` how many replicas a schedule asks for,
    `known` what was found of its samples last.
    """
    limits, samples = Limits(max_age=policy.max_sample_age_s), inputs.samples.pods
    judged = known
    if judged is None or not judged.holds(target.expected, samples, now, limits):
        judged = judge(target.expected, samples, capacities, now, limits)
    observation = observe(
        target.name,
        target.deployment,
        target.pods,
        judged.usage,
        _load(target.name, inputs.loads, now),
        inputs.samples_error or _all_refused(judged),
        *_in_flight(target.name, inputs.loads),
    )
    decision, after = decide(observation, policy, state, now)
    faults: Mapping[str, Fault] = {}
    details: Mapping[str, str] = {}
    if not inputs.samples_error:
        decision, faults, details = _with_causes(decision, judged), judged.faults, judged.details
    roomy = within_room(decision, shortage(observation.pods, now))
    if roomy.action is not decision.action:
        after = after.not_written(state)
    held = after.holds(policy.hold_s, now)
    rested, awake = _rested(roomy, target, inputs.loads, zero, scheduled, held, now)
    if SLEEP in rested.reasons:
        after = after.interrupted()
    return Evaluation(observation, policy, rested, after, judged, faults, details, awake, zero)


def _rested(
    decision: Decision,
    target: Target,
    loads: Loads | None,
    zero: Zero | None,
    scheduled: int,
    held: bool,
    now: float,
) -> tuple[Decision, str]:
    """What holds instead of `decision` for a service that sleeps or may sleep now, and what keeps
    one awake that could sleep."""
    if slept_at(target.deployment):
        return asleep(decision), ""
    if zero is None or decision.current == 0:
        return decision, ""
    awake = kept_awake(zero, use_of(target, loads, now), scheduled, held, now)
    return (decision, awake) if awake else (sleep(decision, zero), "")


_CAUSES: Final = {
    Fault.FUTURE: "ClockSkew",
    Fault.STALE: "SamplesStale",
    Fault.NEGATIVE: "SamplesAbsurd",
    Fault.EXCESSIVE: "SamplesAbsurd",
}
"""The reason that tells of samples turned down, by what is wrong with them."""


def _refused(judged: Judged) -> list[tuple[str, Fault]]:
    return [(pod, fault) for pod, fault in judged.faults.items() if fault in _CAUSES]


def _all_refused(judged: Judged) -> str:
    """Why no sample stands although there are some; else empty."""
    refused = _refused(judged)
    if judged.usage or not refused:
        return ""
    pod, fault = refused[0]
    more = f", and {len(refused) - 1} more" if len(refused) > 1 else ""
    return f"samples were refused: {pod}: {fault}, {judged.details[pod]}{more}"


def _with_causes(decision: Decision, judged: Judged) -> Decision:
    """Also names why samples were turned down: first where nothing could be decided for it."""
    if not judged.faults:
        return decision
    causes = tuple(dict.fromkeys(_CAUSES[fault] for _, fault in _refused(judged)))
    if not causes:
        return decision
    if not decision.valid:
        return replace(decision, reasons=(*causes, *decision.reasons))
    return replace(decision, reasons=(*decision.reasons, *causes))


def _load(name: str, loads: Loads | None, now: float) -> Load | None:
    if loads is None:
        return None
    load = loads.services.get(name)
    if load is None:
        return Load(now, 0, whole=loads.whole)
    return Load(
        now,
        rounded_up(load.in_flight),
        load.waiting,
        load.arrivals,
        load.request_seconds,
        loads.whole and load.whole,
        load.longest or None,
    )


def _in_flight(name: str, loads: Loads | None) -> tuple[Mapping[str, int], int | None]:
    """Requests by pod, and those of a pod that is not among them: while a gateway is silent, or
    does not tell its pods, a pod without a request may have some all the same."""
    load = loads.services.get(name) if loads else None
    if loads is None or load is None or load.pods is None:
        return {}, None
    if not (loads.whole and load.whole):
        return {name: count for name, count in load.pods.items() if count}, None
    return load.pods, 0
