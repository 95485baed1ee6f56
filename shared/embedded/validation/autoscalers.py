"""Rules for HorizontalPodAutoscalers (k8s.io/kubernetes/pkg/apis/autoscaling/validation). Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from shared.embedded.validation import checks
from shared.embedded.validation.label_selectors import label_selector
from shared.embedded.validation.resources import container_resource

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shared.embedded.errors import Cause
    from shared.service.objects import Obj

_SOURCES: Final = {
    "Object": "object",
    "External": "external",
    "Pods": "pods",
    "Resource": "resource",
    "ContainerResource": "containerResource",
}
"""The field of each type of metric, in the order in which they are looked at."""

_SELECT_POLICIES: Final = ("Disabled", "Max", "Min")
_POLICIES: Final = ("Percent", "Pods")
_LONGEST_WINDOW, _LONGEST_PERIOD = 3600, 1800
_NONE_TO_WAKE: Final = (
    "must specify at least one Object or External metric to support scaling to zero replicas"
)


def autoscaler(obj: Obj) -> Iterator[Cause]:
    spec = obj["spec"]
    least, most = spec["minReplicas"], spec.get("maxReplicas", 0)
    if least < 1:
        yield checks.invalid("spec.minReplicas", least, "must be greater than or equal to 1")
    if most == 0:
        yield checks.required("spec.maxReplicas", "must be set and greater than 0")
    elif most < 0:
        yield checks.invalid("spec.maxReplicas", most, "must be greater than 0")
    if most < least:
        why = "must be greater than or equal to `minReplicas`"
        yield checks.invalid("spec.maxReplicas", most, why)
    yield from _reference("spec.scaleTargetRef", spec.get("scaleTargetRef", {}))
    metrics = spec.get("metrics", [])
    for index, metric in enumerate(metrics):
        yield from _metric(f"spec.metrics[{index}]", metric)
    if least == 0 and not {"Object", "External"} & {each.get("type") for each in metrics}:
        yield checks.forbidden("spec.metrics", _NONE_TO_WAKE)
    for name in ("scaleUp", "scaleDown"):
        if rules := spec.get("behavior", {}).get(name):
            yield from _rules(f"spec.behavior.{name}", rules)


def status(_: Obj, new: Obj) -> Iterator[Cause]:
    for name in ("currentReplicas", "desiredReplicas"):
        yield from checks.not_negative(f"status.{name}", new["status"].get(name))


def _reference(at: str, given: Obj) -> Iterator[Cause]:
    for name in ("kind", "name"):
        if not given.get(name):
            yield checks.required(f"{at}.{name}")
        else:
            yield from checks.path_segment(f"{at}.{name}", given[name])


def _metric(at: str, metric: Obj) -> Iterator[Cause]:
    kind = metric.get("type", "")
    if not kind:
        yield checks.required(f"{at}.type", "must specify a metric source type")
    if kind not in _SOURCES:
        yield checks.unsupported(f"{at}.type", kind, sorted(_SOURCES))
    given = [name for name in _SOURCES.values() if name in metric]
    if given:
        yield from _source(f"{at}.{given[0]}", given[0], metric[given[0]])
    if kind not in _SOURCES:
        yield checks.unsupported(f"{at}.type", kind, sorted(_SOURCES))
    elif _SOURCES[kind] not in given:
        why = "must populate information for the given metric source"
        yield checks.required(f"{at}.{_SOURCES[kind]}", why)
    if len(given) > 1:
        for name in given:
            if name != _SOURCES.get(kind):
                yield checks.forbidden(f"{at}.{name}", "must populate the given metric source only")


def _source(at: str, name: str, source: Obj) -> Iterator[Cause]:
    if name == "object":
        yield from _reference(f"{at}.describedObject", source.get("describedObject", {}))
    if name in ("object", "external", "pods"):
        yield from _identifier(f"{at}.metric", source.get("metric", {}))
    elif not source.get("name"):
        yield checks.required(f"{at}.name", "must specify a resource name")
    elif name == "containerResource":
        yield from container_resource(f"{at}.name", source["name"])
    if name == "containerResource":
        if not source.get("container"):
            yield checks.required(f"{at}.container", "must specify a container")
        else:
            yield from checks.label(f"{at}.container", source["container"])
    target = source.get("target", {})
    yield from _target(f"{at}.target", target)
    yield from _fitting(f"{at}.target", name, target)


def _identifier(at: str, metric: Obj) -> Iterator[Cause]:
    if not metric.get("name"):
        yield checks.required(f"{at}.name", "must specify a metric name")
    else:
        yield from checks.path_segment(f"{at}.name", metric["name"])
    yield from label_selector(f"{at}.selector", metric.get("selector"))


def _target(at: str, target: Obj) -> Iterator[Cause]:
    kind = target.get("type", "")
    if not kind:
        yield checks.required(f"{at}.type", "must specify a metric target type")
    if kind not in ("Utilization", "Value", "AverageValue"):
        why = "must be either Utilization, Value, or AverageValue"
        yield checks.invalid(f"{at}.type", kind, why)
    for name in ("value", "averageValue"):
        number = checks.amount(target[name]) if name in target else None
        if number is not None and number <= 0:
            yield checks.invalid(f"{at}.{name}", target[name], "must be positive")
    used = target.get("averageUtilization")
    if used is not None and used < 1:
        yield checks.invalid(f"{at}.averageUtilization", used, "must be greater than 0")


def _fitting(at: str, name: str, target: Obj) -> Iterator[Cause]:
    """The number that this kind of source is compared with."""
    average, value = "averageValue" in target, "value" in target
    if name == "pods":
        if not average:
            why = "must specify a positive target averageValue"
            yield checks.required(f"{at}.averageValue", why)
    elif name == "object":
        if not average and not value:
            why = "must set either a target value or averageValue"
            yield checks.required(f"{at}.averageValue", why)
    elif name == "external":
        if not average and not value:
            why = "must set either a target value for metric or a per-pod target"
            yield checks.required(f"{at}.averageValue", why)
        if average and value:
            why = "may not set both a target value for metric and a per-pod target"
            yield checks.forbidden(f"{at}.value", why)
    elif average and "averageUtilization" in target:
        why = "may not set both a target raw value and a target utilization"
        yield checks.forbidden(f"{at}.averageValue", why)
    elif not average and "averageUtilization" not in target:
        why = "must set either a target raw value or a target utilization"
        yield checks.required(f"{at}.averageUtilization", why)


def _rules(at: str, rules: Obj) -> Iterator[Cause]:
    window = rules.get("stabilizationWindowSeconds")
    field = f"{at}.stabilizationWindowSeconds"
    if window is not None and window < 0:
        yield checks.invalid(field, window, "must be greater than or equal to zero")
    if window is not None and window > _LONGEST_WINDOW:
        yield checks.invalid(field, window, f"must be less than or equal to {_LONGEST_WINDOW}")
    select = rules.get("selectPolicy")
    if select is not None and select not in _SELECT_POLICIES:
        yield checks.unsupported(f"{at}.selectPolicy", select, _SELECT_POLICIES)
    tolerance = checks.amount(rules.get("tolerance", "0"))
    if tolerance is not None and tolerance < 0:
        yield checks.invalid(f"{at}.tolerance", rules["tolerance"], checks.NEGATIVE)
    if rules.get("policies") == []:
        yield checks.required(f"{at}.policies", "must specify at least one Policy")
    for index, policy in enumerate(rules.get("policies", [])):
        yield from _policy(f"{at}.policies[{index}]", policy)


def _policy(at: str, policy: Obj) -> Iterator[Cause]:
    if policy.get("type") not in _POLICIES:
        yield checks.unsupported(f"{at}.type", policy.get("type", ""), _POLICIES)
    for name in ("value", "periodSeconds"):
        if policy.get(name, 0) <= 0:
            yield checks.invalid(f"{at}.{name}", policy.get(name, 0), "must be greater than zero")
    seconds = policy.get("periodSeconds", 0)
    if seconds > _LONGEST_PERIOD:
        why = f"must be less than or equal to {_LONGEST_PERIOD}"
        yield checks.invalid(f"{at}.periodSeconds", seconds, why)
