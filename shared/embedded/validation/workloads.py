"""Rules for Deployments and ReplicaSets (k8s.io/kubernetes/pkg/apis/apps/validation). Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from shared.embedded.schema.selectors import selects
from shared.embedded.validation import checks, pods
from shared.embedded.validation.label_selectors import is_empty, label_selector

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shared.embedded.errors import Cause
    from shared.service.objects import Obj

_STRATEGIES: Final = ("Recreate", "RollingUpdate")
_ABOVE_ALL: Final = "cannot be greater than status.replicas"


def deployment(obj: Obj) -> Iterator[Cause]:
    spec = obj["spec"]
    yield from checks.not_negative("spec.replicas", spec.get("replicas"))
    yield from _selected(spec)
    yield from _strategy(spec["strategy"])
    for name in ("minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds"):
        yield from checks.not_negative(f"spec.{name}", spec.get(name))
    if spec["progressDeadlineSeconds"] <= spec.get("minReadySeconds", 0):
        why = "must be greater than minReadySeconds"
        yield checks.invalid("spec.progressDeadlineSeconds", spec["progressDeadlineSeconds"], why)


def replica_set(obj: Obj) -> Iterator[Cause]:
    spec = obj["spec"]
    for name in ("replicas", "minReadySeconds"):
        yield from checks.not_negative(f"spec.{name}", spec.get(name))
    yield from _selected(spec)


def same_selector(old: Obj, new: Obj) -> Iterator[Cause]:
    selector = new["spec"].get("selector")
    if old["spec"].get("selector") != selector:
        yield checks.immutable("spec.selector", selector)


def deployment_status(_: Obj, new: Obj) -> Iterator[Cause]:
    yield from _counts(new["status"], ("updatedReplicas", "readyReplicas", "availableReplicas"))


def replica_set_status(_: Obj, new: Obj) -> Iterator[Cause]:
    counted = ("fullyLabeledReplicas", "readyReplicas", "availableReplicas")
    yield from _counts(new["status"], counted)


def _counts(status: Obj, counted: tuple[str, ...]) -> Iterator[Cause]:
    for name in ("observedGeneration", "replicas", *counted, "unavailableReplicas"):
        yield from checks.not_negative(f"status.{name}", status.get(name))
    for name in counted:
        if status.get(name, 0) > status.get("replicas", 0):
            yield checks.invalid(f"status.{name}", status.get(name, 0), _ABOVE_ALL)
    available = status.get("availableReplicas", 0)
    if available > status.get("readyReplicas", 0):
        why = "cannot be greater than readyReplicas"
        yield checks.invalid("status.availableReplicas", available, why)


def _selected(spec: Obj) -> Iterator[Cause]:
    """The selector, and a template that it selects."""
    selector, template = spec.get("selector"), spec["template"]
    labels = template["metadata"].get("labels")
    faults: list[Cause] = []
    if selector is None:
        yield checks.required("spec.selector")
    else:
        faults = list(label_selector("spec.selector", selector))
        yield from faults
        if is_empty(selector):
            why = "empty selector is invalid for deployment"
            yield checks.invalid("spec.selector", selector, why)
    if faults:
        yield checks.invalid("spec.selector", selector, "invalid label selector")
        return
    if selector is None or not selects(selector, labels or {}):
        why = "`selector` does not match template `labels`"
        yield checks.invalid("spec.template.metadata.labels", labels, why)
    yield from _template("spec.template", template)


def _template(at: str, template: Obj) -> Iterator[Cause]:
    yield from pods.template(at, template)
    policy = template["spec"]["restartPolicy"]
    if policy != "Always":
        yield checks.unsupported(f"{at}.spec.restartPolicy", policy, ("Always",))
    if "activeDeadlineSeconds" in template["spec"]:
        why = "activeDeadlineSeconds in ReplicaSet is not Supported"
        yield checks.forbidden(f"{at}.spec.activeDeadlineSeconds", why)


def _strategy(strategy: Obj) -> Iterator[Cause]:
    at, rolling = "spec.strategy", strategy.get("rollingUpdate")
    if strategy["type"] not in _STRATEGIES:
        shown = checks.struct(strategy, ("Type", "RollingUpdate"))
        yield checks.unsupported(at, shown, _STRATEGIES)
    elif strategy["type"] == "Recreate":
        if rolling is not None:
            why = "may not be specified when strategy `type` is 'Recreate'"
            yield checks.forbidden(f"{at}.rollingUpdate", why)
    elif rolling is None:
        yield checks.required(f"{at}.rollingUpdate", "this should be defaulted and never be nil")
    else:
        yield from _rolling(f"{at}.rollingUpdate", rolling)


def _rolling(at: str, rolling: Obj) -> Iterator[Cause]:
    for name in ("maxUnavailable", "maxSurge"):
        yield from checks.share(f"{at}.{name}", rolling[name])
    if all(rolling[name] in (0, "0%") for name in ("maxUnavailable", "maxSurge")):
        why = "may not be 0 when `maxSurge` is 0"
        yield checks.invalid(f"{at}.maxUnavailable", rolling["maxUnavailable"], why)
    yield from checks.not_above_all(f"{at}.maxUnavailable", rolling["maxUnavailable"])
