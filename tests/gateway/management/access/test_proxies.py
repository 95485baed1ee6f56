from __future__ import annotations

from ipaddress import ip_address

import pytest

from gateway.management.access.proxies import AGAIN, Proxies, resolved
from shared.runtime.addresses import Address
from shared.runtime.clock import ManualClock

CLIENT = "198.51.100.7"


class Names:
    """What a name server answers."""

    def __init__(self) -> None:
        self.asked = 0
        self.addresses: set[Address] = {ip_address("10.0.0.1")}

    async def __call__(self, name: str) -> set[Address]:
        self.asked += 1
        if name != "gateways":
            raise OSError("no such name")
        return self.addresses


async def test_gateways_are_known_by_their_name_and_new_ones_are_found() -> None:
    names, clock = Names(), ManualClock()
    proxies = Proxies(["127.0.0.0/8", "gateways"], clock, names)
    assert await proxies.client("127.0.0.1", CLIENT) == CLIENT
    assert names.asked == 0
    for _ in range(3):
        assert await proxies.client("10.0.0.1", CLIENT) == CLIENT
    assert names.asked == 1
    names.addresses = {ip_address("10.0.0.2")}
    assert await proxies.client("10.0.0.2", CLIENT) == "10.0.0.2"
    await clock.advance(AGAIN)
    assert await proxies.client("10.0.0.2", CLIENT) == CLIENT
    assert await proxies.client("10.0.0.1", CLIENT) == "10.0.0.1"
    assert names.asked == 2


async def test_a_name_that_is_not_known_is_told_and_trusts_nobody(
    caplog: pytest.LogCaptureFixture,
) -> None:
    proxies = Proxies(["typo"], ManualClock(), Names())
    assert await proxies.client("10.0.0.1", CLIENT) == "10.0.0.1"
    assert "the addresses of proxy typo are not known: no such name" in caplog.text


async def test_the_hosts_own_names_are_resolved() -> None:
    assert ip_address("127.0.0.1") in await resolved("localhost")
