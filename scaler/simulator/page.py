"""The results of a comparison as one HTML page beside its pictures."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from scaler.simulator import frontier_report, report
from scaler.simulator.verdict import verdicts, winners

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from scaler.simulator.arm import Arm
    from scaler.simulator.compare import Results
    from scaler.simulator.frontier import Points
    from scaler.simulator.ratios import Ratio


def page(
    results: Results,
    found: Sequence[Ratio],
    arms: Sequence[Arm],
    plane: str,
    timelines: Mapping[str, str],
    points: Points | None = None,
) -> str:
    """The page; `plane` and `timelines`, by scenario, name the pictures. Frontiers come first."""
    parts = [_equal_cost(points)] if points else []
    if found:
        parts.append(
            _section("Who wins where", f"<p>{_ALONE}</p>", _list(verdicts(results, found)))
        )
    parts += [
        _table(winners(results)),
        _section("Cost and SLO", _image(plane, "cost against SLO violation of each policy")),
    ]
    if found:
        parts.append(_section("Ratios (below 1 is better)", _table(report.ratio_table(found))))
    parts.append(_section("Over time", "".join(_image(f, s) for s, f in timelines.items())))
    parts += [
        _section(
            title,
            f"<p>{html.escape(report.MEANINGS[measure].capitalize())}.</p>",
            _table(report.measure_table(results, measure)),
        )
        for measure, title in report.MEASURES.items()
    ]
    return _PAGE.format(arms=_list(report.describe(arm) for arm in arms), body="\n".join(parts))


def _equal_cost(points: Points) -> str:
    arms = frontier_report.compared(points)
    return _section(
        "At equal cost",
        _list(frontier_report.sentence(points, arm) for arm in arms),
        f"<p>{html.escape(frontier_report.NOTE.format(baseline=frontier_report.BASELINE))}</p>",
        _table(frontier_report.summary(points)),
        _image("frontier.png", "cost against SLO violation, each policy's target varied"),
        _table(frontier_report.by_load(points)),
    )


def _section(title: str, *parts: str) -> str:
    return f"<h2>{html.escape(title)}</h2>" + "".join(parts)


def _list(sentences: Iterable[str]) -> str:
    return "<ul>" + "".join(f"<li>{html.escape(s)}</li>" for s in sentences) + "</ul>"


def _image(name: str, alt: str) -> str:
    return f'<img src="{html.escape(name)}" alt="{html.escape(alt)}" loading="lazy">'


def _table(table: report.Table) -> str:
    head, *rows = table

    def cells(row: list[str], tag: str) -> str:
        return "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in row)

    body = "".join(f"<tr>{cells(row, 'td')}</tr>" for row in rows)
    return f"<div><table><tr>{cells(head, 'th')}</tr>{body}</table></div>"


_ALONE = (
    "Each policy with its own target. Neither violation nor cost means anything alone, since a "
    "lower target buys the one with the other: <code>--frontier</code> compares at equal cost."
)

_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Scaling policies side by side</title>
<meta name="viewport" content="width=device-width">
<style>
body {{ font: 15px/1.5 system-ui, sans-serif; margin: 2em auto; max-width: 75em; padding: 0 1em; }}
div {{ overflow-x: auto; }}
table {{ border-collapse: collapse; margin: 1em 0; font-variant-numeric: tabular-nums; }}
td, th {{ border-bottom: 1px solid #ddd; padding: .25em .8em; text-align: right; }}
th {{ border-bottom: 2px solid #888; }}
td:first-child, th:first-child {{ text-align: left; }}
tr:hover {{ background: #f4f4f4; }}
img {{ display: block; max-width: 100%; margin: 1em 0; }}
</style>
<h1>Scaling policies side by side</h1>
{arms}
<p>Tables show medians over the seeds, with the tenth and ninetieth percentile; less is better.
Ratios compare the mean of each scenario, and are geometric means over the scenarios; in parentheses
what four in five other draws of seeds give (bootstrap). In words, a scenario counts as alike where
costs differ by less than 1 % and violations by less than two seconds.</p>
{body}
</html>
"""
