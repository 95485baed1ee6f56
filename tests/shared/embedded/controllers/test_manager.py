"""All controllers together: started on what is there, and as tasks."""

from __future__ import annotations

import asyncio
from typing import Any

from shared.embedded.controllers.manager import Controllers
from shared.runtime.tasks import Supervisor

SPACE = "oscar-svc"


def test_a_new_start_takes_up_what_was_left(world: Any) -> None:
    world.settle = lambda: None
    world.deploy(2)
    assert world.pods() == []
    fresh = Controllers(world.api, world.clock)
    assert not fresh.idle
    fresh.settle()
    assert (fresh.idle, len(world.pods())) == (True, 2)
    assert all(pod["spec"]["nodeName"] == "local" for pod in world.pods())


async def test_as_tasks_they_follow_changes(world: Any) -> None:
    seen = asyncio.Event()
    world.api.subscribe(lambda change: seen.set() if change.kind.kind == "Pod" else None)
    world.settle = lambda: None
    async with Supervisor() as tasks:
        world.controllers.start(tasks)
        world.deploy(1)
        await seen.wait()
    assert len(world.pods()) == 1
