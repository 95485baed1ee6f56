"""Results as Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.load.arms import ALL, BESIDE
from benchmarks.load.bounds import HOLD_TO
from benchmarks.load.generator import PERCENTILES
from benchmarks.load.rows import ROWS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.load.ratios import Spread
    from benchmarks.load.results import Results
    from benchmarks.load.rows import Row

_HOW = (
    "All proxies are alive at once, each with one worker, on one core; the load and the "
    "application, both in C, share the others. Rows come in turn, and in each the arms in an order "
    "that is drawn, a second each. CPU is the scheduler's, of all threads and children, over what "
    "the load counted; a ratio is that of two arms in the same round: the median of rounds, with "
    "the quartiles. `forwarder` passes bytes on unread, in Python: the floor."
)


def markdown(results: Results, picture: str = "") -> str:
    """The page: machine, ratios with their bounds, costs, latencies, the rest."""
    machine = " · ".join(f"{key} {value}" for key, value in results.machine.items())
    parts = ["# The gateway beside its peers", machine]
    parts += [f"![CPU of a unit of work, as a multiple of nginx]({picture})"] if picture else []
    parts += [
        _HOW,
        _ratios(results),
        _beside(results),
        _costs(results),
        _shares(results),
        _latencies(results),
    ]
    parts += [_idle(results), _rollout(results), bounds_table(results), _left_out(results)]
    return "\n\n".join(part for part in parts if part) + "\n"


def bounds_table(results: Results) -> str:
    """What was held to what."""
    return _table(
        "## Bounds",
        ["what", "hold to", "measured", ""],
        [
            [one.text, f"≤ {one.limit:g}",
             "–" if one.measured is None else f"{one.measured:.2f}", one.word]
            for one in results.verdicts()
        ],
    )  # fmt: skip


def _measured(results: Results) -> tuple[list[Row], list[str]]:
    rows = [row for row in ROWS if any(key[0] == row.name for key in results.samples)]
    return rows, [arm for arm in ALL if any(key[1] == arm for key in results.samples)]


def _ratios(results: Results) -> str:
    rows, arms = _measured(results)
    body = []
    for row in rows:
        ratios = [results.ratio(row.name, arm) for arm in arms]
        limit = HOLD_TO.get(row.name)
        cells = [_ratio(one) for one in ratios]
        body.append([row.title, *cells, f"≤ {limit:g}" if limit else ""])
    return _table("## CPU of a unit, × nginx", ["", *arms, "hold the gateway to"], body)


def _beside(results: Results) -> str:
    rows, _ = _measured(results)
    found = [(row.title, results.ratio(row.name, "gateway", BESIDE)) for row in rows]
    body = [[title, str(ratio)] for title, ratio in found if ratio]
    return _table("## CPU of a unit, × the other checkout's", ["", "gateway"], body) if body else ""


def _ratio(found: Spread | None) -> str:
    if found is None:
        return "–"
    return "1" if found.low == found.high == 1 else str(found)


def _costs(results: Results) -> str:
    rows, arms = _measured(results)
    body = []
    for row in rows:
        costs = [results.median(row.name, arm, "cpu") for arm in arms]
        cells = ["–" if one is None else _number(one * 1e6) for one in costs]
        body.append([f"{row.title}, a {row.unit}", *cells])
    return _table("## CPU of a unit, µs", ["", *arms], body)


def _shares(results: Results) -> str:
    """Whether the proxy was what held the others up."""
    rows, arms = _measured(results)
    body = []
    for row in rows:
        cells = [_rate(results, row, arm) for arm in arms]
        others = [_others(results, row, arm) for arm in arms]
        most = max((one for one in others if one is not None), default=0.0)
        failures = sum(results.failures(row.name, arm) for arm in arms)
        body.append([row.title, *cells, f"{most:.0%}", str(failures)])
    head = ["", *arms, "load and application, at most", "failures"]
    title = "## Units a second, and the arm's share of its core while it did them"
    return _table(title, head, body)


def _rate(results: Results, row: Row, arm: str) -> str:
    rate, busy = (results.median(row.name, arm, of) for of in ("rate", "busy"))
    return "–" if rate is None or busy is None else f"{_number(rate)} ({busy:.0%})"


def _others(results: Results, row: Row, arm: str) -> float | None:
    """What the load and the application used, of a core that they share."""
    load, application = (results.median(row.name, arm, of) for of in ("load", "application"))
    return None if load is None or application is None else load + application


def _latencies(results: Results) -> str:
    body = [
        [one.arm, f"{one.share:.0%} of {one.capacity:.0f}/s"]
        + [f"{one.percentiles.get(name, 0) * 1e3:.2f}" for name in PERCENTILES]
        + [str(one.failures)]
        for one in results.latencies
    ]
    head = ["arm", "load", "p50", "p90", "p99", "p99.9", "failures"]
    title = "## Latency of a small GET, ms, from the time it was due"
    return _table(title, head, body) if body else ""


def _idle(results: Results) -> str:
    rows = [[arm, f"{amount:.1f}"] for arm, amount in results.idle.items()]
    return _table("## 10 000 idle connections", ["arm", "MiB more"], rows) if rows else ""


def _rollout(results: Results) -> str:
    if results.rollout is None:
        return ""
    requests, failures = results.rollout
    return (
        "## Pods replaced under load\n\n"
        f"One after the other without a pause: {failures} of {requests} requests failed."
    )


def _left_out(results: Results) -> str:
    if not results.left_out:
        return ""
    lines = [f"- {what}: {' '.join(why.split())}" for what, why in results.left_out.items()]
    return "## Not measured\n\n" + "\n".join(lines)


def _number(value: float) -> str:
    return f"{value:.1f}" if value < 1000 else f"{value:,.0f}".replace(",", " ")


def _table(title: str, head: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    rule = ["---", *["--:"] * (len(head) - 1)]
    lines = ["| " + " | ".join(cells) + " |" for cells in (head, rule, *body)]
    return "\n".join([title, "", *lines])
