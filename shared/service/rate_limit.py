"""`expose.rate_limit`: how many requests a service takes from whom, read and written. Pure.

One limit or a list of them, all of which hold. A number of 0 counts as left out, for that is how
clients in Go write it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, get_args

from shared.service.fields import Fields
from shared.service.model import Per, RateLimit

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST: Final = 8
"""Limits of one service."""
MOST_REQUESTS: Final = 1_000_000
"""At once, and a second."""
MOST_IN_FLIGHT: Final = 100_000
LONGEST_GAP: Final = 3600
"""Seconds between two requests of a caller who keeps to the lowest limit."""
LONGEST_REST: Final = 86_400
"""Seconds after which a caller may send a whole burst again, at most."""
_RATE: Final = re.compile(r"([0-9]{1,7}(?:\.[0-9]{1,6})?)(?:/(s|m|h))?", re.ASCII)
_PERIODS: Final = {"s": 1, "m": 60, "h": 3600}
_UNITS: Final = {seconds: unit for unit, seconds in _PERIODS.items()}


def read_rate_limits(expose: Fields) -> tuple[RateLimit, ...]:
    """The field `rate_limit` of `expose`; problems go to the reader."""
    given = expose.raw("rate_limit")
    if given is None:
        return ()
    items = given if isinstance(given, list) else [given]
    if len(items) > MOST:
        expose.error("rate_limit", f"has {len(items)} limits, and {MOST} are the most")
        return ()
    listed = isinstance(given, list)
    paths = [f"rate_limit[{index}]" if listed else "rate_limit" for index in range(len(items))]
    limits = [_limit(expose, item, path) for item, path in zip(items, paths, strict=True)]
    return tuple(limit for limit in limits if limit is not None)


def _limit(expose: Fields, item: Any, path: str) -> RateLimit | None:
    """One limit; None where something is wrong with it."""
    before = len(expose.problems.errors)
    fields = Fields(item, expose.at(path), expose.problems)
    requests, period = fields.parsed("requests", default=(0.0, 1), parse=rate)
    per: Any = fields.text("per", default="address", among=get_args(Per))
    limit = RateLimit(
        requests=requests,
        period=period,
        burst=fields.integer("burst", default=0, least=0, most=MOST_REQUESTS),
        in_flight=fields.integer("in_flight", default=0, least=0, most=MOST_IN_FLIGHT),
        per=per,
    )
    fields.warn_unknown()
    if len(fields.problems.errors) > before:
        return None
    if limit.burst and not limit.requests:
        fields.error("burst", "means nothing without requests; say how many a second, as 10")
        return None
    if limit.requests and limit.quota * limit.period > LONGEST_REST * limit.requests:
        fields.error("burst", f"{limit.burst} at {_rate(limit)} would take over a day to come back")
        return None
    if not limit.requests and not limit.in_flight:
        fields.error("", "limits nothing; give requests, in_flight, or both, or leave it out")
        return None
    return limit


def rate(text: str) -> tuple[float, int]:
    """Requests, and the seconds in which they are: `10` or `10/s`, `100/m`, `1000/h`.

    Raises ValueError with a sentence for the user.
    """
    found = _RATE.fullmatch(text)
    if found is None:
        raise ValueError(
            f"{text!r} is not a rate; write for example 10 (a second), 100/m or 1000/h"
        )
    requests, period = float(found[1]), _PERIODS[found[2] or "s"]
    if requests > MOST_REQUESTS * period:
        raise ValueError(f"{text} is above {MOST_REQUESTS} a second, the most allowed")
    if 0 < requests * LONGEST_GAP < period:
        raise ValueError(f"{text} is below 1/h, the least allowed")
    return requests, period


def check_rate_limits(
    expose: Fields, limits: Sequence[RateLimit], *, set_auth: bool, node_port: bool
) -> None:
    """Warn of what a limit does not do, in a section with these other fields."""
    if not limits:
        return
    if any(limit.per == "token" for limit in limits):
        if set_auth:
            expose.warn(
                "rate_limit",
                "per: token is per: service where set_auth is true: all callers have its one token",
            )
        elif all(limit.per == "token" for limit in limits):
            expose.warn(
                "rate_limit",
                "per: token alone bounds nobody who sends another token each time, as the gateway "
                "does not check them without set_auth; add a limit per: address",
            )
    if node_port:
        expose.warn("rate_limit", "requests at the node port pass by the gateway and its limits")


def rate_limits_json(limits: Sequence[RateLimit]) -> Any:
    """As a user would write it: one limit is no list."""
    written = [_json(limit) for limit in limits]
    return written[0] if len(written) == 1 else written


def _json(limit: RateLimit) -> dict[str, Any]:
    body: dict[str, Any] = {}
    if limit.requests:
        body["requests"] = _number(limit) if limit.period == 1 else _rate(limit)
    if limit.burst:
        body["burst"] = limit.burst
    if limit.in_flight:
        body["in_flight"] = limit.in_flight
    if limit.per != "address":
        body["per"] = limit.per
    return body


def _rate(limit: RateLimit) -> str:
    return f"{_number(limit)}/{_UNITS[limit.period]}"


def _number(limit: RateLimit) -> int | float:
    return int(limit.requests) if limit.requests.is_integer() else limit.requests
