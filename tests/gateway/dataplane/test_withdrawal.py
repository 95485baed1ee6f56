"""Tunnels and streams end within a bound when their service or their token is gone.

No other proxy does: nginx, HAProxy and Envoy judge a request once, and a WebSocket that was let in
by a token which has leaked stays for days.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from gateway.limits import Limits
from gateway.services.spec import ServiceSpec
from tests.gateway.harness import DIGEST, TOKEN, Pod, Rig, Wire, get, rig

if TYPE_CHECKING:
    from collections.abc import Callable

    from gateway.services.registry import Services

OTHER = hashlib.sha256(b"another").digest()
AUTHORIZED = b"Authorization: Bearer " + TOKEN.encode()
UPGRADE = (AUTHORIZED, b"Connection: upgrade", b"Upgrade: websocket")
SOON = Limits(withdrawal=0.0)
LATER = Limits(withdrawal=3600.0)


def spec(
    *,
    set_auth: bool = True,
    digest: bytes = DIGEST,
    stopped: bool = False,
    concurrency: int = 0,
) -> ServiceSpec:
    return ServiceSpec(
        "echo",
        api_port=8080,
        set_auth=set_auth,
        digest=digest,
        stopped=stopped,
        concurrency=concurrency,
    )


def look(r: Rig) -> None:
    """As the tick does once a second."""
    r.gateway._withdraw(r.services.monotonic())


async def endless(wire: Wire) -> None:
    """A WebSocket, an event stream, or a body of known length, none of which ends."""
    head = await wire.head()
    if b"Upgrade:" in head:
        await wire.send(b"HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\n\r\nhello")
    elif b"/events" in head:
        await wire.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
    elif b"/old" in head:
        await wire.send(b"HTTP/1.0 200 OK\r\n\r\nhello")
    else:
        await wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello")
    while data := await wire.reader.read(100):
        await wire.send(data)


@pytest.mark.parametrize(
    ("old", "change"),
    [
        (spec(), lambda services: services.define([], ["echo"])),
        (spec(), lambda services: services.define([spec(stopped=True)])),
        (spec(), lambda services: services.define([spec(digest=OTHER)])),
        (spec(set_auth=False), lambda services: services.define([spec()])),
    ],
    ids=["deleted", "stopped", "rotated", "protected"],
)
@pytest.mark.parametrize("request_head", [get(b"/", *UPGRADE), get(b"/events", AUTHORIZED)])
async def test_what_is_endless_ends_when_that_is_gone_which_let_it_in(
    old: ServiceSpec, change: Callable[[Services], None], request_head: bytes
) -> None:
    async with rig(await Pod(endless).start(), limits=SOON) as r:
        r.services.define([old])
        state = r.state
        wire = await r.connect()
        await wire.send(request_head)
        await wire.reader.readuntil(b"hello")
        change(r.services)
        look(r)
        await wire.ended()
        await r.until(lambda: bool(r.log.entries))
        (entry,) = r.log.entries
        assert (entry.reason, entry.source) == ("access_withdrawn", "upstream")
        assert entry.status in (101, 200)
        assert (state.in_flight, state.stats.tunnels, state.stats.withdrawals) == (0, 0, 1)
        look(r)
        assert not r.services.withdrawn


async def test_a_tunnel_ends_without_losing_what_was_sent() -> None:
    """By the end of the connection, not by a reset."""
    async with rig(await Pod(endless).start(), limits=SOON) as r:
        r.services.define([spec()])
        wire = await r.connect()
        await wire.send(get(b"/", *UPGRADE))
        await wire.head()
        r.services.define([spec(digest=OTHER)])
        look(r)
        assert await wire.rest() == b"hello"


async def test_an_answer_that_ends_with_its_connection_is_not_taken_for_whole() -> None:
    async with rig(await Pod(endless).start(), limits=SOON) as r:
        r.services.define([spec()])
        wire = await r.connect()
        head = get(b"/old", AUTHORIZED).replace(b"HTTP/1.1", b"HTTP/1.0")
        await wire.send(head)
        await wire.reader.readuntil(b"hello")
        r.services.define([spec(digest=OTHER)])
        look(r)
        assert await wire.ended()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (spec(), spec(concurrency=9)),
        (spec(), spec(set_auth=False)),
        (spec(set_auth=False), spec(set_auth=False, digest=OTHER)),
    ],
)
async def test_a_change_that_shuts_nobody_out_ends_nothing(
    old: ServiceSpec, new: ServiceSpec
) -> None:
    async with rig(await Pod(endless).start(), limits=SOON) as r:
        r.services.define([old])
        await (await r.connect()).send(get(b"/", *UPGRADE))
        await r.until(lambda: r.gateway.connections.tunnels == 1)
        r.services.define([new])
        assert not r.services.withdrawn


async def test_the_bound_is_a_setting() -> None:
    async with rig(await Pod(endless).start(), limits=LATER) as r:
        r.services.define([spec()])
        wire = await r.connect()
        await wire.send(get(b"/", *UPGRADE))
        await wire.reader.readuntil(b"hello")
        began = r.services.monotonic()
        r.services.define([spec(digest=OTHER)])
        (grant,) = r.services.withdrawn
        assert 3600 <= grant.ends - began < 3700
        r.gateway._withdraw(grant.ends - 1)
        await wire.send(b"still")
        assert await wire.exactly(5) == b"still"
        r.gateway._withdraw(grant.ends)
        assert await wire.rest() == b""


async def test_what_was_let_in_before_another_change_is_found_by_the_token_change_after_it() -> (
    None
):
    async with rig(await Pod(endless).start(), limits=SOON) as r:
        r.services.define([spec()])
        wire = await r.connect()
        await wire.send(get(b"/", *UPGRADE))
        await wire.reader.readuntil(b"hello")
        r.services.define([spec(concurrency=9)])
        r.services.define([spec(digest=OTHER)])
        await wire.ended()


async def test_answers_that_end_are_still_owed_and_what_begins_late_is_found() -> None:
    """A request that waits when the token changes may become a tunnel long after."""
    held: list[Wire] = []

    async def script(wire: Wire) -> None:
        await wire.head()
        held.append(wire)
        await wire.rest()

    async with rig(await Pod(script).start(), limits=SOON) as r:
        r.services.define([spec()])
        plain, late = await r.connect(), await r.connect()
        await plain.send(get(b"/", AUTHORIZED))
        await r.until(lambda: len(held) == 1)
        await late.send(get(b"/", *UPGRADE))
        await r.until(lambda: len(held) == 2)
        r.services.define([spec(digest=OTHER)])
        (grant,) = r.services.withdrawn
        r.gateway._withdraw(grant.ends)
        await held[0].send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        assert (await plain.response()).body == b"ok"
        await held[1].send(b"HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\n\r\n")
        await late.head()
        look(r)
        await late.ended()
        assert r.log.entries[-1].reason == "access_withdrawn"
