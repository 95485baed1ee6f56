"""Draws a dashboard from what its queries give, in its own layout: for the guide, where no Grafana
is at hand. Colours, units and names are those of its JSON."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, MultipleLocator

from tests.operations.grafana import panels, targets
from tests.operations.series import Lines, Numbers, shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes

    from tests.operations.grafana import Target

Read = Callable[["Target"], list[Lines]]
"""What a query gives, over the time shown."""

WIDE: Final = 0.62
HIGH: Final = 0.34
"""Inches of a column and of a row of the grid."""
BACK, PANEL, EDGE, WORDS, FAINT = "#111217", "#181b1f", "#2c2f34", "#ccccdc", "#7b7f87"
NAMED: Final = {
    "green": "#73bf69",
    "red": "#f2495c",
    "blue": "#5794f2",
    "orange": "#ff9830",
    "purple": "#b877d9",
    "text": WORDS,
}
PALETTE: Final = (
    *("#73bf69", "#f2cc0c", "#8ab8ff", "#ff780a", "#f2495c", "#5794f2", "#b877d9", "#705da0"),
    *("#37872d", "#fade2a", "#447ebc", "#c15c17", "#890f02", "#0a437c"),
)
"""What Grafana calls palette-classic."""


def draw(board: Mapping[str, Any], read: Read, marks: Sequence[tuple[float, str]]) -> Figure:
    """The dashboard; `marks` are its annotations: when, and in which colour."""
    rows = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in board["panels"])
    figure = Figure(figsize=(24 * WIDE, (rows + 1.2) * HIGH), dpi=100, facecolor=BACK)
    figure.text(0.008, 1 - 0.75 / (rows + 1.2), board["title"], color=WORDS, size=15, va="center")
    for panel in board["panels"]:
        box = _box(panel["gridPos"], rows)
        if panel["type"] == "row":
            figure.text(
                box[0], box[1] + box[3] / 2, f"⌄  {panel['title']}", color=WORDS, va="center"
            )
    for panel in panels(board):
        found = [(target, read(target)) for target in targets(panel)]
        Drawn(figure, panel, _box(panel["gridPos"], rows)).draw(found, marks)
    return figure


def _box(place: Mapping[str, int], rows: int) -> tuple[float, float, float, float]:
    """Left, bottom, width and height as shares of the figure."""
    whole = rows + 1.2
    x, y = place.get("x", 0), place["y"] + 1.2
    return (
        (x + 0.12) / 24,
        1 - (y + place["h"] - 0.12) / whole,
        (place["w"] - 0.24) / 24,
        (place["h"] - 0.24) / whole,
    )


class Drawn:
    """One panel in its box."""

    def __init__(
        self, figure: Figure, panel: Mapping[str, Any], box: tuple[float, float, float, float]
    ) -> None:
        self._figure, self._panel, self._box = figure, panel, box
        self._field = panel["fieldConfig"]["defaults"]
        self._unit: str = self._field.get("unit", "short")
        back = figure.add_axes(box, facecolor=PANEL)
        back.set(xticks=[], yticks=[])
        for side in back.spines.values():
            side.set_color(EDGE)
        self._points = box[3] * figure.get_figheight() * 72
        self._at(0.0, self._points - 12, panel["title"], 9, WORDS)

    def draw(
        self, found: Sequence[tuple[Target, list[Lines]]], marks: Sequence[tuple[float, str]]
    ) -> None:
        """Draw what was found, as the kind of the panel has it."""
        lines = [one for _, several in found for one in several]
        kind = self._panel["type"]
        if kind == "stat":
            self._number(lines)
        elif kind == "timeseries":
            self._lines(lines, marks)
        elif kind == "state-timeline":
            self._states(lines)
        elif kind == "heatmap":
            self._heat(lines)
        else:
            self._table([several for _, several in found])

    def _at(self, share: float, points: float, text: str, size: float, color: str) -> None:
        left = self._box[0] + (0.006 if not share else share * self._box[2])
        bottom = self._box[1] + points / self._points * self._box[3]
        self._figure.text(left, bottom, text, size=size, color=color, va="center")

    def _axes(self, left: float, bottom: float, right: float = 8, top: float = 22) -> Axes:
        """Axes inside of the panel; margins in points."""
        wide = self._box[2] * self._figure.get_figwidth() * 72
        axes = self._figure.add_axes(
            (
                self._box[0] + left / wide * self._box[2],
                self._box[1] + bottom / self._points * self._box[3],
                self._box[2] * (1 - (left + right) / wide),
                self._box[3] * (1 - (bottom + top) / self._points),
            ),
            facecolor="none",
        )
        axes.tick_params(colors=FAINT, labelsize=7, length=0)
        for side in axes.spines.values():
            side.set_visible(False)
        return axes

    def _number(self, lines: Sequence[Lines]) -> None:
        last = next((one for one in lines if np.isfinite(one.last)), None)
        if last is None:
            self._at(0.38, self._points * 0.42, "–", 20, FAINT)
            return
        colour = self._threshold(last.last)
        if len(last.values) > 1:
            axes = self._axes(1, 1, 1, self._points * 0.62)
            axes.fill_between(last.times, last.values, color=colour, alpha=0.25, lw=0)
            axes.plot(last.times, last.values, color=colour, lw=1)
            top = np.nanmax(last.values)
            axes.set(xticks=[], yticks=[], ylim=(0, max(top * 1.1, 1e-9)))
            axes.margins(x=0)
        text = shown(last.last, self._unit, self._field.get("decimals"))
        if self._panel["options"]["textMode"] == "name":
            text, colour = (
                last.name,
                self._override(last.name).get("color", {}).get("fixedColor", WORDS),
            )
        self._at(0.08, self._points * 0.46, text, 19, _colour(colour))

    def _lines(self, lines: Sequence[Lines], marks: Sequence[tuple[float, str]]) -> None:
        if not lines:
            self._at(0.3, self._points / 2, self._field["noValue"], 8, FAINT)
            return
        custom = self._field["custom"]
        stacked = custom.get("stacking", {}).get("mode") == "normal"
        stepped = (
            custom.get("lineInterpolation") == "stepAfter" or custom.get("drawStyle") == "bars"
        )
        wide = self._box[2] * self._figure.get_figwidth()
        columns = _columns([one.name for one in lines], wide - 0.2)
        rows = -(-len(lines) // columns)
        axes = self._axes(52, 22 + 11 * rows)
        base: np.ndarray[Any, Any] | None = None
        top = 0.0
        for number, one in enumerate(lines):
            override = self._override(one.name)
            colour = override.get("color", {}).get("fixedColor", PALETTE[number % len(PALETTE)])
            values = one.values
            if stacked:
                base = np.zeros_like(values) if base is None else base
                below, values = base, base + np.nan_to_num(values)
                base = values
            else:
                below = np.zeros_like(values)
            fill = override.get("custom.fillOpacity", custom.get("fillOpacity", 8)) / 100
            style = "--" if "custom.lineStyle" in override else "-"
            width = override.get("custom.lineWidth", custom["lineWidth"])
            axes.fill_between(
                one.times,
                below,
                values,
                color=_colour(colour),
                alpha=fill,
                lw=0,
                step="post" if stepped else None,
                label=None if width else one.name,
            )
            axes.plot(
                one.times,
                values,
                style,
                color=_colour(colour),
                lw=width,
                label=one.name if width else None,
                drawstyle="steps-post" if stepped else "default",
            )
            if np.isfinite(values).any():
                top = max(top, float(np.nanmax(values)))
        self._frame(axes, top)
        _clock(axes, lines[0].times)
        for when, colour in marks:
            axes.axvline(when, color=_colour(colour), lw=0.7, ls=(0, (4, 4)), alpha=0.8)
        self._legend(axes, columns)

    def _frame(self, axes: Axes, top: float) -> None:
        for step in self._field.get("thresholds", {}).get("steps", ()):
            style = self._field["custom"].get("thresholdsStyle")
            if style and step["value"] is not None and step["value"] <= 1.3 * top:
                axes.axhline(step["value"], color=_colour(step["color"]), lw=0.8, ls="--")
        axes.set_ylim(0, self._field.get("max") or (top * 1.12 if top else 1))
        axes.yaxis.set_major_locator(MaxNLocator(5, min_n_ticks=2))
        axes.yaxis.set_major_formatter(lambda value, _: shown(value, self._unit, None))
        axes.grid(color=EDGE, lw=0.5)

    def _legend(self, axes: Axes, columns: int) -> None:
        rows = -(-len(axes.get_legend_handles_labels()[1]) // columns)
        self._figure.legend(
            *axes.get_legend_handles_labels(),
            loc="upper left",
            bbox_to_anchor=(
                self._box[0] + 0.004,
                self._box[1] + (11 * rows + 3) / self._points * self._box[3],
            ),
            ncols=columns,
            frameon=False,
            fontsize=7,
            labelcolor=WORDS,
            handlelength=1.2,
            columnspacing=1.0,
            handletextpad=0.4,
            labelspacing=0.25,
            borderpad=0,
            borderaxespad=0,
        )

    def _states(self, lines: Sequence[Lines]) -> None:
        axes = self._axes(110, 20)
        mapped = self._field["mappings"][0]["options"]["1"]["color"]
        for row, one in enumerate(reversed(lines)):
            step = one.times[1] - one.times[0] if len(one.times) > 1 else 1.0
            spans = [
                (time, step)
                for time, value in zip(one.times, one.values, strict=True)
                if value == 1
            ]
            axes.broken_barh(spans, (row - 0.38, 0.76), facecolors=_colour(mapped), alpha=0.85)
        axes.set_yticks(range(len(lines)), [one.name[:22] for one in reversed(lines)])
        axes.set_ylim(-0.6, max(len(lines), 1) - 0.4)
        axes.tick_params(axis="y", labelcolor=WORDS)
        if lines:
            _clock(axes, lines[0].times)

    def _heat(self, lines: Sequence[Lines]) -> None:
        axes = self._axes(46, 20)
        ordered = sorted(lines, key=lambda one: float(one.name))
        counts = np.nan_to_num(np.array([one.values for one in ordered]))
        cells = np.diff(counts, axis=0, prepend=0).clip(min=0)
        rows = [row for row in range(len(ordered)) if cells[row].max() > 0]
        if not rows:
            return
        first, last = rows[0], rows[-1]
        cells = cells[first : last + 1]
        masked = np.ma.masked_less_equal(cells, 0)
        axes.pcolormesh(
            ordered[0].times, range(len(cells)), masked, cmap="Oranges", shading="nearest"
        )
        names = [f"{shown(float(one.name), 's', None)}" for one in ordered[first : last + 1]]
        axes.set_yticks(range(len(cells)), names)
        _clock(axes, ordered[0].times)

    def _table(self, columns: Sequence[list[Lines]]) -> None:
        renamed = self._panel["transformations"][1]["options"]["renameByName"]
        states = {one.labels["service"]: one.labels["standing"] for one in columns[0]}
        numbers = [renamed[key] for key in sorted(renamed) if key.startswith("Value")]
        titles = ["Service", "State", *numbers]
        places = [0.0, 0.11, *np.linspace(0.2, 0.94, len(titles) - 2)]
        for place, title in zip(places, titles, strict=True):
            self._at(place, self._points - 32, title, 8, NAMED["blue"])
        for row, service in enumerate(sorted(states)):
            height = self._points - 54 - 20 * row
            self._at(places[0], height, service, 9, NAMED["blue"])
            colour = _mapped(self._override("State"), states[service])
            self._at(places[1], height, states[service], 9, colour)
            for place, title, column in zip(places[2:], titles[2:], columns[1:], strict=True):
                value = next((one.last for one in column if one.labels["service"] == service), None)
                self._cell(place, height, title, value)

    def _cell(self, place: float, height: float, title: str, value: float | None) -> None:
        override = self._override(title)
        if value is None or not np.isfinite(value):
            return
        colour = WORDS
        for step in override.get("thresholds", {}).get("steps", ()):
            if step["value"] is None or value >= step["value"]:
                colour = step["color"]
        text = shown(value, override["unit"], override.get("decimals"))
        self._at(place, height, text, 9, _colour(colour))

    def _threshold(self, value: float) -> str:
        colour = WORDS
        for step in self._field["thresholds"]["steps"]:
            if step["value"] is None or value >= step["value"]:
                colour = step["color"]
        return _colour(colour)

    def _override(self, name: str) -> dict[str, Any]:
        """What is set for the field of this name."""
        found: dict[str, Any] = {}
        for override in self._panel["fieldConfig"].get("overrides", ()):
            matcher = override["matcher"]
            if matcher["id"] == "byName":
                fits = matcher["options"] == name
            else:
                fits = bool(_pattern(matcher["options"]).fullmatch(name))
            if fits:
                found |= {one["id"]: one["value"] for one in override["properties"]}
        return found


def _mapped(override: Mapping[str, Any], word: str) -> str:
    return _colour(override["mappings"][0]["options"].get(word, {}).get("color", WORDS))


def _colour(name: str) -> str:
    return NAMED.get(name, name)


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text.strip("/"))


def _clock(axes: Axes, times: Numbers) -> None:
    """All panels show the same time, with marks at whole minutes."""
    axes.set_xlim(times[0], times[-1])
    most = 8 if axes.get_position().width > 0.25 else 4
    minutes = max(1, round((times[-1] - times[0]) / 60 / most))
    axes.xaxis.set_major_locator(MultipleLocator(60 * minutes))
    axes.xaxis.set_major_formatter(
        lambda time, _: datetime.fromtimestamp(time, UTC).strftime("%H:%M")
    )


def _columns(names: Sequence[str], inches: float) -> int:
    """How many names fit side by side."""
    longest = max((len(name) for name in names), default=1)
    return max(1, min(len(names), int(inches / (0.065 * longest + 0.32))))
