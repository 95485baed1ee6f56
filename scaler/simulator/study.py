"""Which policies a comparison sets against which, and the directory with its report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaler.simulator import frontier_report, report
from scaler.simulator.arms import BOUNDS, RIVALS
from scaler.simulator.compare import Results, names
from scaler.simulator.page import page
from scaler.simulator.simulate import simulate

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from scaler.simulator.arm import Arm
    from scaler.simulator.frontier import Points
    from scaler.simulator.ratios import Ratio
    from scaler.simulator.scenario import Run


def headline(results: Results) -> list[Ratio]:
    """The scaler's policies, built in or an operator's own, against each that others have."""
    arms = names(results)[1]
    rivals = [arm.name for arm in RIVALS if arm.name in arms]
    bounds = [arm.name for arm in BOUNDS]
    return report.ratios(results, [n for n in arms if n not in (*rivals, *bounds)], rivals)


def pictured(runs: Sequence[Run]) -> list[Run]:
    """The runs that are drawn: the first of each scenario."""
    return list({run.scenario: run for run in reversed(runs)}.values())[::-1]


def write(
    out: Path,
    runs: Sequence[Run],
    arms: Sequence[Arm],
    results: Results,
    progress: Callable[[], None] = lambda: None,
    points: Points | None = None,
) -> None:
    """The report in directory `out`: HTML page, pictures and all scores; `progress` is called
    after each arm of each picture. With `points` of frontiers the report leads with them.

    Raises ImportError without matplotlib.
    """
    from scaler.simulator import frontier_plot, plots  # matplotlib is needed for pictures only

    out.mkdir(parents=True, exist_ok=True)
    plots.plane(out / "plane.png", results)
    images = {}
    for run in pictured(runs):
        traces = {}
        for arm in arms:
            traces[arm.name] = simulate(run, arm)
            progress()
        images[run.scenario] = f"{run.scenario}.png"
        plots.timeline(out / images[run.scenario], run, traces)
    if points:
        frontier_plot.frontiers(out / "frontier.png", points)
        (out / "frontier.csv").write_text(frontier_report.points_csv(points), encoding="utf-8")
    text = page(results, headline(results), arms, "plane.png", images, points)
    (out / "report.html").write_text(text, encoding="utf-8")
    (out / "scores.csv").write_text(report.scores_csv(results, runs[0].seed), encoding="utf-8")
