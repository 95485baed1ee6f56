"""Rules for PodDisruptionBudgets (k8s.io/kubernetes/pkg/apis/policy/validation). Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from shared.embedded.validation import checks
from shared.embedded.validation.label_selectors import label_selector

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shared.embedded.errors import Cause
    from shared.service.objects import Obj

_EVICTION: Final = ("AlwaysAllow", "IfHealthyBudget")
_COUNTS: Final = ("disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods")
_FIELDS: Final = ("MinAvailable", "Selector", "MaxUnavailable", "UnhealthyPodEvictionPolicy")


def budget(obj: Obj) -> Iterator[Cause]:
    spec = obj["spec"]
    if "minAvailable" in spec and "maxUnavailable" in spec:
        why = "minAvailable and maxUnavailable cannot be both set"
        yield checks.invalid("spec", checks.struct(spec, _FIELDS), why)
    for name in ("minAvailable", "maxUnavailable"):
        if name in spec:
            yield from checks.share(f"spec.{name}", spec[name])
            yield from checks.not_above_all(f"spec.{name}", spec[name])
    yield from label_selector("spec.selector", spec.get("selector"))
    policy = spec.get("unhealthyPodEvictionPolicy")
    if policy is not None and policy not in _EVICTION:
        yield checks.unsupported("spec.unhealthyPodEvictionPolicy", policy, _EVICTION)


def status(_: Obj, new: Obj) -> Iterator[Cause]:
    for name in _COUNTS:
        yield from checks.not_negative(f"status.{name}", new["status"].get(name))
