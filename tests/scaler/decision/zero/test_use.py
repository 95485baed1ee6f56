"""What keeps a service awake, rule by rule and in words."""

from __future__ import annotations

from typing import Any

import pytest

from scaler.decision.zero import Use, Zero, kept_awake

NOW = 1_800_000_000.0
ZERO = Zero(600.0)
IDLE = Use(idle_s=700.0, begun=NOW - 700)


@pytest.mark.parametrize(
    ("use", "scheduled", "held", "told"),
    [
        ({}, 0, False, ""),
        ({"open": 1}, 0, False, "1 open request"),
        ({"open": 12}, 0, False, "12 open requests"),
        ({"idle_s": 599.9}, 0, False, "idle for 9 m 59 s of 10 m"),
        ({"idle_s": 600.0}, 0, False, ""),
        ({"begun": NOW - 599}, 0, False, "started 9 m 59 s ago, and 10 m are waited"),
        ({"begun": NOW + 5}, 0, False, "started 0 s ago, and 10 m are waited"),
        ({"unheard": "gateway x is silent"}, 0, False, "gateway x is silent"),
        ({"unseen": "its node port"}, 0, False, "its node port"),
        ({"unsettled": "in a rollout"}, 0, False, "in a rollout"),
        ({}, 2, False, "a schedule asks for 2"),
        ({}, 0, True, "its size was set by hand"),
    ],
)
def test_each_rule_alone_keeps_it_awake(
    use: dict[str, Any], scheduled: int, held: bool, told: str
) -> None:
    changed = Use(**{"idle_s": 700.0, "begun": NOW - 700} | use)
    assert kept_awake(ZERO, changed, scheduled, held, NOW) == told


def test_a_gateway_that_is_silent_is_told_before_what_the_others_say() -> None:
    use = Use(open=0, idle_s=0.0, unheard="gateway x is silent")
    assert kept_awake(ZERO, use, 0, False, NOW) == "gateway x is silent"
