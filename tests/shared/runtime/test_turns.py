"""Slices of long work, in virtual time."""

from __future__ import annotations

import asyncio

from shared.runtime.clock import ManualClock
from shared.runtime.turns import Turns


async def test_a_slice_ends_after_so_many_pieces() -> None:
    turns = Turns(ManualClock(), pieces=3)
    assert [turns.spent() for _ in range(3)] == [False, False, True]
    await turns.rest()
    assert [turns.spent() for _ in range(3)] == [False, False, True]


async def test_a_slice_ends_with_the_piece_that_takes_too_long() -> None:
    clock = ManualClock()
    turns = Turns(clock, pieces=100, seconds=0.002)
    assert not turns.spent()
    await clock.advance(0.002)
    assert turns.spent()
    await turns.rest()
    assert not turns.spent()


async def test_others_have_their_turn_while_it_rests() -> None:
    turns = Turns(ManualClock())
    seen: list[str] = []
    asyncio.get_running_loop().call_soon(seen.append, "other")
    await turns.rest()
    assert seen == ["other"]
