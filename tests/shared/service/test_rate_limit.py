"""`expose.rate_limit` as users write it, what is said of it, and how it is written back."""

from __future__ import annotations

from typing import Any

import pytest

from shared.service import fdl
from shared.service.documents import dump_json
from shared.service.model import RateLimit


def service(rate_limit: Any, **expose: Any) -> dict[str, Any]:
    fields = {"api_port": 80, "rate_limit": rate_limit, **expose}
    return {"name": "n", "image": "i", "script": "s", "expose": fields}


def read(rate_limit: Any, **expose: Any) -> fdl.Parsed:
    return fdl.parse_service(service(rate_limit, **expose))


def limits(rate_limit: Any) -> tuple[RateLimit, ...]:
    found = read(rate_limit).service.expose
    assert found is not None
    return found.rate_limit


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ({"requests": 10}, RateLimit(10)),
        ({"requests": "10/s"}, RateLimit(10)),
        ({"requests": 0.5, "per": "SERVICE"}, RateLimit(0.5, per="service")),
        ({"requests": "100/m", "burst": "20"}, RateLimit(100, 60, burst=20)),
        ({"Requests": "1000/h", "in_flight": 0}, RateLimit(1000, 3600)),
        ({"requests": 0, "burst": 0, "in_flight": 4}, RateLimit(in_flight=4)),
        ({"in_flight": 4, "per": "token"}, RateLimit(in_flight=4, per="token")),
    ],
)
def test_one_limit(written: Any, meant: RateLimit) -> None:
    assert limits(written) == limits([written]) == (meant,)


def test_several_all_hold() -> None:
    both = [{"requests": 10}, {"requests": "1000/h", "per": "service"}]
    assert limits(both) == (RateLimit(10), RateLimit(1000, 3600, per="service"))
    assert limits(None) == limits([]) == ()


@pytest.mark.parametrize(
    ("limit", "quota"),
    [
        (RateLimit(10), 10),
        (RateLimit(0.5), 1),
        (RateLimit(90, 60), 90),
        (RateLimit(10, burst=3), 3),
    ],
)
def test_a_burst_is_a_period_s_worth_if_none_is_given(limit: RateLimit, quota: int) -> None:
    assert limit.quota == quota


@pytest.mark.parametrize(
    "written",
    [
        {"requests": 10},
        {"requests": "100/m", "burst": 20, "in_flight": 4},
        [{"requests": 2.5, "per": "token"}, {"requests": "1/h"}],
    ],
)
def test_it_is_answered_as_it_was_written(written: Any) -> None:
    answered = fdl.to_json(read(written).service, secrets=True)
    assert answered["expose"]["rate_limit"] == written
    assert b"rate_limit" in dump_json(answered)


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("fast", "expose.rate_limit: 'fast' is not a mapping of fields"),
        ({}, "expose.rate_limit: limits nothing; give requests, in_flight, or both, or leave it"),
        ([{"requests": 1}, {}], "expose.rate_limit[1]: limits nothing"),
        ({"burst": 5}, "expose.rate_limit.burst: means nothing without requests"),
        (
            {"requests": "10/d"},
            "expose.rate_limit.requests: '10/d' is not a rate; write for example",
        ),
        ({"requests": -1}, "expose.rate_limit.requests: '-1' is not a rate"),
        ({"requests": "0.5/h"}, "expose.rate_limit.requests: 0.5/h is below 1/h"),
        ({"requests": 0.0001}, "expose.rate_limit.requests: 0.0001 is below 1/h"),
        ({"requests": 2_000_000}, "expose.rate_limit.requests: 2000000 is above 1000000 a second"),
        ({"requests": "1/h", "burst": 25}, "expose.rate_limit.burst: 25 at 1/h would take over a"),
        ({"requests": 1, "per": "user"}, "expose.rate_limit.per: 'user' is not one of address, "),
        ([{"requests": 1}] * 9, "expose.rate_limit: has 9 limits, and 8 are the most"),
    ],
)
def test_what_is_wrong_is_told_once_with_its_place(written: Any, problem: str) -> None:
    with pytest.raises(fdl.FdlError) as caught:
        read(written)
    (found,) = caught.value.problems
    assert found.startswith(problem)


@pytest.mark.parametrize(
    ("written", "expose", "warning"),
    [
        ({"requests": 1, "per": "token"}, {"set_auth": True}, "per: token is per: service"),
        ({"requests": 1, "per": "token"}, {}, "add a limit per: address"),
        ({"requests": 1}, {"NodePort": [0]}, "requests at the node port pass by"),
        ({"requests": 1, "brust": 2}, {}, "unknown field is ignored; did you mean burst?"),
    ],
)
def test_what_does_not_do_what_it_seems_to_is_told(
    written: Any, expose: dict[str, Any], warning: str
) -> None:
    assert any(warning in one for one in read(written, **expose).warnings)


def test_what_is_well_is_not_talked_about() -> None:
    both = [{"requests": 1, "per": "token"}, {"requests": 9}]
    assert read(both).warnings == read({"in_flight": 1}, set_auth=True).warnings == ()
