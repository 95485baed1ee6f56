"""Rules for Deployments and ReplicaSets (k8s.io/kubernetes/pkg/apis/apps/validation). Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from shared.embedded.schema.selectors import selects
from shared.embedded.validation import checks, pods

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shared.embedded.errors import Cause
    from shared.service.objects import Obj

_STRATEGIES: Final = ("Recreate", "RollingUpdate")
_OPERATORS: Final = ("In", "NotIn", "Exists", "DoesNotExist")


def deployment(obj: Obj) -> Iterator[Cause]:
    spec = obj["spec"]
    yield from _workload(spec)
    yield from _strategy(spec["strategy"])
    for name in ("revisionHistoryLimit", "progressDeadlineSeconds"):
        yield from checks.not_negative(f"spec.{name}", spec.get(name))
    if spec["progressDeadlineSeconds"] <= spec.get("minReadySeconds", 0):
        why = "must be greater than minReadySeconds"
        yield checks.invalid("spec.progressDeadlineSeconds", spec["progressDeadlineSeconds"], why)


def replica_set(obj: Obj) -> Iterator[Cause]:
    yield from _workload(obj["spec"])


def same_selector(old: Obj, new: Obj) -> Iterator[Cause]:
    selector = new["spec"].get("selector")
    if old["spec"].get("selector") != selector:
        yield checks.immutable("spec.selector", selector)


def _workload(spec: Obj) -> Iterator[Cause]:
    for name in ("replicas", "minReadySeconds"):
        yield from checks.not_negative(f"spec.{name}", spec.get(name))
    selector, template = spec.get("selector"), spec["template"]
    if selector is None:
        yield checks.required("spec.selector")
    elif not (selector.get("matchLabels") or selector.get("matchExpressions")):
        why = "empty selector is invalid for deployment"
        yield checks.invalid("spec.selector", selector, why)
    elif faults := list(_expressions(selector)):
        yield from faults
    elif not selects(selector, template["metadata"].get("labels", {})):
        labels = template["metadata"].get("labels")
        why = "`selector` does not match template `labels`"
        yield checks.invalid("spec.template.metadata.labels", labels, why)
    yield from checks.labels(
        "spec.template.metadata.labels", template["metadata"].get("labels", {})
    )
    yield from pods.spec("spec.template.spec", template["spec"])
    policy = template["spec"]["restartPolicy"]
    if policy in ("OnFailure", "Never"):
        yield from checks.one_of("spec.template.spec.restartPolicy", policy, ("Always",))


def _expressions(selector: Obj) -> Iterator[Cause]:
    for index, term in enumerate(selector.get("matchExpressions", [])):
        at = f"spec.selector.matchExpressions[{index}]"
        yield from checks.qualified_name(f"{at}.key", term.get("key", ""))
        yield from checks.one_of(f"{at}.operator", term.get("operator"), _OPERATORS)
        if term.get("operator") in ("In", "NotIn") and not term.get("values"):
            why = "must be specified when `operator` is 'In' or 'NotIn'"
            yield checks.required(f"{at}.values", why)


def _strategy(strategy: Obj) -> Iterator[Cause]:
    yield from checks.one_of("spec.strategy.type", strategy["type"], _STRATEGIES)
    rolling = strategy.get("rollingUpdate")
    if rolling is None:
        return
    if strategy["type"] == "Recreate":
        why = "may not be specified when strategy `type` is 'Recreate'"
        yield checks.forbidden("spec.strategy.rollingUpdate", why)
        return
    for name in ("maxUnavailable", "maxSurge"):
        yield from _share(f"spec.strategy.rollingUpdate.{name}", rolling[name])
    if all(rolling[name] in (0, "0%") for name in ("maxUnavailable", "maxSurge")):
        why = "may not be 0 when `maxSurge` is 0"
        field = "spec.strategy.rollingUpdate.maxUnavailable"
        yield checks.invalid(field, rolling["maxUnavailable"], why)


def _share(field: str, value: int | str) -> Iterator[Cause]:
    """A number of pods, or a percentage of them."""
    if isinstance(value, int):
        yield from checks.not_negative(field, value)
    elif not (value.endswith("%") and value[:-1].isascii() and value[:-1].isdigit()):
        why = "a valid percent string must be a numeric string followed by an ending '%' (e.g. "
        yield checks.invalid(
            field, value, f"{why}'1%',  or '93%', regex used for validation is '[0-9]+%')"
        )
