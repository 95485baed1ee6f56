"""How one service is to be scaled: its policy, pause, dry run and schedules. Pure.

The same fields may stand in the scaler's configuration (`defaults`, `services.<name>`) and in the
FDL (`expose.scaling`). Later layers win, field by field:

1. the built-in defaults,
2. `defaults` of the configuration,
3. `expose.scaling` of the service, written by its author,
4. `services.<name>` of the configuration: the operator has the last word.

`min_scale`, `max_scale` and `cpu_threshold` are always the definition's.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from scaler.config.schedules import Schedule, minimum
from scaler.decision import Behavior, HpaOptions, Policy, Rate, Rules
from scaler.decision.zero import Zero
from shared.service.scaling.schema import read_written
from shared.service.scaling.waking import NOBODY, WakeExcept

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from shared.service.fields import Fields
    from shared.service.model import Expose
    from shared.service.scaling.schema import Written


@dataclass(frozen=True, slots=True)
class Scaling:
    """All settings of one service."""

    policy: Policy = field(default_factory=Policy)
    pause: bool = False
    """Keep the size, whatever the load."""
    dry_run: bool = False
    """Decide and report, write nothing."""
    schedules: tuple[Schedule, ...] = ()
    zero_after_s: float | None = None
    """Seconds without a request after which the service goes to 0 replicas; None: never."""
    wake_to: int | None = None
    """Replicas on waking, at least; None: the minimum."""
    wake_except: WakeExcept = NOBODY
    """Whose requests the gateways answer without waking."""

    @property
    def zero(self) -> Zero | None:
        """When the service sleeps; None: never."""
        return None if self.zero_after_s is None else Zero(self.zero_after_s, self.wake_to or 0)

    def least_replicas(self, now: float) -> int:
        """What the schedules ask for at `now`."""
        return minimum(self.schedules, now) if self.schedules else 0

    def policy_for(self, expose: Expose, scheduled: int = 0) -> Policy:
        """The policy for a service: bounds and target of its definition, and `scheduled` replicas.

        A schedule raises the minimum, but never above the definition's maximum.
        """
        least = max(expose.min_scale, scheduled)
        return replace(
            self.policy,
            min_replicas=min(least, expose.max_scale),
            max_replicas=expose.max_scale,
            target_pct=expose.cpu_threshold,
        )


def read_scaling(fields: Fields, base: Scaling) -> Scaling:
    """One layer of settings over `base`; problems are added to those of `fields`."""
    written = read_written(fields)
    general = dict(written.general)
    if "schedules" in general:
        general["schedules"] = tuple(Schedule(**each) for each in general["schedules"])
    return replace(base, policy=_policy(written, base.policy), **general)


def _policy(written: Written, base: Policy) -> Policy:
    hpa = replace(base.hpa, behavior=_behavior(written, base.hpa), **written.hpa)
    policy = replace(base, **written.policy, hpa=hpa)
    longest = max(policy.down_window_s, policy.longest_window_s)  # needs are remembered for so long
    return replace(policy, longest_window_s=longest)


def _behavior(written: Written, base: HpaOptions) -> Behavior | None:
    """`behavior: {}` is Kubernetes' default behavior; left out, that of autoscaling/v1."""
    if written.behavior is None:
        return base.behavior
    defaults = Behavior()
    up, down = written.behavior["up"], written.behavior["down"]
    return Behavior(up=_rules(up, defaults.up), down=_rules(down, defaults.down))


def _rules(given: Mapping[str, Any], base: Rules) -> Rules:
    rates = tuple(Rate(**each) for each in given.get("rates", ())) or base.rates
    return replace(base, **{**given, "rates": rates})
