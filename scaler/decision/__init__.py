"""The scaling decision: pure, `decide(observation, policy, state, now) -> (decision, state)`."""

from scaler.decision.decide import decide, restored
from scaler.decision.policy import HPA, RESPONSIVE, Behavior, HpaOptions, Policy, Rate, Rules
from scaler.decision.state import State
from scaler.decision.types import (
    Action,
    Condition,
    Container,
    Decision,
    Load,
    Observation,
    Pod,
    PodClass,
    PodView,
    Sample,
    Signal,
)

__all__ = [
    "HPA",
    "RESPONSIVE",
    "Action",
    "Behavior",
    "Condition",
    "Container",
    "Decision",
    "HpaOptions",
    "Load",
    "Observation",
    "Pod",
    "PodClass",
    "PodView",
    "Policy",
    "Rate",
    "Rules",
    "Sample",
    "Signal",
    "State",
    "decide",
    "restored",
]
