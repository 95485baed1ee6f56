"""What was measured once is not measured again, and every decision is what it would be."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from scaler.decision import Load, Observation, Policy
from scaler.decision.responsive.demand import look, measure
from scaler.decision.responsive.state import ResponsiveState
from shared.service.values import changed
from tests.scaler.decision.build import NOW, observe, pod, pods, responsive

POLICY = Policy(max_replicas=50, max_sample_age_s=90.0)


def served(random: Random, replicas: int, begin: float) -> list[Observation]:
    """Looks two seconds apart at samples of fifteen, and at requests that are new in each."""
    used = [random.randrange(100, 1000) for _ in range(replicas)]
    seen = observe(pods(used, limit_m=1000, now=begin))
    found = []
    for step in range(8):
        busy = {pod.name: random.randrange(3) for pod in seen.pods}
        load = Load(begin + 2 * step, sum(busy.values()), 0, 10.0 * begin + step, 5.0 * begin)
        found.append(replace(seen, load=load, in_flight=busy, in_flight_else=0))
    return found


@pytest.mark.parametrize("seed", range(12))
def test_decisions_are_the_same_as_if_all_was_measured_each_time(seed: int) -> None:
    random, replicas = Random(seed), 3
    known: ResponsiveState | None = None
    blank: ResponsiveState | None = None
    reused = 0
    for turn in range(40):
        begin = NOW + 16.0 * turn
        for step, seen in enumerate(served(random, replicas, begin)):
            now = begin + 2 * step
            before = known.measured if known else None
            one, known = responsive(seen, POLICY, known, now)
            blank = changed(blank, measured=None) if blank else None
            other, blank = responsive(seen, POLICY, blank, now)
            assert one == other
            assert changed(known, measured=None) == changed(blank, measured=None)
            reused += (
                before is not None
                and known.measured is not None
                and (known.measured.until == before.until)
            )
        replicas = one.replicas
    assert reused > 200, "else this shows nothing"


def test_what_is_new_is_measured() -> None:
    seen = observe(pods([500, 600]))
    known = look(None, seen, POLICY, 10.0, 2.0, NOW)
    assert look(known, seen, POLICY, 10.0, 2.0, NOW + 60) is known
    others = [
        (observe(pods([500, 600])), POLICY, 2.0, NOW),
        (replace(seen, status_replicas=3), POLICY, 2.0, NOW),
        (replace(seen, pods=seen.pods[:1]), POLICY, 2.0, NOW),
        (seen, replace(POLICY, target_pct=50), 2.0, NOW),
        (seen, POLICY, 1.5, NOW),
        (seen, POLICY, 2.0, NOW + 90),  # it is stale
    ]
    for other, policy, factor, now in others:
        again = look(known, other, policy, 10.0, factor, now)
        assert again is not known
        assert again.demand == measure(other, policy, 10.0, factor, now)


def test_pods_whose_class_their_age_changes_are_looked_at_each_time() -> None:
    young = observe([*pods([500]), pod("new", None, age_s=20.0, ready_age_s=5.0)])
    known = look(None, young, POLICY, 10.0, 2.0, NOW)
    assert look(known, young, POLICY, 10.0, 2.0, NOW + 1) is not known
