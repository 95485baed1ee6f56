"""How a command that measures policies ends: stopped, or with a page and an exit code."""

from __future__ import annotations

import asyncio
import sys
from collections import defaultdict
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import click

from benchmarks.scaler_load import report
from benchmarks.scaler_load.scores import Score, bounds, score
from shared.runtime.signals import on_stop

if TYPE_CHECKING:
    from collections.abc import Coroutine, Sequence
    from pathlib import Path

    from benchmarks.scaler_load.measure import Run

BASELINE: Final = "hpa"
OURS: Final = "responsive"


def told(title: str, setting: str, runs: Sequence[Run], output: Path | None) -> None:
    """Print the result, write it, and exit: with 1 when a promise is broken."""
    scores: dict[str, list[Score]] = defaultdict(list)
    for run in runs:
        scores[run.policy].append(score(run))
    both = BASELINE in scores and OURS in scores
    found = list(bounds(scores[OURS], scores[BASELINE])) if both else []
    page = report.page(title, setting, scores, found, runs)
    click.echo(page)
    if output is not None:
        output.write_text(page)
    sys.exit(any(not one.holds for one in found))


async def until_stopped(work: Coroutine[Any, Any, list[Run]]) -> list[Run]:
    """What `work` gives; a signal cancels it, so that whatever it started has ended."""
    running = asyncio.ensure_future(work)
    on_stop(running.cancel)
    with suppress(asyncio.CancelledError):
        return await running
    click.echo("stopped; everything that was started has ended")
    sys.exit(130)
