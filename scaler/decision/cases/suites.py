"""What each suite of cases checks: its input to its outcome, through the public functions. Pure.

Suites `replica_calc` and `reconcile` are whole decisions, the others one step of policy hpa.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from scaler.decision.cases import inputs
from scaler.decision.cases.fields import Fields
from scaler.decision.cases.inputs import NOW
from scaler.decision.decide import decide
from scaler.decision.hpa import limits, stabilisation
from scaler.decision.hpa.calculator import (
    MetricsError,
    group_pods,
    pod_request,
    propose,
    utilisation,
)
from scaler.decision.policy import HPA, Behavior, HpaOptions
from scaler.decision.types import Pod, PodClass

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def evaluate(case: Any, policy: str = HPA, path: str = "case") -> dict[str, Any]:
    """The outcome of one case under `policy`.

    Has the fields that the case's suite expects; only those that stand under the case's own
    `expect`, when it has one. Raises FieldError naming the field that is wrong.
    """
    fields = Fields(case, path)
    suite = fields.choice("suite", _SUITES)
    outcome = _SUITES[suite](fields.child("input"), policy)
    expected = fields.data.get("expect")
    if not isinstance(expected, dict) or "error_contains" in expected or list(outcome) == ["error"]:
        return outcome
    return {name: value for name, value in outcome.items() if name in expected}


def _replica_calc(given: Fields, policy_name: str) -> dict[str, Any]:
    current = given.integer("current_replicas")
    observation = inputs.observation(given, current, current)
    policy = inputs.policy(given, policy_name)
    if policy_name == HPA:
        try:
            proposal = propose(observation, policy, NOW)
        except MetricsError as error:
            return {"error": str(error)}
        measured = proposal.utilisation
        return {
            "replicas": proposal.replicas,
            "utilization_pct": measured.percent,
            "avg_usage_m": measured.average_m,
        }
    policy = replace(policy, min_replicas=1, max_replicas=2**31 - 1)
    decision, _ = decide(observation, policy, None, NOW)
    if not decision.valid:
        return {"error": decision.error}
    return {
        "replicas": decision.replicas if decision.raw is None else decision.raw,
        "utilization_pct": decision.utilisation_pct,
        "avg_usage_m": decision.average_usage_m,
    }


def _reconcile(given: Fields, policy_name: str) -> dict[str, Any]:
    spec = given.integer("spec_replicas")
    low, high = given.integer("min_replicas", 1), given.integer("max_replicas")
    observation = inputs.observation(given, spec, given.integer("status_replicas", spec))
    measured = spec > 0 and low <= spec <= high
    policy = replace(
        inputs.policy(given, policy_name, measured), min_replicas=low, max_replicas=high
    )
    decision, _ = decide(observation, policy, inputs.state(given, policy_name), NOW)
    return {
        "desired_replicas": decision.replicas,
        "action": str(decision.action),
        "error": "None" if decision.valid else "Internal",
        "conditions": {c.type: [c.status, c.reason] for c in decision.conditions},
        "utilization_pct": decision.utilisation_pct,
    }


def _group_pods(given: Fields, _policy_name: str) -> dict[str, Any]:
    pods = inputs.pods(given)
    samples = inputs.samples(given)
    classes = group_pods(
        pods,
        samples,
        NOW,
        given.number("cpu_initialization_period_s"),
        given.number("initial_readiness_delay_s"),
        given.text("resource", "cpu"),
    )

    def named(wanted: PodClass) -> list[str]:
        return [name for name, pod_class in classes.items() if pod_class is wanted]

    return {
        "ready_count": len(named(PodClass.READY)),
        "unready": named(PodClass.UNREADY),
        "missing": named(PodClass.MISSING),
        "ignored": named(PodClass.IGNORED),
    }


def _pod_request(given: Fields, _policy_name: str) -> dict[str, Any]:
    request_m = given.whole("pod_level_request_m")
    pod = Pod("test-pod", containers=inputs.containers(given), request_m=request_m)
    options = HpaOptions(
        container=given.text("container", "") or None,
        pod_level_requests=given.flag("pod_level_resources_enabled"),
    )
    try:
        return {"request_m": pod_request(pod, options)}
    except MetricsError as error:
        return {"error": str(error)}


def _utilization_ratio(given: Fields, _policy_name: str) -> dict[str, Any]:
    try:
        measured = utilisation(
            _integers(given.child("metrics")),
            _integers(given.child("requests")),
            given.integer("target_utilization_pct", least=1),
        )
    except MetricsError as error:
        return {"error": str(error)}
    return {
        "ratio": measured.ratio,
        "utilization_pct": measured.percent,
        "avg_usage_m": measured.average_m,
    }


def _clamp_legacy(given: Fields, _policy_name: str) -> dict[str, Any]:
    replicas, reason = limits.clamp_legacy(
        *_sizes(given), given.number("scale_up_factor"), given.integer("scale_up_minimum")
    )
    return {"replicas": replicas, "limit_reason": reason}


def _rate_limit_behavior(given: Fields, _policy_name: str) -> dict[str, Any]:
    replicas, reason = limits.clamp_rates(
        *_sizes(given),
        Behavior(
            inputs.rules(given.child("scale_up"), Behavior().up),
            inputs.rules(given.child("scale_down"), Behavior().down),
        ),
        inputs.events(given, "scale_up_events"),
        inputs.events(given, "scale_down_events"),
        NOW,
    )
    return {"replicas": replicas, "limit_reason": reason}


def _rate_limit_only(given: Fields, _policy_name: str) -> dict[str, Any]:
    limit = {"up": limits.up_limit, "down": limits.down_limit}[
        given.choice("direction", ("up", "down"))
    ]
    return {
        "limit": limit(
            given.integer("current_replicas"),
            inputs.rules(given.child("rules"), Behavior().up),
            inputs.events(given, "scale_up_events"),
            inputs.events(given, "scale_down_events"),
            NOW,
        )
    }


def _stabilize_legacy(given: Fields, _policy_name: str) -> dict[str, Any]:
    replicas, history = stabilisation.stabilise_legacy(
        inputs.recommendations(given),
        given.integer("desired_replicas"),
        given.number("window_s"),
        NOW,
    )
    return {"replicas": replicas, "history_len": len(history)}


def _stabilize_behavior(given: Fields, _policy_name: str) -> dict[str, Any]:
    replicas, history = stabilisation.stabilise(
        inputs.recommendations(given),
        given.integer("current_replicas"),
        given.integer("desired_replicas"),
        given.number("scale_up_window_s"),
        given.number("scale_down_window_s"),
        NOW,
    )
    return {"replicas": replicas, "history_after": [past.replicas for past in history]}


def _scale_events(given: Fields, _policy_name: str) -> dict[str, Any]:
    before = inputs.events(given, "events_before")
    after = before
    if given.has("rules"):
        change = given.integer("replica_change")
        after = limits.record_change(
            before, change, inputs.rules(given.child("rules"), Behavior().up), NOW
        )
    return {
        "change_in_query_period": limits.change_within(before, given.number("query_period_s"), NOW),
        "events_after": [[event.change, event.outdated] for event in after],
    }


_SUITES: dict[str, Callable[[Fields, str], dict[str, Any]]] = {
    "replica_calc": _replica_calc,
    "reconcile": _reconcile,
    "group_pods": _group_pods,
    "pod_request": _pod_request,
    "utilization_ratio": _utilization_ratio,
    "clamp_legacy": _clamp_legacy,
    "rate_limit_behavior": _rate_limit_behavior,
    "rate_limit_only": _rate_limit_only,
    "stabilize_legacy": _stabilize_legacy,
    "stabilize_behavior": _stabilize_behavior,
    "scale_events": _scale_events,
}


def _sizes(given: Fields) -> tuple[int, int, int, int]:
    names = ("current_replicas", "desired_replicas", "min_replicas", "max_replicas")
    current, desired, minimum, maximum = (given.integer(name) for name in names)
    return current, desired, minimum, maximum


def _integers(given: Fields) -> Mapping[str, int]:
    return {name: given.integer(name) for name in given.data}
