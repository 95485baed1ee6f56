"""Results as Markdown, JSON and a plot."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from benchmarks.load.arms import ALL
from benchmarks.load.scenarios import SCENARIOS, Scenario

if TYPE_CHECKING:
    from benchmarks.load.results import Results


def write(results: Results, folder: Path, name: str) -> Path:
    """Write `<name>.md`, `.json` and `.png` into `folder`; the answer is the first."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_bytes(
        orjson.dumps(results.plain(), option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS)
    )
    plot(results, folder / f"{name}.png")
    page = folder / f"{name}.md"
    page.write_text(markdown(results, f"{name}.png"))
    return page


def markdown(results: Results, picture: str) -> str:
    """The page: machine, one table a scenario, bounds."""
    machine = " · ".join(f"{key} {value}" for key, value in results.machine.items())
    parts = ["# The gateway beside its peers", machine, f"![CPU of a unit of work]({picture})"]
    parts.append(
        "CPU is that of the proxy's processes, user and system, by the kernel's books, divided by "
        "the units of work done; the arm `direct` is the application itself. Medians of rounds "
        "that went through the arms in turn; spread is (largest − smallest) ÷ median."
    )
    parts += [_table(results, scenario) for scenario in SCENARIOS]
    parts += [_services(results), _memory(results), _rollout(results), _bounds(results)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _table(results: Results, scenario: Scenario) -> str:
    arms = results.arms(scenario.name, ALL)
    if not arms:
        return ""
    rows = [
        f"## {scenario.title}\n",
        f"| arm | µs of CPU a {scenario.unit} | spread | × nginx | {scenario.unit}s a second "
        "| p50 ms | p99 ms | failures |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    nginx = results.middle(scenario.name, "nginx")
    for arm in arms:
        sample = results.middle(scenario.name, arm)
        assert sample is not None
        ratio = f"{sample.cpu / nginx.cpu:.2f}" if nginx and nginx.cpu and arm != "direct" else ""
        rows.append(
            f"| {arm} | {sample.cpu * 1e6:.1f} | {results.spread(scenario.name, arm):.0%} "
            f"| {ratio} | {sample.rate:.0f} | {sample.p50 * 1e3:.2f} | {sample.p99 * 1e3:.2f} "
            f"| {sample.failures} |"
        )
    return "\n".join(rows)


def _services(results: Results) -> str:
    rows = [
        f"| {count} | {sample.cpu * 1e6:.1f} | {results.spread('services', count):.0%} |"
        for count in ("1", "10000")
        if (sample := results.middle("services", count))
    ]
    head = "## Small GET by services in the table\n\n| services | µs of CPU | spread |\n"
    return head + "|---:|---:|---:|\n" + "\n".join(rows) if rows else ""


def _memory(results: Results) -> str:
    rows = [f"| {arm} | {values[0]:.1f} |" for arm, values in results.memory.items()]
    head = "## 10 000 idle connections\n\n| arm | MiB more |\n|---|---:|\n"
    return head + "\n".join(rows) if rows else ""


def _rollout(results: Results) -> str:
    if results.rollout is None:
        return ""
    requests, failures = results.rollout
    return (
        "## Rolling restart under load\n\n"
        f"Pods were replaced one after the other without a pause: {failures} of {requests} "
        "requests failed."
    )


def _bounds(results: Results) -> str:
    words = {True: "holds", False: "**broken**", None: "not measured"}
    rows = [
        f"| {one.text} | ≤ {one.limit:g} | {_number(one.measured)} | {words[one.holds]} |"
        for one in results.verdicts()
    ]
    return "## Bounds\n\n| what | bound | measured | |\n|---|---:|---:|---|\n" + "\n".join(rows)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def plot(results: Results, path: Path) -> None:
    """CPU of a unit by arm, one panel a scenario; needs matplotlib (extra `plots`)."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    measured = [one for one in SCENARIOS if results.arms(one.name, ALL)]
    if not measured:
        return
    figure, axes = pyplot.subplots(
        len(measured), 1, figsize=(8, 1.9 * len(measured)), squeeze=False, constrained_layout=True
    )
    for axis, scenario in zip(axes[:, 0], measured, strict=True):
        arms = [arm for arm in results.arms(scenario.name, ALL) if arm != "direct"][::-1]
        for place, arm in enumerate(arms):
            values = [one.cpu * 1e6 for one in results.samples[scenario.name, arm]]
            middle = sorted(values)[len(values) // 2]
            axis.barh(place, middle, color="#c2410c" if arm == "gateway" else "#94a3b8")
            axis.plot(values, [place] * len(values), "|", color="black", markersize=8)
        axis.set_yticks(range(len(arms)), arms)
        axis.set_title(f"{scenario.title}: µs of CPU a {scenario.unit}", loc="left", fontsize=10)
        axis.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=110)
    pyplot.close(figure)
