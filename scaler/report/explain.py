"""An evaluation told at length: words, a table of the pods, the arithmetic, each limit. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scaler.control.standing import leftover, obstacle
from scaler.decision import Action
from scaler.report.glossary import explained
from scaler.report.sentences import causes, sentence

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from scaler.cluster.catalog import Target
    from scaler.config.scaling import Scaling
    from scaler.control.evaluate import Evaluation
    from scaler.decision import Decision, Policy
    from scaler.sources.quality import Fault


def explain(
    target: Target, scaling: Scaling, problems: Sequence[str], result: Evaluation
) -> Iterator[str]:
    """The lines of the explanation."""
    decision = result.decision
    yield f"{target.name}: {sentence(decision)}"
    yield ""
    yield _policy(target, result.policy)
    yield from (f"ignored: {problem}" for problem in problems)
    if note := leftover(target):
        yield note
    yield ""
    yield from _pods(decision, result.faults)
    if result.observation.load is not None:
        load = result.observation.load
        yield f"gateway: {load.in_flight} requests in flight, {load.waiting} waiting"
    yield ""
    yield from _arithmetic(decision)
    yield ""
    if decision.raw is not None and decision.raw < decision.current > result.policy.min_replicas:
        yield _WINDOWS
    yield verdict(target, scaling, result)


_WINDOWS: Final = (
    "Windows are told as of the leader's last write, which is all the cluster knows of them: what "
    "it has seen since may let it shrink sooner or later; ask /decisions of its admin port."
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
        return f"Nothing is written: {_rest(decision, result.policy)}."
    if scaling.dry_run:
        return f"Nothing is written: dry run (else {decision.replicas} replicas)."
    return f"The leading scaler writes {decision.replicas} replicas."


def _rest(decision: Decision, policy: Policy) -> str:
    """Why a valid decision leaves the number as it is."""
    current, raw = decision.current, decision.raw
    if current == 0:
        return "at 0 replicas scaling is off; scale the Deployment or start the service to resume"
    if raw is not None and raw < current == policy.min_replicas:
        return f"the metrics ask for {raw}, and {current} is the minimum"
    if raw is not None and raw > current == policy.max_replicas:
        return f"the metrics ask for {raw}, and {current} is the maximum; raise max_scale for more"
    if raw is not None and raw != current:
        return f"the metrics ask for {raw}, but {' and '.join(decision.limits)} keeps {current}"
    return f"{current} is the right number"


def _policy(target: Target, policy: Policy) -> str:
    least = f"{policy.min_replicas}"
    if policy.min_replicas > target.expose.min_scale:
        least += f" (by a schedule; min_scale is {target.expose.min_scale})"
    return (
        f"Policy {policy.name}: {least} to {policy.max_replicas} replicas, target "
        f"{policy.target_pct}% (-{policy.down_tolerance:.0%}, +{policy.up_tolerance:.0%}), "
        f"a decision every {policy.period_s:g} s"
    )


def _pods(decision: Decision, faults: Mapping[str, Fault]) -> Iterator[str]:
    rows = [("POD", "CLASS", "SHARE", "DETAIL")]
    for view in decision.pods:
        share = "-" if view.share_pct is None else f"{view.share_pct}%"
        fault = faults.get(view.name)
        details = [view.detail] if view.detail else []
        details += [f"sample {fault}"] if fault else []
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
    yield from (f"{c.type}={c.status} ({c.reason})" for c in decision.conditions)
