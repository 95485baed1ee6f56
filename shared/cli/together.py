"""Several calls at once, few enough not to be a burden, their results in the order asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeVar

import click

from shared.cli.exits import ApiError, NotReadyError

K = TypeVar("K")
T = TypeVar("T")

AT_ONCE: Final = 8


async def each(items: Sequence[K], work: Callable[[K], Awaitable[T]]) -> list[T | ApiError]:
    """What `work` made of each of `items`, or how it was refused; any other failure ends all."""
    places = asyncio.Semaphore(AT_ONCE)

    async def one(item: K) -> T | ApiError:
        async with places:
            try:
                return await work(item)
            except ApiError as error:
                return error

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(item), name=f"call for {item}") for item in items]
    return [task.result() for task in tasks]


def tell(results: Sequence[str | ApiError | None]) -> None:
    """Print what was done, if it is to be told, and end the command with all that was not; the
    worst decides how."""
    for result in results:
        if isinstance(result, str):
            click.echo(result)
    failed = [result for result in results if isinstance(result, ApiError)]
    if failed:
        worst = next((one for one in failed if not isinstance(one, NotReadyError)), failed[0])
        raise type(worst)("\n".join(dict.fromkeys(one.message for one in failed)))
