"""Turns of pipelined requests, round robin."""

from __future__ import annotations

import asyncio

from gateway.dataplane.turns import AT_ONCE, Turns


class Greedy:
    """A connection with `left` requests, which asks for its next turn when it gets one."""

    def __init__(self, name: str, left: int, turns: Turns, log: list[str]) -> None:
        self.name = name
        self.left = left
        self.turns = turns
        self.log = log
        turns.wait(self)

    def take_turn(self) -> None:
        self.log.append(self.name)
        self.left -= 1
        if self.left:
            self.turns.wait(self)


async def test_each_in_its_turn() -> None:
    turns, log = Turns(asyncio.get_running_loop()), list[str]()
    Greedy("a", 4, turns, log)
    Greedy("b", 2, turns, log)
    Greedy("c", 1, turns, log)
    while len(turns):
        await asyncio.sleep(0)
    assert log == ["a", "b", "c", "a", "b", "a", "a"]


async def test_the_loop_has_its_turn_between() -> None:
    """However many wait, no more than a few begin at once."""
    turns, log = Turns(asyncio.get_running_loop()), list[str]()
    for number in range(100):
        Greedy(str(number), 100, turns, log)
    for _ in range(10):
        before = len(log)
        await asyncio.sleep(0)
        assert len(log) - before <= AT_ONCE
    assert len(log) > 5 * AT_ONCE


async def test_one_that_fails_stops_nobody_else() -> None:
    class Broken:
        def take_turn(self) -> None:
            raise RuntimeError("broken")

    loop = asyncio.get_running_loop()
    turns, log = Turns(loop), list[str]()
    told = list[str]()
    loop.set_exception_handler(lambda _, context: told.append(str(context["exception"])))
    turns.wait(Broken())
    Greedy("a", 2, turns, log)
    while len(turns):
        await asyncio.sleep(0)
    assert log == ["a", "a"]
    assert told == ["broken"]
