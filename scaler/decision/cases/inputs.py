"""From the fields of a case to the values that a decision takes. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from scaler.decision.hpa.state import HpaState, Recommendation, ScaleEvent
from scaler.decision.policy import HPA, Behavior, HpaOptions, Policy, Rate, Rules
from scaler.decision.responsive import state as responsive
from scaler.decision.types import Container, Observation, Pod, Sample

if TYPE_CHECKING:
    from scaler.decision.cases.fields import Fields
    from scaler.decision.state import State

NOW = 1e9
"""The present of every case, so that an age of 1e9 is the epoch: Kubernetes' zero time."""

_PHASES = ("Pending", "Running", "Succeeded", "Failed", "Unknown")


def observation(given: Fields, spec_replicas: int, status_replicas: int) -> Observation:
    """Pods and samples of a case."""
    return Observation(given.path, spec_replicas, status_replicas, pods(given), samples(given))


def samples(given: Fields) -> dict[str, Sample]:
    """The samples of the pods under `pods`, and those without a pod."""
    listed = enumerate(given.items("pods"))
    found = {
        item.text("name", f"pod-{index}"): _sample(item.child("metric"), item)
        for index, item in listed
        if item.has("metric")
    }
    extras = given.items("extra_metrics")
    return found | {extra.text("pod", ""): _sample(extra, extra) for extra in extras}


def pods(given: Fields) -> tuple[Pod, ...]:
    """The pods under `pods`."""
    return tuple(
        Pod(
            name=item.text("name", f"pod-{index}"),
            phase=item.choice("phase", _PHASES, "Running"),
            deleted=item.flag("deleted"),
            ready=_ready(item),
            started=_time(item, "start_age_s"),
            transitioned=_time(item, "ready_transition_age_s"),
            containers=containers(item),
            request_m=item.whole("pod_level_request_m"),
        )
        for index, item in enumerate(given.items("pods"))
    )


def containers(item: Fields) -> tuple[Container, ...]:
    """Containers with requests and limits; of init containers those that keep running."""
    return tuple(
        Container(part.text("name", ""), part.whole("request_m"), part.whole("limit_m"))
        for part in _parts(item)
    )


def _parts(item: Fields) -> list[Fields]:
    running = [part for part in item.items("init_containers") if part.flag("restart_always")]
    return [*item.items("containers"), *running]


def policy(given: Fields, name: str, measured: bool = True) -> Policy:
    """Target, tolerances and the HPA's options of a case.

    The target may be left out when the case is decided without any metric (not `measured`).
    """
    target = given.integer("target_utilization_pct", least=1) if measured else Policy().target_pct
    behavior = None
    if given.has("behavior"):
        both, default = given.child("behavior"), Behavior()
        window = given.number("downscale_stabilization_s", default.down.window_s)
        down = replace(default.down, window_s=window)
        behavior = Behavior(
            rules(both.child("scale_up"), default.up) if both.has("scale_up") else default.up,
            rules(both.child("scale_down"), down) if both.has("scale_down") else down,
        )
    return Policy(
        name=name,
        target_pct=target,
        tolerance_up=given.number("tolerance_up", 0.1),
        tolerance_down=given.number("tolerance_down", 0.1),
        hpa=_options(given, behavior),
    )


def rules(given: Fields, default: Rules) -> Rules:
    """One direction of a behavior; what is absent is as in `default`."""
    return Rules(
        given.number("stabilization_window_s", default.window_s),
        tuple(_rate(item) for item in given.items("policies"))
        if given.has("policies")
        else default.rates,
        given.choice("select_policy", ("Max", "Min", "Disabled"), "Max"),
        given.seconds("tolerance"),
    )


def _rate(item: Fields) -> Rate:
    kind = item.choice("type", ("Pods", "Percent"))
    return Rate(kind, item.integer("value"), item.number("period_s"))


def recommendations(given: Fields) -> tuple[Recommendation, ...]:
    """Past recommendations, `[replicas, age]` each."""
    return tuple(Recommendation(n, NOW - age) for n, age in given.pairs("recommendations"))


def events(given: Fields, name: str) -> tuple[ScaleEvent, ...]:
    """Past changes, `[change, age]` each."""
    return tuple(ScaleEvent(change, NOW - age) for change, age in given.pairs(name))


def state(given: Fields, policy_name: str) -> State:
    """What the policy remembers of earlier decisions, in its own terms."""
    past = recommendations(given) if given.has("recommendations") else None
    ups, downs = events(given, "scale_up_events"), events(given, "scale_down_events")
    if policy_name == HPA:
        return HpaState(past, ups, downs)
    return responsive.ResponsiveState(
        recommendations=tuple(responsive.Recommendation(p.replicas, p.time) for p in past or ()),
        grown=ups[-1].time if ups else None,
        shrunk=downs[-1].time if downs else None,
        decided=None if past is None else NOW - 1,
    )


def _options(given: Fields, behavior: Behavior | None) -> HpaOptions:
    default = HpaOptions()
    return HpaOptions(
        behavior=behavior,
        container=given.text("container", "") or None,
        initialization_s=given.number("cpu_initialization_period_s", default.initialization_s),
        readiness_delay_s=given.number("initial_readiness_delay_s", default.readiness_delay_s),
        stabilization_s=given.number("downscale_stabilization_s", default.stabilization_s),
        up_factor=given.number("legacy_scale_up_factor", default.up_factor),
        up_minimum=given.integer("legacy_scale_up_minimum", default.up_minimum),
        configurable_tolerance=given.flag(
            "configurable_tolerance_enabled", default.configurable_tolerance
        ),
        pod_level_requests=given.flag("pod_level_resources_enabled", default.pod_level_requests),
    )


def _sample(taken: Fields, pod: Fields) -> Sample:
    usage = {part.text("name", ""): part.whole("usage_m") for part in _parts(pod)}
    return Sample(NOW - taken.number("age_s"), taken.number("window_s"), usage)


def _ready(item: Fields) -> str | None:
    return item.choice("ready", ("True", "False", "Unknown")) if item.has("ready") else None


def _time(item: Fields, name: str) -> float | None:
    age = item.seconds(name)
    return None if age is None else NOW - age
