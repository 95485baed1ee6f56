"""The table of all services: a row for each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from grafana_foundation_sdk.builders import common, prometheus, table
from grafana_foundation_sdk.models import common as kinds
from grafana_foundation_sdk.models import dashboard as model
from grafana_foundation_sdk.models import prometheus as prometheus_model

from manifests.monitoring.grafana.panels import COUNT, SOURCE, Query, Steps, target, thresholds

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: a query by service, and how its numbers are shown."""

    title: str
    unit: str
    expr: str
    steps: Steps = ()
    """From which value on the cell has a colour."""
    decimals: float | None = None


def by_service(
    title: str,
    text: str,
    state: str,
    colours: Mapping[str, str],
    columns: Sequence[Column],
    links: Mapping[str, str],
    height: int,
) -> table.Panel:
    """A row for each service: its state (the label `standing` of the query `state`), then numbers.
    `links` are the addresses that a service's name leads to, by their titles."""
    letters = [chr(ord("B") + number) for number in range(len(columns))]
    renamed = {f"Value #{letter}": one.title for letter, one in zip(letters, columns, strict=True)}
    order = ["service", "standing", *renamed]
    built = (
        table.Panel()
        .title(title)
        .description(text)
        .datasource(SOURCE)
        .unit(COUNT)
        .span(24)
        .height(height)
        .align(kinds.FieldTextAlignment.AUTO)
        .with_target(_rows(state, "A"))
        .with_transformation(model.DataTransformerConfig(id_val="merge", options={}))
        .with_transformation(
            model.DataTransformerConfig(
                id_val="organize",
                options={
                    "excludeByName": {"Time": True, "Value #A": True},
                    "indexByName": {name: number for number, name in enumerate(order)},
                    "renameByName": {"service": "Service", "standing": "State"} | renamed,
                },
            )
        )
        .sort_by([common.TableSortByFieldState().display_name("Service").desc(False)])
    )
    for letter, one in zip(letters, columns, strict=True):
        built = built.with_target(_rows(one.expr, letter)).override_by_name(one.title, _cell(one))
    shown = [{"title": name, "url": url} for name, url in links.items()]
    return built.override_by_name(
        "Service", [model.DynamicConfigValue(id_val="links", value=shown)]
    ).override_by_name("State", _named(colours))


def _cell(column: Column) -> list[model.DynamicConfigValue]:
    found = [model.DynamicConfigValue(id_val="unit", value=column.unit)]
    if column.decimals is not None:
        found.append(model.DynamicConfigValue(id_val="decimals", value=column.decimals))
    if column.steps:
        by_value = thresholds(column.steps).build()
        found += [
            model.DynamicConfigValue(id_val="thresholds", value=by_value),
            model.DynamicConfigValue(id_val="custom.cellOptions", value={"type": "color-text"}),
        ]
    return found


def _named(colours: Mapping[str, str]) -> list[model.DynamicConfigValue]:
    """Each of several words in its colour."""
    words = {
        word: model.ValueMappingResult(text=word, color=colour, index=index)
        for index, (word, colour) in enumerate(colours.items())
    }
    return [
        model.DynamicConfigValue(id_val="mappings", value=[model.ValueMap(options=words)]),
        model.DynamicConfigValue(id_val="custom.cellOptions", value={"type": "color-text"}),
    ]


def _rows(expr: str, letter: str) -> prometheus.Dataquery:
    return target(Query(expr, now=True), letter).format(prometheus_model.PromQueryFormat.TABLE)
