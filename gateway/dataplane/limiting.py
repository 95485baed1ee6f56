"""A request before its service's rate limit: whose it is, and whether it is taken.

Asked by the exchange of a service that has limits, before a slot is taken.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

from gateway.protocol.reasons import Refusal
from gateway.services.limiter import Caller, Permit
from shared.runtime import addresses

if TYPE_CHECKING:
    from gateway.dataplane.roles import Client
    from gateway.services.route import Plan, Route


class Limited(Protocol):
    """The exchange of a request."""

    client: Client
    plan: Plan
    route: Route
    permit: Permit | None
    started: float


def refusal(exchange: Limited) -> Refusal | None:
    """Why the request is not taken; None if it is, and the exchange has its permit."""
    limiter = exchange.route.limiter
    assert limiter is not None
    plan = exchange.plan
    address = _address(exchange.client, plan)
    found = limiter.admit(Caller(address, plan.caller), exchange.started)
    if isinstance(found, Refusal):
        return found
    exchange.permit = found
    return None


def _address(client: Client, plan: Plan) -> str:
    """The client's, as trusted proxies tell it; of IPv6 its network of 64 bits."""
    if plan.forwarded_for:
        told = plan.forwarded_for.decode("latin-1")
        return addresses.client(client.address, told, client.context.believes)
    return _network(client.address) if ":" in client.address else client.address


@lru_cache(maxsize=4096)
def _network(address: str) -> str:
    return addresses.client(address, "", lambda _: False)
