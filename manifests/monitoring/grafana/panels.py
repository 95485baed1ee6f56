"""The look of panels: few kinds, each with a title, a question that it answers, and a unit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from grafana_foundation_sdk.builders import (
    common,
    dashboard,
    heatmap,
    prometheus,
    stat,
    statetimeline,
    timeseries,
)
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import common as kinds
from grafana_foundation_sdk.models import dashboard as model
from grafana_foundation_sdk.models import heatmap as heatmap_model
from grafana_foundation_sdk.models import prometheus as prometheus_model

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SOURCE: Final = model.DataSourceRef(type_val="prometheus", uid="${datasource}")

GREEN, YELLOW, ORANGE, RED = "green", "#EAB839", "orange", "red"
BLUE, GREY, PURPLE, NONE = "blue", "#8E8E93", "purple", "text"

COUNT: Final = "short"
SECONDS: Final = "s"
SHARE: Final = "percentunit"
PERCENT: Final = "percent"
REQUESTS: Final = "reqps"
EVENTS: Final = "cps"
BYTES: Final = "bytes"
BYTES_A_SECOND: Final = "binBps"
HOURS: Final = "h"
CORES: Final = "suffix: cores"

Steps = tuple[tuple[float | None, str], ...]
"""From which value on which colour; None: from the beginning."""
PLAIN: Final[Steps] = ((None, NONE),)

Panel = Builder[model.Panel]


@dataclass(frozen=True, slots=True)
class Query:
    """A query and the name of its series; `now`: as of the end of the time shown."""

    expr: str
    name: str = ""
    now: bool = False


def figure(
    title: str,
    text: str,
    unit: str,
    query: Query,
    steps: Steps = PLAIN,
    width: int = 3,
    decimals: float | None = None,
    names: Mapping[str, str] | None = None,
) -> stat.Panel:
    """One number; with `names` the name of its series is shown instead, in the colour given."""
    built = (
        stat.Panel()
        .title(title)
        .description(text)
        .datasource(SOURCE)
        .unit(unit)
        .span(width)
        .height(4)
        .with_target(target(query, "A"))
        .thresholds(thresholds(steps))
        .color_mode(kinds.BigValueColorMode.VALUE)
        .graph_mode(kinds.BigValueGraphMode.NONE if query.now else kinds.BigValueGraphMode.AREA)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
        .text_mode(kinds.BigValueTextMode.NAME if names else kinds.BigValueTextMode.VALUE)
        .no_value("–")
    )
    if decimals is not None:
        built = built.decimals(decimals)
    for name, colour in (names or {}).items():
        built = built.override_by_name(name, [_colour(colour)])
    return built


def lines(
    title: str,
    text: str,
    unit: str,
    queries: Sequence[Query],
    *,
    width: int = 8,
    height: int = 8,
    stacked: bool = False,
    stepped: bool = False,
    bars: bool = False,
    colours: Mapping[str, str] | None = None,
    dashed: Sequence[str] = (),
    bold: Sequence[str] = (),
    most: float | None = None,
    steps: Steps = (),
) -> timeseries.Panel:
    """Lines over time. `colours` are by name or by a /pattern/ of names, `dashed` the names of
    bounds, `bold` that of what comes of all others; `steps` are drawn as lines across."""
    built = (
        timeseries.Panel()
        .title(title)
        .description(text)
        .datasource(SOURCE)
        .unit(unit)
        .span(width)
        .height(height)
        .axis_soft_min(0)
        .line_width(0 if stacked else 1)
        .fill_opacity(_filling(stacked, queries))
        .no_value("Nothing of the kind in the time shown")
        .show_points(kinds.VisibilityMode.NEVER)
        .legend(
            common.VizLegendOptions()
            .display_mode(kinds.LegendDisplayMode.LIST)
            .placement(kinds.LegendPlacement.BOTTOM)
            .show_legend(True)
        )
        .tooltip(
            common.VizTooltipOptions()
            .mode(kinds.TooltipDisplayMode.MULTI)
            .sort(kinds.SortOrder.DESCENDING)
        )
    )
    for number, query in enumerate(queries):
        built = built.with_target(target(query, chr(ord("A") + number)))
    if stacked:
        built = built.stacking(common.StackingConfig().mode(kinds.StackingMode.NORMAL))
    if stepped:
        built = built.line_interpolation(kinds.LineInterpolation.STEP_AFTER)
    if bars:
        built = built.draw_style(kinds.GraphDrawStyle.BARS)
    if most is not None:
        built = built.max(most)
    if steps:
        built = built.thresholds(thresholds(steps)).thresholds_style(
            common.GraphThresholdsStyleConfig().mode(kinds.GraphThresholdsStyleMode.DASHED)
        )
    for name, colour in (colours or {}).items():
        built = _overridden(built, name, [_colour(colour)])
    for name in dashed:
        built = _overridden(built, name, [_DASHES])
    for name in bold:
        built = _overridden(built, name, [_BOLD])
    return built


def _filling(stacked: bool, queries: Sequence[Query]) -> int:
    """Percent: what lies above other things must not hide them."""
    alone = len(queries) == 1 and "{{" not in queries[0].name
    return 60 if stacked else 10 if alone else 0


def states(
    title: str,
    text: str,
    queries: Sequence[Query],
    meaning: str,
    colour: str,
    *,
    width: int = 12,
    height: int = 8,
) -> statetimeline.Panel:
    """When each of several things, the name of whose series it is, held; `meaning` in one word."""
    built = (
        statetimeline.Panel()
        .title(title)
        .description(text)
        .datasource(SOURCE)
        .unit(COUNT)
        .span(width)
        .height(height)
        .show_value(kinds.VisibilityMode.NEVER)
        .merge_values(True)
        .row_height(0.8)
        .fill_opacity(80)
        .mappings(
            [model.ValueMap(options={"1": model.ValueMappingResult(text=meaning, color=colour)})]
        )
        .thresholds(thresholds(((None, colour),)))
        .legend(
            common.VizLegendOptions()
            .display_mode(kinds.LegendDisplayMode.LIST)
            .placement(kinds.LegendPlacement.BOTTOM)
            .show_legend(False)
        )
    )
    for number, query in enumerate(queries):
        built = built.with_target(target(query, chr(ord("A") + number)))
    return built


def spread(
    title: str, text: str, query: Query, *, width: int = 8, height: int = 8
) -> heatmap.Panel:
    """How values of a histogram, whose buckets the query counts, are spread over time."""
    counted = target(query, "A").format(prometheus_model.PromQueryFormat.HEATMAP)
    return (
        heatmap.Panel()
        .title(title)
        .description(text)
        .datasource(SOURCE)
        .unit(COUNT)
        .span(width)
        .height(height)
        .with_target(counted)
        .calculate(False)
        .y_axis(heatmap.YAxisConfig().unit(SECONDS).axis_placement(kinds.AxisPlacement.LEFT))
        .color(
            heatmap.HeatmapColorOptions()
            .mode(heatmap_model.HeatmapColorMode.SCHEME)
            .scheme("Oranges")
            .steps(64)
        )
        .cell_gap(1)
        .scale_distribution(common.ScaleDistributionConfig().type(kinds.ScaleDistribution.LINEAR))
    )


def target(query: Query, letter: str) -> prometheus.Dataquery:
    """The query as Grafana has it, of the name `letter`."""
    built = (
        prometheus.Dataquery()
        .expr(query.expr)
        .legend_format(query.name or "__auto")
        .ref_id(letter)
        .datasource(SOURCE)
    )
    return built.instant() if query.now else built.range()


def thresholds(steps: Steps) -> dashboard.ThresholdsConfig:
    """Colours by value."""
    return (
        dashboard.ThresholdsConfig()
        .mode(model.ThresholdsMode.ABSOLUTE)
        .steps([model.Threshold(value=value, color=colour) for value, colour in steps])
    )


def _colour(colour: str) -> model.DynamicConfigValue:
    return model.DynamicConfigValue(id_val="color", value={"mode": "fixed", "fixedColor": colour})


_DASHES: Final = model.DynamicConfigValue(
    id_val="custom.lineStyle", value={"fill": "dash", "dash": [8, 6]}
)
_BOLD: Final = model.DynamicConfigValue(id_val="custom.lineWidth", value=3)


def _overridden(
    built: timeseries.Panel, name: str, properties: list[model.DynamicConfigValue]
) -> timeseries.Panel:
    by = built.override_by_regexp if name.startswith("/") else built.override_by_name
    return by(name, properties)
