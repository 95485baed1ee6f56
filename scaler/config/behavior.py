"""The field `hpa`: what only policy `hpa` knows, in the words of autoscaling/v2. Pure.

Source: Kubernetes API reference, HorizontalPodAutoscalerBehavior, HPAScalingRules.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from scaler.decision import Behavior, HpaOptions, Rate, Rules
from shared.service.fields import Fields

if TYPE_CHECKING:
    from collections.abc import Mapping

_SELECT: Final = {"max": "Max", "min": "Min", "disabled": "Disabled"}
_TYPES: Final = {"pods": "Pods", "percent": "Percent"}
MAX_RATES: Final = 16


def read_hpa(fields: Fields, base: HpaOptions) -> HpaOptions:
    """The options of an HPA and of kube-controller-manager over `base`."""
    with fields.section("hpa") as hpa:
        return replace(
            base,
            container=hpa.text("container") or base.container,
            behavior=_behavior(hpa, base.behavior),
            initialization_s=_seconds(hpa, "initialization_seconds", base.initialization_s),
            readiness_delay_s=_seconds(hpa, "readiness_delay_seconds", base.readiness_delay_s),
            stabilization_s=_seconds(hpa, "stabilization_seconds", base.stabilization_s),
        )


def _behavior(fields: Fields, base: Behavior | None) -> Behavior | None:
    """`behavior: {}` is Kubernetes' default behavior; left out, that of autoscaling/v1."""
    if fields.raw("behavior") is None:
        return base
    defaults = Behavior()
    with fields.section("behavior") as behavior:
        return Behavior(
            up=_rules(behavior, "scaleUp", defaults.up),
            down=_rules(behavior, "scaleDown", defaults.down),
        )


def _rules(fields: Fields, name: str, base: Rules) -> Rules:
    with fields.section(name) as rules:
        tolerance = rules.number("tolerance", default=-1.0, least=0, most=1)
        return Rules(
            window_s=_seconds(rules, "stabilizationWindowSeconds", base.window_s),
            rates=_rates(rules, base.rates),
            select=_SELECT[rules.text("selectPolicy", default="max", among=tuple(_SELECT))],
            tolerance=base.tolerance if tolerance < 0 else tolerance,
        )


def _rates(fields: Fields, base: tuple[Rate, ...]) -> tuple[Rate, ...]:
    policies = fields.raw("policies")
    if policies is None:
        return base
    if not isinstance(policies, list) or not 1 <= len(policies) <= MAX_RATES:
        fields.error("policies", f"must be a list of 1 to {MAX_RATES} policies")
        return base
    return tuple(
        _rate(Fields(each, f"{fields.path}.policies[{index}]", fields.problems))
        for index, each in enumerate(policies)
    )


def _rate(fields: Fields) -> Rate:
    types: Mapping[str, str] = _TYPES
    rate = Rate(
        type=types[fields.text("type", default="pods", among=tuple(types))],
        value=fields.integer("value", default=1, least=1, most=100_000),
        period_s=float(fields.integer("periodSeconds", default=15, least=1, most=1800)),
    )
    fields.warn_unknown()
    return rate


def _seconds(fields: Fields, name: str, default: float) -> float:
    return float(fields.integer(name, default=int(default), least=0, most=3600))
