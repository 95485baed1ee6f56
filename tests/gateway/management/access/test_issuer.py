"""Keys of an issuer: found, remembered, read again, and what happens while it is away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from gateway.management.access import bearer, issuer
from gateway.management.access.fetching import Fetcher, UnreachableError
from shared.runtime.clock import ManualClock
from tests.gateway.management import issuer as server
from tests.gateway.management.issuer import elliptic, issuing, rsa, signed

KEYS = "/keys"


class Reader:
    """An issuer as the API knows it, the server behind it, and the clock between them."""

    def __init__(self, asked: server.Issuer, fetch: Fetcher) -> None:
        self.server = asked
        self.clock = ManualClock()
        self.issuer = issuer.Issuer(asked.url, fetch, self.clock)

    async def keys(self, name: str = "first") -> list[bearer.Key]:
        text = signed(elliptic(name), "ES256", {"iss": self.server.url})
        return await self.issuer.keys(bearer.read(text))


@pytest.fixture
async def reader() -> AsyncIterator[Reader]:
    fetch = Fetcher()
    async with issuing() as asked:
        yield Reader(asked, fetch)
        await fetch.close()


async def test_keys_are_read_once_however_many_ask(reader: Reader) -> None:
    found = await asyncio.gather(*(reader.keys() for _ in range(10)))
    assert [key.as_dict() for key in found[0]] == [elliptic("first").as_dict(private=False)]
    assert reader.server.asked[KEYS] == 1


async def test_a_key_that_is_new_is_found_and_one_that_is_gone_is_forgotten(
    reader: Reader,
) -> None:
    await reader.keys()
    reader.server.keys = [elliptic("second"), rsa("third")]
    await reader.clock.advance(issuer.AGAIN)
    assert len(await reader.keys("second")) == 1
    assert await reader.keys("first") == []
    assert reader.server.asked[KEYS] == 2


async def test_a_key_that_is_withdrawn_is_forgotten_in_time(reader: Reader) -> None:
    await reader.keys()
    reader.server.keys = [elliptic("second")]
    await reader.clock.advance(issuer.FRESH - 1)
    assert len(await reader.keys()) == 1
    await reader.clock.advance(1)
    assert await reader.keys() == []


async def test_a_flood_of_invented_names_of_keys_makes_one_reading_in_a_while(
    reader: Reader,
) -> None:
    await reader.keys()
    for number in range(50):
        await reader.clock.advance(issuer.AGAIN / 10)
        assert await reader.keys(f"invented-{number % 5}") == []
    assert reader.server.asked[KEYS] == 6


async def test_keys_serve_on_while_the_issuer_is_away_but_not_for_ever(reader: Reader) -> None:
    await reader.keys()
    reader.server.down = True
    await reader.clock.advance(issuer.FRESH)
    assert len(await reader.keys()) == 1
    with pytest.raises(UnreachableError, match="500, not 200"):
        await reader.keys("perhaps-new")
    await reader.clock.advance(issuer.USABLE)
    with pytest.raises(UnreachableError, match="500, not 200"):
        await reader.keys()


async def test_while_an_old_key_is_read_again_nobody_else_waits_for_it(reader: Reader) -> None:
    await reader.keys()
    await reader.clock.advance(issuer.FRESH)
    reader.server.answers.clear()
    waiting = asyncio.create_task(reader.keys())
    await reader.server.came.wait()
    assert len(await reader.keys()) == 1
    assert not waiting.done()
    reader.server.answers.set()
    assert len(await waiting) == 1


async def test_an_issuer_that_is_away_is_not_asked_all_the_time(reader: Reader) -> None:
    reader.server.down = True
    for _ in range(10):
        with pytest.raises(UnreachableError):
            await reader.keys()
    assert reader.server.asked.total() == 1
    reader.server.down = False
    await reader.clock.advance(issuer.RETRY)
    assert len(await reader.keys()) == 1


@pytest.mark.parametrize(
    ("path", "document", "reason"),
    [
        ("/.well-known/openid-configuration", {"issuer": "https://other"}, "it calls itself"),
        ("/.well-known/openid-configuration", [], "not a JSON object"),
        (KEYS, {"keys": None}, "no keys"),
        (KEYS, {"keys": ["x" * 300_000]}, "longer than"),
    ],
)
async def test_documents_that_are_wrong(
    reader: Reader, path: str, document: object, reason: str
) -> None:
    reader.server.replaced[path] = document
    with pytest.raises(UnreachableError, match=reason):
        await reader.keys()


async def test_keys_are_not_read_over_a_way_that_others_can_change(reader: Reader) -> None:
    stated = {"issuer": reader.server.url, "jwks_uri": "http://keys.example/keys"}
    reader.server.replaced["/.well-known/openid-configuration"] = stated
    with pytest.raises(UnreachableError, match="is not https"):
        await reader.keys()
