"""The field `hpa`: what only policy `hpa` knows, in the words of autoscaling/v2. Pure.

Source: Kubernetes API reference, HorizontalPodAutoscalerBehavior, HPAScalingRules.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from shared.service.fields import Fields
from shared.service.scaling.given import Given

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_RATES: Final = 16
_LONGEST: Final = 3600
_SELECT: Final = {"max": "Max", "min": "Min", "disabled": "Disabled"}
_TYPES: Final = {"pods": "Pods", "percent": "Percent"}


def read_hpa(section: Fields) -> tuple[dict[str, Any], Mapping[str, Any] | None]:
    """The options that are given, and the rules by direction (`up`, `down`); None is no `behavior`,
    and an empty one is Kubernetes' default."""
    hpa = Given(section, {})
    if section.text("container"):
        hpa.take("container", "container", lambda: section.text("container"))
    for key, name in (
        ("initialization_s", "initialization_seconds"),
        ("readiness_delay_s", "readiness_delay_seconds"),
        ("stabilization_s", "stabilization_seconds"),
    ):
        _seconds(hpa, key, name)
    if section.raw("behavior") is None:
        return hpa.values, None
    with section.section("behavior") as behavior:
        rules = {"up": _rules(behavior, "scaleUp"), "down": _rules(behavior, "scaleDown")}
    return hpa.values, rules


def _rules(behavior: Fields, name: str) -> dict[str, Any]:
    with behavior.section(name) as section:
        rules = Given(section, {})
        rules.share("tolerance", "tolerance")
        _seconds(rules, "window_s", "stabilizationWindowSeconds")
        rules.take("rates", "policies", lambda: _rates(section))
        rules.take(
            "select",
            "selectPolicy",
            lambda: _SELECT[section.text("selectPolicy", default="max", among=tuple(_SELECT))],
        )
        return rules.values


def _rates(section: Fields) -> tuple[dict[str, Any], ...]:
    policies = section.raw("policies")
    if not isinstance(policies, list) or not 1 <= len(policies) <= MAX_RATES:
        section.error("policies", f"must be a list of 1 to {MAX_RATES} policies")
        return ()
    return tuple(
        _rate(Fields(each, section.at(f"policies[{index}]"), section.problems))
        for index, each in enumerate(policies)
    )


def _rate(fields: Fields) -> dict[str, Any]:
    rate = {
        "type": _TYPES[fields.text("type", default="pods", among=tuple(_TYPES))],
        "value": fields.integer("value", default=1, least=1, most=100_000),
        "period_s": float(fields.integer("periodSeconds", default=15, least=1, most=1800)),
    }
    fields.warn_unknown()
    return rate


def _seconds(given: Given, key: str, name: str) -> None:
    given.take(
        key, name, lambda: float(given.fields.integer(name, default=0, least=0, most=_LONGEST))
    )
