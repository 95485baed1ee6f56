"""Questions that outlast the round that asked them, so that who hangs holds up nobody else.

A round asks everyone who has no question open, waits `patience` seconds for the answers, and takes
what has come. Who had its chance is not waited for in later rounds; its answer is taken when it is
there. So each of those asked has one question open at most, whatever the rhythm of the rounds.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable
    from typing import Any

Answer = TypeVar("Answer")

PATIENCE: Final = 0.2
"""Seconds for which a tick waits for answers: well-behaved ones take a tenth of it."""
FIRST_PATIENCE: Final = 1.0
"""Seconds for which the very first are waited for, so that a start does not decide on nothing."""
ANSWER_TIMEOUT: Final = 4.5
"""Seconds after which one of several that are asked is given up; less than a whole source has."""


class Beside(Generic[Answer]):
    """Questions to several, each known by a name, of which the task is called `kind` and name."""

    def __init__(self, kind: str, patience: float, first: float | None = None) -> None:
        self._kind = kind
        self._patience = patience
        self._next = patience if first is None else max(first, patience)
        self._open: dict[str, asyncio.Task[Answer]] = {}

    @property
    def open(self) -> frozenset[str]:
        """Who has not answered yet."""
        return frozenset(self._open)

    async def round(
        self, names: Iterable[str], ask: Callable[[str], Coroutine[Any, Any, Answer]]
    ) -> dict[str, Answer]:
        """Answers by name, of this round's questions and of earlier ones; raises what one raised.

        Questions to those that are not among `names` any more are dropped.
        """
        wanted = list(names)
        await self._drop(self._open.keys() - set(wanted))
        fresh = [name for name in wanted if name not in self._open]
        for name in fresh:
            task = asyncio.create_task(ask(name), name=f"{self._kind} {name}")
            self._open[name] = task
        patience, self._next = self._next, self._patience
        if fresh:
            await asyncio.wait([self._open[name] for name in fresh], timeout=patience)
        done = [name for name in wanted if self._open[name].done()]
        return {name: self._open.pop(name).result() for name in done}

    async def close(self) -> None:
        """Drop all questions, and wait until they have ended."""
        await self._drop(list(self._open))

    async def _drop(self, names: Iterable[str]) -> None:
        tasks = [self._open.pop(name) for name in list(names)]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
