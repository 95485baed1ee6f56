"""What goes wrong with services: scenarios that are about what must not happen, not about how much
it costs. They are in no comparison unless they are named."""

from __future__ import annotations

from scaler.simulator import shapes
from scaler.simulator.scenario import Scenario, World

_LOADS_MODEL = World(ready_at_start=False, start_s=(240.0, 240.0), start_cpu_m=950)
_NEVER_ANSWERS = World(ready_at_start=False, start_s=(3600.0, 3600.0), start_cpu_m=950, run_s=90.0)


def _new_model(second: int, seconds: int) -> float:
    return 3.0 if 2 * second >= seconds else 1.0


def _long_answers(second: int, _: int) -> float:
    return 3.0 if second // 60 % 2 else 1.0


FAULTS: dict[str, Scenario] = {
    scenario.name: scenario
    for scenario in (
        Scenario("long-load", shapes.late, _LOADS_MODEL),
        Scenario("crash-loop", shapes.constant, _NEVER_ANSWERS, peak=1.5),
        Scenario("bad-rollout", shapes.constant, World(rollouts=(600,), pullable=False)),
        Scenario("spinning", shapes.on_off, World(spins=True)),
        Scenario("target-above-limit", shapes.step_up, World(target_pct=120)),
        Scenario("herd", shapes.herd),
        Scenario("new-model", shapes.constant, peak=2.2, cost=_new_model),
        Scenario("long-answers", shapes.constant, peak=2.2, cost=_long_answers),
    )
}
"""By name: a service that loads for four minutes on all its CPU and gets its first request later;
one that ends after a minute and a half, again and again; a new version whose image is not there; a
server that polls; a target that pods cannot show; an outage in front of the service; a model whose
answers take three times as much from some day on; answers that do so every other minute."""
