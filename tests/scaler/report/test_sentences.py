from __future__ import annotations

from scaler.decision import Action, Decision, Signal
from scaler.report.sentences import derivation, move, sentence


def test_a_change_is_told_with_measure_way_and_reasons() -> None:
    decision = Decision(
        service="a", policy="hpa", current=2, replicas=4, valid=True, action=Action.UP, raw=5,
        stabilised=5, limited=4, target_pct=80, utilisation_pct=190, sample_age_s=12.4,
        reasons=("above target", "ScaleUpLimit"), limits=("ScaleUpLimit",),
    )  # fmt: skip
    assert sentence(decision) == (
        "scale up 2 → 4: CPU 190% of its base, target 80%, samples up to 12 s old; "
        "metrics ask 5, limits 4; because above target; held by ScaleUpLimit"
    )


def test_what_told_the_demand_and_until_when_a_limit_holds() -> None:
    decision = Decision(
        service="a", policy="responsive", current=5, replicas=5, valid=True, raw=1,
        reasons=("BelowTarget", "OperatorHold"), limits=("OperatorHold",), held_until=43_400.0,
        signal=Signal("arrivals", 700, spread_m=50, cost_m=81.5, fit_pct=92),
    )  # fmt: skip
    assert sentence(decision) == (
        "hold 5: utilisation not needed; demand 700m by arrivals ± 50m fit 92%; metrics ask 1, "
        "bounds 5; because BelowTarget; held by OperatorHold until 12:03:20 UTC"
    )


def test_a_hold_and_a_change_without_metrics() -> None:
    hold = Decision(service="a", policy="hpa", current=3, replicas=3, valid=True)
    assert move(hold) == "hold 3"
    bounds = Decision(
        service="a", policy="hpa", current=9, replicas=5, valid=True, action=Action.DOWN
    )
    assert sentence(bounds) == "scale down 9 → 5: utilisation not needed"


def test_a_decision_without_data_says_so() -> None:
    decision = Decision(
        service="a", policy="hpa", current=3, replicas=3, valid=False, error="no metrics"
    )
    assert sentence(decision) == "hold 3: no decision without trusted data: no metrics"


def test_the_way_names_only_stations_that_changed_the_number() -> None:
    decision = Decision(
        service="a", policy="hpa", current=3, replicas=3, valid=True, raw=1, stabilised=3, limited=3
    )
    assert derivation(decision) == "metrics ask 1, window 3"
