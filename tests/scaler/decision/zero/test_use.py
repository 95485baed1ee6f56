"""What keeps a service awake, rule by rule and in words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from scaler.decision import Decision
from scaler.decision.zero import Use, Zero, kept_awake

NOW = 1_800_000_000.0
ZERO = Zero(600.0)
IDLE = Use(idle_s=700.0, begun=NOW - 700)
HELD = Decision("a", "responsive", 2, 2, True)


@pytest.mark.parametrize(
    ("use", "scheduled", "limits", "told"),
    [
        ({}, 0, (), ""),
        ({"open": 1}, 0, (), "1 open request"),
        ({"open": 12}, 0, (), "12 open requests"),
        ({"idle_s": 599.9}, 0, (), "idle for 9 m 59 s of 10 m"),
        ({"idle_s": 600.0}, 0, (), ""),
        ({"begun": NOW - 599}, 0, (), "started 9 m 59 s ago, and 10 m are waited"),
        ({"begun": NOW + 5}, 0, (), "started 0 s ago, and 10 m are waited"),
        ({"unheard": "gateway x is silent"}, 0, (), "gateway x is silent"),
        ({"unseen": "its node port"}, 0, (), "its node port"),
        ({"unsettled": "in a rollout"}, 0, (), "in a rollout"),
        ({}, 2, (), "a schedule asks for 2"),
        ({}, 0, ("OperatorHold",), "its size was set by hand"),
        ({}, 0, ("DownWindow",), ""),
    ],
)
def test_each_rule_alone_keeps_it_awake(
    use: dict[str, Any], scheduled: int, limits: tuple[str, ...], told: str
) -> None:
    changed = Use(**{"idle_s": 700.0, "begun": NOW - 700} | use)
    decision = replace(HELD, limits=limits)
    assert kept_awake(ZERO, changed, scheduled, decision, NOW) == told


def test_a_gateway_that_is_silent_is_told_before_what_the_others_say() -> None:
    use = Use(open=0, idle_s=0.0, unheard="gateway x is silent")
    assert kept_awake(ZERO, use, 0, HELD, NOW) == "gateway x is silent"
