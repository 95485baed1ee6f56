"""The results of a comparison in tables: Markdown and CSV."""

from __future__ import annotations

import csv
import io
from dataclasses import asdict
from statistics import median
from typing import TYPE_CHECKING, Any

from scaler.simulator.compare import Results, names
from scaler.simulator.ratios import Ratio, against, average, spread

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from scaler.simulator.arm import Arm

Table = list[list[str]]

MEASURES = {
    "violation_s": "SLO violated, s",
    "pod_seconds": "pod-seconds",
    "reversals": "reversals",
    "first_write_s": "first write, s",
    "reaction_s": "reaction, s",
    "settling_s": "settling, s",
    "overshoot_pct": "overshoot, %",
    "unserved_pct": "unserved, %",
    "changes_per_hour": "changes an hour",
    "jitter_per_hour": "jitter, an hour",
    "deviation": "deviation from ideal",
}
MEANINGS = {
    "violation_s": "seconds in which the load exceeds what the ready pods can do, or a request "
    "would wait longer than the SLO allows",
    "pod_seconds": "seconds of all pods, those that start and end included: the cost",
    "reversals": "changes of direction within ten minutes",
    "first_write_s": "from a sudden rise until more replicas are asked for, or it is over",
    "reaction_s": "from a sudden rise until enough replicas are ready, or it is over",
    "settling_s": "from a step of the demand until the ready replicas stay within a tenth, or one "
    "replica, of the ideal",
    "overshoot_pct": "most replicas beyond the ideal, in percent of it",
    "unserved_pct": "work that gave up waiting",
    "changes_per_hour": "writes of a new size",
    "jitter_per_hour": "changes of the ready replicas less those of the ideal, which noise moves",
    "deviation": "root of the squares of accuracies, timeshares and instability (SPEC RG)",
}
"""What each measure says, where less is better."""


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
    low, high = spread(known)
    return f"{_short(median(known))} ({_short(low)}–{_short(high)})"


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
            f"{one.violation:.2f} ({one.violation_range[0]:.2f}–{one.violation_range[1]:.2f})",
            f"{one.cost:.3f} ({one.cost_range[0]:.3f}–{one.cost_range[1]:.3f})",
            " / ".join(f"{count:.1f}" for count in one.reversed),
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
    rows = [
        {"scenario": scenario, "policy": arm, "seed": first_seed + index, **asdict(one)}
        for (scenario, arm), scores in results.items()
        for index, one in enumerate(scores)
    ]
    return csv_of(rows)


def csv_of(rows: Sequence[dict[str, Any]]) -> str:
    """Rows as CSV, with the names of the first one's columns as its head."""
    out = io.StringIO()
    writer = csv.DictWriter(out, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def describe(arm: Arm) -> str:
    """What an arm is, in one line."""
    return f"{arm.name}: {arm.about}"
