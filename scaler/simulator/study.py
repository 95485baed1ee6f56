"""A comparison written down: which policy against which, and a directory with the report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaler.simulator import report
from scaler.simulator.simulate import simulate

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from scaler.simulator.arm import Arm
    from scaler.simulator.compare import Ratio, Results
    from scaler.simulator.scenario import Run


def headline(results: Results) -> list[Ratio]:
    """The scaler's policy, on each source, against each HPA."""
    arms = report.names(results)[1]
    baselines = [name for name in arms if name.startswith("hpa")]
    return report.ratios(results, [n for n in arms if n.startswith("responsive")], baselines)


def write(out: Path, runs: Sequence[Run], arms: Sequence[Arm], results: Results) -> None:
    """The report in directory `out`: HTML page, pictures and all scores.

    Raises ImportError without matplotlib.
    """
    from scaler.simulator import plots  # matplotlib is needed for pictures only

    out.mkdir(parents=True, exist_ok=True)
    images = ["plane.png"]
    plots.plane(out / "plane.png", results)
    for run in {run.scenario: run for run in reversed(runs)}.values():
        traces = {arm.name: simulate(run, arm) for arm in arms}
        plots.timeline(out / f"{run.scenario}.png", f"{run.scenario}, seed {run.seed}", traces)
        images.append(f"{run.scenario}.png")
    page = report.page(results, headline(results), arms, images)
    (out / "report.html").write_text(page, encoding="utf-8")
    (out / "scores.csv").write_text(report.scores_csv(results, runs[0].seed), encoding="utf-8")
