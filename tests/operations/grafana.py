"""Dashboards as Grafana reads them: their queries, with variables put in as Grafana does it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FOLDER: Final = Path(__file__).parents[2] / "manifests/monitoring/dashboards"
FILES: Final = sorted(FOLDER.glob("*.json"))
_VARIABLE: Final = re.compile(r"\$(\w+)|\$\{(\w+)(?::\w+)?\}")


@dataclass(frozen=True, slots=True)
class Target:
    """A query of a panel, an annotation or a variable, as it is written."""

    where: str
    expr: str
    now: bool = False
    """It asks for the end of the time shown alone."""
    name: str = ""
    """The template of its series' names."""
    label: str = ""
    """Whose values a variable has."""


def load(path: Path) -> dict[str, Any]:
    """A dashboard."""
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def panels(board: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Those that show something: rows are left out."""
    return [panel for panel in board["panels"] if panel["type"] != "row"]


def targets(panel: Mapping[str, Any]) -> list[Target]:
    """The queries of a panel."""
    return [
        Target(
            f"{panel['title']} {one['refId']}",
            one["expr"],
            bool(one.get("instant")),
            one.get("legendFormat", ""),
        )
        for one in panel["targets"]
    ]


def everything(board: Mapping[str, Any]) -> Iterator[Target]:
    """All queries of a dashboard; those of its variables ask for the series of a label."""
    for panel in panels(board):
        yield from targets(panel)
    for mark in board["annotations"]["list"]:
        yield Target(f"annotation {mark['name']}", mark["expr"])
    for variable in board["templating"]["list"]:
        if variable["type"] == "query":
            found = re.fullmatch(r"label_values\((.+), (\w+)\)", variable["query"])
            assert found, f"{variable['name']}: {variable['query']}"
            yield Target(f"variable {variable['name']}", found[1], label=found[2])


def values(
    board: Mapping[str, Any], chosen: Mapping[str, str], seconds: float, step: float
) -> dict[str, str]:
    """What each variable stands for: as chosen, else as it is at first, and Grafana's own of a
    time shown of `seconds` in steps of so many."""
    found = {"__range": f"{seconds:.0f}s", "__interval": f"{step:g}s"}
    found["__rate_interval"] = f"{max(4 * step, 8):g}s"
    for variable in board["templating"]["list"]:
        every = variable.get("allValue") or ""
        current = (variable.get("current") or {}).get("value", "")
        found[variable["name"]] = every if current == "$__all" else current
    return {**found, **chosen}


def interpolated(text: str, by: Mapping[str, str]) -> str:
    """`text` with the variables put in; KeyError for one that the dashboard has not got."""

    def value(found: re.Match[str]) -> str:
        name = found[1] or found[2]
        return found[0] if name.isdecimal() else by[name]

    return _VARIABLE.sub(value, text)
