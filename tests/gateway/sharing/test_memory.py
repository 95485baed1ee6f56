"""Memory, locks and bells between real processes."""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import PIPE
from typing import TYPE_CHECKING

import pytest

from gateway.sharing.memory import Memory, key_of

if TYPE_CHECKING:
    from collections.abc import Iterator

COUNT = 20_000
KEY = 4711


@pytest.fixture
def memory() -> Iterator[Memory]:
    made = Memory.make(3)
    yield made
    for descriptor in made.descriptors:
        os.close(descriptor)


async def child(memory: Memory, me: int, program: str) -> asyncio.subprocess.Process:
    shared, *bells = memory.descriptors
    begin = f"from gateway.sharing.memory import Memory\nmemory = Memory({shared}, {bells}, {me})\n"
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", begin + program, pass_fds=memory.descriptors, stdout=PIPE, stdin=PIPE
    )


ADDING = f"""
print(flush=True)
input()
for _ in range({COUNT}):
    with memory.slots.lock({KEY}):
        row = memory.slots.claim({KEY})
        seen = memory.slots.common[row]
        memory.slots.mine[row] += 1
        memory.slots.common[row] = seen + 1
"""
HOLDING = f"""
with memory.slots.lock({KEY}):
    memory.slots.mine[memory.slots.claim({KEY})] = 5
    print(flush=True)
    input()
"""


async def test_nothing_is_lost_between_processes_that_add_at_the_same_time(memory: Memory) -> None:
    running = [await child(memory, me, ADDING) for me in (1, 2)]
    for one in running:
        assert one.stdout is not None
        await one.stdout.readline()
    await asyncio.gather(*(one.communicate(b"\n") for one in running))
    row = memory.slots.find(KEY)
    assert memory.slots.common[row] == memory.slots.total(row) == 2 * COUNT


async def test_a_lock_goes_with_whoever_held_it_and_so_does_what_he_counted(
    memory: Memory,
) -> None:
    holding = await child(memory, 1, HOLDING)
    assert holding.stdout is not None
    await holding.stdout.readline()
    waiting = await child(memory, 2, HOLDING.replace("= 5", "= 7"))
    assert waiting.stdout is not None
    holding.kill()
    await holding.wait()
    await waiting.stdout.readline()
    row = memory.slots.find(KEY)
    assert memory.slots.total(row) == 12
    memory.forget(1)
    assert memory.slots.total(row) == 7
    waiting.kill()
    await waiting.wait()


async def test_a_bell_wakes_a_loop(memory: Memory) -> None:
    its = Memory(memory.descriptor, memory.bells, 2)
    rung = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(its.bell, rung.set)
    memory.ring(1)
    memory.ring(2)
    memory.ring(2)
    await rung.wait()
    its.silence()
    with pytest.raises(BlockingIOError):
        its.silence()
    loop.remove_reader(its.bell)
    memory.forget(0)
    its.silence()


def test_keys_are_the_same_in_all_workers_and_no_other_gateway_s(memory: Memory) -> None:
    its = Memory(memory.descriptor, memory.bells, 1)
    assert its.secret == memory.secret
    assert key_of(its.secret, "a", b"b") == key_of(memory.secret, "a", "b")
    assert (
        len({key_of(memory.secret, "ab"), key_of(memory.secret, "a", "b"), key_of(b"x", "ab")}) == 3
    )
