"""`python -m benchmarks.hot_path`: a row a scenario; exit code 1 when one has grown too much."""

from __future__ import annotations

import statistics
import sys
from contextlib import ExitStack
from pathlib import Path

import click

from benchmarks.hot_path import results
from benchmarks.hot_path.results import Row, Rows
from benchmarks.hot_path.scenarios import SCENARIOS
from benchmarks.hot_path.worker import ROOT, Worker

BATCHES = 15
"""Measured in each process for each scenario; the least counts."""


@click.command()
@click.option("--requests", default=2000, help="Requests of one batch.")
@click.option("--repeats", default=7, help="Processes that measure, one after the other.")
@click.option("--scenario", "names", multiple=True, type=click.Choice(list(SCENARIOS)),
              help="Measure only this; may be given again.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
@click.option("--against", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="JSON of an earlier run on this machine, to compare with.")  # fmt: skip
@click.option("--beside", type=click.Path(exists=True, file_okay=False, path_type=Path),
              help="Another checkout, to measure in turn with this one and compare with.",
              )  # fmt: skip
@click.option("--within", default=3.0, help="Percent that calls, garbage and CPU may grow by.")
def main(
    requests: int,
    repeats: int,
    names: tuple[str, ...],
    as_json: bool,
    against: Path | None,
    beside: Path | None,
    within: float,
) -> None:
    """Measure a request's way through the gateway, with transports that are no sockets.

    Calls are those of Python functions, garbage is objects that only the collector frees: both are
    exact. CPU is in microseconds a request,
    the least of several batches in a process: its median, minimum and spread over all processes.
    """
    checkouts = [ROOT] if beside is None else [ROOT, beside]
    rows, *others = measured(checkouts, names or tuple(SCENARIOS), requests, repeats)
    print(results.dumped(rows) if as_json else table(rows))
    grown: list[str] = []
    if against is not None:
        before = results.loaded(against.read_text(encoding="utf-8"))
        factors = {name: rows[name].least / before[name].least for name in rows if name in before}
        grown += results.growth(rows, before, factors, within)
    for other in others:
        every = {name: results.ratios(rows[name], other[name]) for name in rows}
        print(comparison(rows, other, every), file=sys.stderr if as_json else sys.stdout)
        middle = {name: statistics.median(found) for name, found in every.items()}
        grown += results.growth(rows, other, middle, within)
    for each in grown:
        print(f"GROWN: {each}", file=sys.stderr)
    sys.exit(bool(grown))


def measured(
    checkouts: list[Path], names: tuple[str, ...], requests: int, repeats: int
) -> list[Rows]:
    """Rows of each checkout. All are measured in turn, so that what else the machine does hits all
    alike; each repeat is a new process, whose memory is laid out anew."""
    counts: list[dict[str, tuple[float, float]]] = [{} for _ in checkouts]
    cpu: list[dict[str, list[float]]] = [{name: [] for name in names} for _ in checkouts]
    for _ in range(repeats):
        with ExitStack() as stack:
            workers = [stack.enter_context(Worker(checkout)) for checkout in checkouts]
            for name in names:
                batches = [
                    [worker.cpu(name, requests) for worker in workers] for _ in range(BATCHES)
                ]
                for index, worker in enumerate(workers):
                    counts[index][name] = worker.counts(name)
                    cpu[index][name].append(min(batch[index] for batch in batches))
    return [
        {name: Row(*counts[index][name], tuple(cpu[index][name])) for name in names}
        for index in range(len(checkouts))
    ]


def table(rows: Rows) -> str:
    """A line for each scenario."""
    numbers = f"{'calls':>8} {'garbage':>8} {'µs median':>9} {'µs least':>9} {'spread':>9}"
    lines = [f"{'scenario':<10} {numbers}"]
    lines += [f"{name:<10} {row}  {SCENARIOS[name].summary}" for name, row in rows.items()]
    return "\n".join(lines)


def comparison(rows: Rows, other: Rows, every: dict[str, list[float]]) -> str:
    """This checkout beside the other, CPU as a factor."""
    lines = ["", f"{'this ÷ other':<12} {'calls':>15} {'garbage':>13} {'CPU':>6}  from … to"]
    for name, found in every.items():
        row, beside = rows[name], other[name]
        calls = f"{row.calls:.2f} ÷ {beside.calls:.2f}"
        garbage = f"{row.garbage:.2f} ÷ {beside.garbage:.2f}"
        spread = f"{min(found):.3f} … {max(found):.3f}"
        middle = statistics.median(found)
        lines.append(f"{name:<12} {calls:>15} {garbage:>13} {middle:>6.3f}  {spread}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
