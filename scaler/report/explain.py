"""An evaluation told at length: words, a table of the pods, the arithmetic, each limit. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scaler.control.annotation import noted_signal
from scaler.control.standing import leftover, obstacle
from scaler.decision import Action
from scaler.decision.zero import ASLEEP
from scaler.report.glossary import explained
from scaler.report.sentences import cause, causes, clock_time, sentence, signal
from shared.service.durations import shown
from shared.service.noted import notes_of
from shared.service.sleeping import asleep_since

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from scaler.cluster.catalog import Target
    from scaler.config.scaling import Scaling
    from scaler.control.evaluate import Evaluation
    from scaler.decision import Decision, Policy, Signal


def explain(
    target: Target,
    scaling: Scaling,
    problems: Sequence[str],
    result: Evaluation,
    *,
    leaders: bool = False,
    unmarked: bool = False,
) -> Iterator[str]:
    """The lines of the explanation; `leaders`: the decision is the leader's own last one;
    `unmarked`: the leader may not say which pods go."""
    decision = result.decision
    yield f"{target.name}: {sentence(decision)}"
    yield ""
    yield _policy(target, result.policy)
    yield from (f"ignored: {problem}" for problem in problems)
    if note := leftover(target):
        yield note
    yield ""
    yield from _pods(decision, result)
    if result.observation.load is not None:
        load = result.observation.load
        least = "" if load.whole else "; a gateway is silent, so there may be more"
        yield f"gateway: {load.in_flight} requests in flight, {load.waiting} waiting{least}"
    if decision.signal:
        yield f"signal: {_signal(decision.signal)}"
    if not leaders and (noted := noted_signal(target.deployment)):
        yield f"signal at the leader's last write, {noted[1]}: {_signal(noted[0])}"
    yield from _sleep(target, scaling, result)
    yield ""
    yield from _arithmetic(decision)
    yield ""
    shrinks = decision.raw is not None and decision.raw < decision.current
    if shrinks and decision.current > result.policy.min_replicas and not leaders:
        yield _WINDOWS
    if unmarked:
        yield _UNMARKED
    yield verdict(target, scaling, result)


_WINDOWS: Final = (
    "Windows are told as of the leader's last write, which is all the cluster knows of them: what "
    "it has seen since may let it shrink sooner or later; ask /decisions of its admin port."
)


_UNMARKED: Final = (
    "Which pods go when it shrinks is left to Kubernetes, idle ones or not: the scaler may not "
    "mark them (overlay deletion-cost)."
)


def verdict(target: Target, scaling: Scaling, result: Evaluation) -> str:
    """What would be written, and if nothing, why."""
    decision = result.decision
    reason = obstacle(target, scaling)
    if reason is not None:
        return f"Nothing is written: {reason[1]}."
    if not decision.valid:
        return f"Nothing is written: there are no trusted data ({decision.error})."
    if decision.action is Action.NONE:
        return f"Nothing is written: {_rest(result)}."
    if scaling.dry_run:
        return f"Nothing is written: dry run (else {decision.replicas} replicas)."
    return f"The leading scaler writes {decision.replicas} replicas."


def _sleep(target: Target, scaling: Scaling, result: Evaluation) -> Iterator[str]:
    """Since when it sleeps, or what keeps one awake that may sleep."""
    usual = notes_of(target.deployment).usual_s
    start = f"; a start takes {shown(usual)} as a rule" if usual else ""
    left = _left_alone(target, scaling)
    if since := asleep_since(target.deployment):
        until = f"and nothing wakes it: {left}" if left else "until somebody asks for it"
        yield f"asleep since {since}, {until}{start}"
    elif scaling.zero_after_s is None:
        return
    elif result.awake:
        yield f"kept awake: {result.awake}{start}"
    elif result.decision.current:
        idle = f"nobody has asked for {shown(scaling.zero_after_s)}"
        yield (
            f"kept awake: {left}; {idle}{start}"
            if left
            else f"kept awake by nothing: {idle}{start}"
        )


def _left_alone(target: Target, scaling: Scaling) -> str:
    """Why nothing is written for a service, whatever is decided; else empty."""
    if reason := obstacle(target, scaling):
        return reason[1]
    return "a dry run writes nothing" if scaling.dry_run else ""


def _rest(result: Evaluation) -> str:
    """Why a valid decision leaves the number as it is."""
    decision, policy = result.decision, result.policy
    current, raw = decision.current, decision.raw
    if ASLEEP in decision.reasons:
        return "it sleeps, and nobody asks for it (exposed wake wakes it)"
    if current == 0:
        return "at 0 replicas scaling is off; scale the Deployment or start the service to resume"
    if raw is not None and raw < current == policy.min_replicas:
        return f"the metrics ask for {raw}, and {current} is the minimum"
    if raw is not None and raw > current == policy.max_replicas:
        return f"the metrics ask for {raw}, and {current} is the maximum; {_remedy(result)}"
    if raw is not None and raw != current:
        kept = " and ".join(decision.limits) + (" keeps" if len(decision.limits) == 1 else " keep")
        until = "" if decision.held_until is None else f" until {clock_time(decision.held_until)}"
        return f"the metrics ask for {raw}, but {kept} {current}{until}"
    for reason in _NOT_RIGHT:
        if reason in decision.reasons:
            text = f"{current} stays; {explained(reason)}"
            due = decision.held_until
            return text if due is None else f"{text}; the next step is due {clock_time(due)}"
    return f"{current} is the right number"


_NOT_RIGHT: Final = (
    "Loading",
    "CrashLoop",
    "Pending",
    "CpuDoesNotFollow",
    "Overload",
    "OverloadPeriod",
    "Bursts",
    "Rhythm",
    "Unmeasured",
)
"""Reasons with which a size that stays is not what the load calls for, or nobody can tell; the
first one of them is the cause."""

_IDLE_M: Final = 50
"""milliCPU that a server uses with nothing to do, at most: probes, timers, a garbage collector."""


def _remedy(result: Evaluation) -> str:
    """What helps at the maximum: more pods, unless each is busy with nothing but itself.

    That is so where a pod uses no more than an idle server does, and no gateway tells of a request.
    """
    used, load = result.decision.average_usage_m, result.observation.load
    if used is None or used > _IDLE_M or (load is not None and load.in_flight + load.waiting > 0):
        return "raise max_scale for more"
    return (
        f"but a pod uses {used}m, as an idle server does, which more pods would not lower: raise "
        "the request (cpu) to what a pod needs"
    )


def _policy(target: Target, policy: Policy) -> str:
    least = f"{policy.min_replicas}"
    if policy.min_replicas > target.expose.min_scale:
        least += f" (by a schedule; min_scale is {target.expose.min_scale})"
    return (
        f"Policy {policy.name}: {least} to {policy.max_replicas} replicas, target "
        f"{policy.target_pct}% (-{policy.down_tolerance:.0%}, +{policy.up_tolerance:.0%}), "
        f"a decision every {policy.period_s:g} s"
    )


def _signal(told: Signal) -> str:
    """What told the demand, with the cost of a request."""
    cost = "" if told.cost_m is None else f", a request costs {told.cost_m:g}m"
    return f"{signal(told)}{cost}"


def _pods(decision: Decision, result: Evaluation) -> Iterator[str]:
    rows = [("POD", "CLASS", "SHARE", "DETAIL")]
    for view in decision.pods:
        share = "-" if view.share_pct is None else f"{view.share_pct}%"
        fault, numbers = result.faults.get(view.name), result.details.get(view.name)
        details = [view.detail] if view.detail else []
        details += [f"sample {fault}: {numbers}" if numbers else f"sample {fault}"] if fault else []
        rows.append((view.name, view.pod_class.value, share, ", ".join(details)))
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    for name, kind, share, detail in rows:
        line = f"{name:<{widths[0]}}  {kind:<{widths[1]}}  {share:>{widths[2]}}  {detail}"
        yield line.rstrip()


def _arithmetic(decision: Decision) -> Iterator[str]:
    yield f"{'replicas now':<18}{decision.current:>5}"
    for name, number in (
        ("metrics ask for", decision.raw),
        ("after windows", decision.stabilised),
        ("after step limits", decision.limited),
    ):
        yield f"{name:<18}{'-' if number is None else number:>5}"
    yield f"{'within bounds':<18}{decision.replicas:>5}"
    yield from (f"because: {explained(word)}" for word in causes(decision))
    yield from (f"held by: {explained(word)}" for word in decision.limits)
    if decision.cause:
        yield f"cause: {cause(decision)}"
    if decision.held_until is not None:
        yield f"held until: {clock_time(decision.held_until)}"
    yield from (f"{c.type}={c.status} ({c.reason})" for c in decision.conditions)
