"""The results of a comparison in words and tables: Markdown, HTML and CSV."""

from __future__ import annotations

import csv
import html
import io
from dataclasses import asdict
from statistics import median, quantiles
from typing import TYPE_CHECKING

from scaler.simulator.compare import Ratio, Results, against, average

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from scaler.simulator.arm import Arm

Table = list[list[str]]

MEASURES = {
    "violation_s": "SLO violated, s",
    "pod_seconds": "pod-seconds",
    "reversals": "reversals",
    "reaction_s": "reaction, s",
    "overshoot_pct": "overshoot, %",
    "unserved_pct": "unserved, %",
    "deviation": "deviation from ideal",
}


def names(results: Results) -> tuple[list[str], list[str]]:
    """The scenarios and the arms of the results, in order."""
    scenarios = list(dict.fromkeys(scenario for scenario, _ in results))
    return scenarios, list(dict.fromkeys(arm for _, arm in results))


def measure_table(results: Results, measure: str) -> Table:
    """One measure: a row a scenario, a column an arm, median (tenth to ninetieth percentile)."""
    scenarios, arms = names(results)
    rows = [
        [s, *(_spread(getattr(one, measure) for one in results[s, arm]) for arm in arms)]
        for s in scenarios
    ]
    return [["scenario", *arms], *rows]


def _spread(values: Iterable[float | None]) -> str:
    known = [value for value in values if value is not None]
    if not known:
        return "–"
    if len(known) == 1:
        return _short(known[0])
    tenths = quantiles(known, n=10, method="inclusive")
    return f"{_short(median(known))} ({_short(tenths[0])}–{_short(tenths[-1])})"


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 10 else f"{value:.1f}".removesuffix(".0")


def ratios(results: Results, arms: Sequence[str], baselines: Sequence[str]) -> list[Ratio]:
    """Each arm against each baseline."""
    return [against(results, arm, baseline) for arm in arms for baseline in baselines]


def ratio_table(found: Sequence[Ratio]) -> Table:
    """The headline: geometric means, and where an arm loses."""
    head = ["policy", "against", "SLO violation", "pod-seconds", "reversals", "worse in both"]
    rows = [
        [
            one.arm,
            one.baseline,
            f"{one.violation:.2f}",
            f"{one.cost:.3f}",
            f"{one.reversals:.2f}",
            ", ".join(one.worse_in_both) or "none",
        ]
        for one in found
    ]
    return [head, *rows]


def loss_table(results: Results, found: Sequence[Ratio]) -> Table:
    """Every scenario in which an arm is worse in one measure, with both numbers."""
    rows = [
        [one.arm, one.baseline, scenario, *_pair(results, scenario, one)]
        for one in found
        for scenario in dict.fromkeys((*one.loses_violation, *one.loses_cost))
    ]
    return [["policy", "against", "scenario", "SLO violated, s", "pod-seconds"], *rows]


def _pair(results: Results, scenario: str, one: Ratio) -> list[str]:
    return [
        " / ".join(
            f"{average(results, scenario, arm, measure):,.0f}" for arm in (one.arm, one.baseline)
        )
        for measure in ("violation_s", "pod_seconds")
    ]


def markdown(table: Table) -> str:
    """A table as Markdown."""
    head, *rows = table
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines) + "\n"


def scores_csv(results: Results, first_seed: int) -> str:
    """Every score of every run."""
    out = io.StringIO()
    rows = [
        {"scenario": scenario, "policy": arm, "seed": first_seed + index, **asdict(one)}
        for (scenario, arm), scores in results.items()
        for index, one in enumerate(scores)
    ]
    writer = csv.DictWriter(out, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def page(results: Results, found: Sequence[Ratio], arms: Sequence[Arm], images: list[str]) -> str:
    """All of it as one HTML page beside its images."""
    parts = [_html(ratio_table(found))] if found else []
    parts += [f'<img src="{html.escape(name)}" alt="{html.escape(name)}">' for name in images]
    for measure, title in MEASURES.items():
        parts += [f"<h2>{html.escape(title)}</h2>", _html(measure_table(results, measure))]
    listed = "".join(f"<li>{html.escape(describe(arm))}</li>" for arm in arms)
    return _PAGE.format(arms=listed, body="\n".join(parts))


def describe(arm: Arm) -> str:
    """What an arm is, in one line."""
    return f"{arm.name}: {arm.about}"


def _html(table: Table) -> str:
    head, *rows = table

    def cells(row: list[str], tag: str) -> str:
        return "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in row)

    body = "".join(f"<tr>{cells(row, 'td')}</tr>" for row in rows)
    return f"<table><tr>{cells(head, 'th')}</tr>{body}</table>"


_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Scaling policies side by side</title>
<style>
body {{ font: 14px/1.4 system-ui, sans-serif; margin: 2em; max-width: 100em; }}
table {{ border-collapse: collapse; margin: 1em 0; }}
td, th {{ border: 1px solid #ccc; padding: .2em .6em; text-align: right; }}
td:first-child, th:first-child {{ text-align: left; }}
img {{ max-width: 100%; }}
</style>
<h1>Scaling policies side by side</h1>
<p>Numbers are medians over the seeds, with the tenth and ninetieth percentile; the headline
compares means of each scenario by their geometric mean.</p>
<ul>{arms}</ul>
{body}
</html>
"""
