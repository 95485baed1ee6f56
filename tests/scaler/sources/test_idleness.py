"""Nobody uses a service only when every gateway says so."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import orjson
import pytest

from scaler.sources.gateway_books import Answer
from scaler.sources.gateway_load import read
from scaler.sources.idleness import Heard, Idle, Idleness
from scaler.sources.in_flight import Count

ONE = Heard("http://one", 900.0, {"a": Count(0, 0, open=2, idle_s=0.0)})
TWO = Heard("http://two", 400.0, {"a": Count(0, 0, open=1, idle_s=50.0)})


def test_gateways_add_up_and_the_last_use_counts() -> None:
    assert Idleness((ONE, TWO)).of("a") == Idle(3, 0.0)
    assert Idleness((TWO,)).of("a") == Idle(1, 50.0)


def test_who_does_not_list_a_service_has_not_seen_it_since_it_began() -> None:
    assert Idleness((ONE, TWO)).of("b") == Idle(0, 400.0)
    assert Idleness((TWO, replace(ONE, counts={}, up_s=10.0))).of("a") == Idle(1, 10.0)


@pytest.mark.parametrize(
    ("idleness", "told"),
    [
        (Idleness(), "no gateway tells"),
        (Idleness((ONE,), ("http://two is silent",)), "http://two is silent"),
        (Idleness((ONE, replace(TWO, whole=False))), "a worker of http://two"),
        (
            Idleness((replace(ONE, counts={"a": Count(0, 0, whole=False)}),)),
            "a worker of http://one",
        ),
        (Idleness((ONE, replace(TWO, up_s=None))), "http://two is of a version"),
        (Idleness((replace(ONE, counts={"a": Count(0, 0)}),)), "http://one is of a version"),
    ],
)
def test_one_that_does_not_tell_leaves_nothing_known(idleness: Idleness, told: str) -> None:
    assert idleness.of("a").unheard.startswith(told)


def read_of(answer: dict[str, Any]) -> Answer:
    return read(orjson.dumps(answer))


def test_what_a_gateway_says_of_itself_is_no_service() -> None:
    own = {"in_flight": 0, "waiting": 0, "up_s": 12.5, "process": "af"}
    numbers = {"in_flight": 1, "waiting": 0, "open": 1, "idle_s": 0.0}
    answer = read_of({"_gateway": own, "a": numbers})
    assert (answer.up_s, answer.whole, list(answer.counts)) == (12.5, True, ["a"])
    assert (answer.counts["a"].open, answer.counts["a"].idle_s) == (1, 0.0)
    assert not read_of({"_gateway": own | {"whole": False}}).whole
    assert read_of({"a": {"in_flight": 1, "waiting": 0}}).up_s is None
    with pytest.raises(msgspec.ValidationError, match="up_s"):
        read_of({"_gateway": own | {"up_s": -1}})
