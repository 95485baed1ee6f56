"""Many runs side by side: every policy over every scenario and seed."""

from __future__ import annotations

import multiprocessing
import os
import signal
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from threading import Thread
from typing import TYPE_CHECKING

from scaler.simulator.scores import Scores, score
from scaler.simulator.simulate import simulate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from multiprocessing.process import BaseProcess

    from scaler.simulator.arm import Arm
    from scaler.simulator.scenario import Run

Scored = tuple["Run", "Arm"]
"""A simulation whose scores are wanted."""

Results = dict[tuple[str, str], list[Scores]]
"""Scores by (scenario, arm), one a seed."""


def names(results: Iterable[tuple[str, str]]) -> tuple[list[str], list[str]]:
    """The scenarios and the arms of results, by their keys, in order."""
    scenarios = list(dict.fromkeys(scenario for scenario, _ in results))
    return scenarios, list(dict.fromkeys(arm for _, arm in results))


def compare(
    runs: Sequence[Run],
    arms: Sequence[Arm],
    processes: int = 1,
    progress: Callable[[], None] = lambda: None,
) -> Results:
    """All scores; `progress` is called after each arm of each run."""
    jobs = [(run, arm) for run in runs for arm in arms]
    results: Results = {}
    for (run, arm), one in zip(jobs, scored(jobs, processes, progress), strict=True):
        results.setdefault((run.scenario, arm.name), []).append(one)
    return results


def scored(
    jobs: Sequence[Scored], processes: int, progress: Callable[[], None] = lambda: None
) -> Iterator[Scores]:
    """The scores of each job, in order, as they come; `progress` is called after each."""
    with _workers(processes) as each:
        for one in each(_scores, jobs):
            progress()
            yield one


def _scores(job: Scored) -> Scores:
    return score(simulate(*job))


@contextmanager
def _workers(processes: int) -> Iterator[Callable[..., Iterator[Scores]]]:
    """A `map` over processes; leaving it early drops what was not begun."""
    if processes <= 1:
        yield map
        return
    pool = ProcessPoolExecutor(processes, initializer=_end_with_the_command)

    def each(work: Callable[[Scored], Scores], jobs: Sequence[Scored]) -> Iterator[Scores]:
        with _uninterrupted():
            return pool.map(work, jobs)

    try:
        yield each
    finally:
        pool.shutdown(cancel_futures=True)


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Ctrl-C waits: Python drops what is raised while a process forks, and the run would go on."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _end_with_the_command() -> None:
    """Ctrl-C reaches every process of the terminal: a worker ends at once and says nothing. When
    the command is killed otherwise, no signal comes, but its end is seen."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    if command := multiprocessing.parent_process():
        Thread(target=_end_after, args=(command,), name="end with the command", daemon=True).start()


def _end_after(command: BaseProcess) -> None:
    command.join()
    os._exit(1)
