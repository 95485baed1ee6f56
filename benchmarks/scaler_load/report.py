"""What was measured as Markdown: figures, promises, and what happened when. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from benchmarks.scaler_load.schedule import begins
from benchmarks.scaler_load.scores import SLOW, Score, is_slow

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from benchmarks.scaler_load.measure import Run
    from benchmarks.scaler_load.scores import Bound

ROW: Final = 10.0
"""Seconds in a row of a timeline."""

FIGURES: Final = (
    "| policy | requests | failed | slow % | p50 ms | p99 ms | pod-seconds | first reaction s "
    "| shrinks after s | reversals |",
    "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
)


def figures(scores: Mapping[str, Sequence[Score]]) -> Iterator[str]:
    """A row for each run."""
    yield from FIGURES
    for policy, runs in scores.items():
        for one in runs:
            cells = (
                *(policy, one.requests, one.failed, f"{one.slow_pct:.2f}"),
                *(f"{one.p50 * 1e3:.0f}", f"{one.p99 * 1e3:.0f}", f"{one.pod_seconds:.0f}"),
                *(_seconds(one.reaction), _seconds(one.shrinking), one.reversals),
            )
            yield f"| {' | '.join(map(str, cells))} |"
    for policy, runs in scores.items():
        for error, number in (each for one in runs for each in one.errors):
            yield f"\n{policy}: {number} requests ended with {error}."


def promises(found: Sequence[Bound]) -> Iterator[str]:
    """A row for each promise."""
    yield from ("| promise | measured | |", "|---|---|---|")
    for one in found:
        yield f"| {one.text} | {one.measured} | {'kept' if one.holds else '**broken**'} |"


def timeline(run: Run) -> Iterator[str]:
    """A run in steps of ten seconds, then what the scaler said when."""
    yield "  from s   rate  wanted pods ready   slow failed  worst s"
    for index in range(int(run.seconds // ROW)):
        yield _row(run, index * ROW)
    yield ""
    yield from (f"{one.time:8.1f}   {one.text}" for one in run.lives.said)


def _row(run: Run, begin: float) -> str:
    inside = [one for one in run.offered.outcomes if begin <= one.due < begin + ROW]
    slow = sum(is_slow(one.seconds, one.error) for one in inside)
    failed = sum(bool(one.error) for one in inside)
    worst = max((one.seconds for one in inside), default=0.0)
    size = run.lives.at(begin)
    bar = "#" * size.ready + "+" * (size.pods - size.ready)
    return (
        f"{begin:8.0f} {_rate(run, begin):6.0f}  {bar:<6} {size.wanted:>4} {size.ready:>5} "
        f"{slow:>6} {failed:>6} {worst:>8.2f}"
    )


def _rate(run: Run, time: float) -> float:
    pairs = zip(begins(run.levels), run.levels, strict=True)
    return [level.rate for begin, level in pairs if begin <= time][-1]


def _seconds(value: float | None) -> str:
    return "never" if value is None else f"{value:.0f}"


def page(
    title: str,
    setting: str,
    scores: Mapping[str, Sequence[Score]],
    found: Sequence[Bound],
    runs: Sequence[Run],
) -> str:
    """The whole result."""
    parts = [
        f"# {title}",
        setting,
        f"Slow is longer than {SLOW:g} s from when the request was due, or failed.",
        "\n".join(figures(scores)),
        "\n".join(promises(found)),
    ]
    for run in runs:
        lines = "\n".join(timeline(run))
        parts += [f"## {run.policy}", f"```\n{lines}\n```"]
    return "\n\n".join(parts) + "\n"
