"""What every dashboard has around its rows: variables, annotations, links to the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import dashboard as model

from manifests.monitoring.grafana.panels import SOURCE, Panel
from manifests.monitoring.grafana.promql import LATELY, PLACE, series

UIDS: Final = {
    "exposed-overview": "Overview",
    "exposed-service": "Service",
    "exposed-scaler": "Scaler",
    "exposed-gateway": "Gateway",
}
"""Titles by uid, which is the name of the file too."""
CONSOLE: Final = "http://localhost:8081"
"""The gateway's admin port as `kubectl port-forward -n oscar service/gateway-metrics 8081` has it;
it is open to nobody outside of the cluster."""
ALL: Final = model.VariableOption(text="All", value="$__all", selected=True)
TAG: Final = "exposed-services"

Row = tuple[str, Sequence[Panel]]


@dataclass(frozen=True, slots=True)
class Choice:
    """A variable whose values are those of a label."""

    name: str
    label: str
    text: str
    query: str
    every: str = ""
    """The pattern that `All` stands for; empty: only one value can be chosen."""


PLACES: Final = (
    Choice(
        "cluster",
        "Cluster",
        "As Prometheus calls clusters; empty where it watches one.",
        "label_values(gateway_ready, cluster)",
        ".*",
    ),
    Choice(
        "namespace",
        "Namespace",
        "Where gateways and scalers run, not the services.",
        'label_values(gateway_ready{cluster=~"$cluster"}, namespace)',
        ".*",
    ),
)
SERVICES: Final = f"label_values(gateway_endpoints{{{PLACE}}}, service)"
ONE_SERVICE: Final = Choice("service", "Service", "The service that is shown.", SERVICES)
ANY_SERVICE: Final = Choice("service", "Services", "Those that are shown.", SERVICES, "[^_].*")
GOALS: Final = {"99 %": "0.99", "99.5 %": "0.995", "99.9 %": "0.999", "99.95 %": "0.9995"}
GOAL: Final = "99 %"
INSTANCES: Final = Choice(
    "instance",
    "Gateway",
    "Addresses of gateways.",
    f"label_values(gateway_ready{{{PLACE}}}, instance)",
    ".*",
)


class _Annotation(model.AnnotationQuery):
    """One of Grafana's Prometheus source, which has fields that the SDK does not know."""

    def __init__(self, mark: Mark) -> None:
        super().__init__(name=mark.name, datasource=SOURCE, icon_color=mark.colour, expr=mark.expr)
        self._more = {"titleFormat": mark.title, "tagKeys": mark.label, "step": "30s"}

    def to_json(self) -> dict[str, object]:
        return super().to_json() | self._more


@dataclass(frozen=True, slots=True)
class Mark(Builder[model.AnnotationQuery]):
    """Marks in all panels where a query is above 0, by a label of it.

    Prometheus has no events: what is marked is a number that has changed.
    """

    name: str
    colour: str
    expr: str
    title: str
    label: str = "service"

    def build(self) -> model.AnnotationQuery:
        """The annotation of the dashboard."""
        return _Annotation(self)


RESCALES: Final = Mark(
    "Rescales",
    "purple",
    f"max by (service) (changes({series('scaler_current_replicas')}[{LATELY}])) > 0",
    "{{service}}: another size",
)
ROLL_OUTS: Final = Mark(
    "Roll-outs",
    "blue",
    f"max by (service) (changes({series('scaler_deployment_revision')}[{LATELY}])) > 0",
    "{{service}}: rolled out",
)
WORKERS: Final = Mark(
    "Workers replaced",
    "red",
    f"max by (instance) (changes({series('gateway_worker_restarts_total', PLACE)}[{LATELY}])) > 0",
    "{{instance}}: a worker was started again",
    "instance",
)


def board(
    uid: str,
    text: str,
    choices: Sequence[Choice],
    marks: Sequence[Mark],
    rows: Sequence[Row],
    more: Sequence[Builder[model.VariableModel]] = (),
) -> model.Dashboard:
    """A dashboard of rows, of which the first tells at a glance; `more` are further variables."""
    built = (
        dashboard.Dashboard(f"Exposed services / {UIDS[uid]}")
        .uid(uid)
        .description(text)
        .tags([TAG])
        .time("now-1h", "now")
        .refresh("30s")
        .timezone("browser")
        .tooltip(model.DashboardCursorSync.CROSSHAIR)
        .with_variable(_source())
        .annotations([*marks])
    )
    for choice in (*PLACES, *choices):
        built = built.with_variable(_variable(choice))
    for variable in (*more, _console()):
        built = built.with_variable(variable)
    carried = any(choice == ONE_SERVICE for choice in choices)
    for link in _links(uid, carried):
        built = built.link(link)
    for title, panels in rows:
        built = built.with_row(dashboard.Row(title))
        for panel in panels:
            built = built.with_panel(panel)
    found = built.build()
    for number, each in enumerate(found.panels or (), start=1):
        each.id_val = number
    return found


def address(uid: str, *variables: str) -> str:
    """Where a dashboard is, with the values that variables have here."""
    chosen = ("datasource", "cluster", "namespace", *variables)
    return f"/d/{uid}?" + "&".join(f"${{{name}:queryparam}}" for name in chosen)


def _links(uid: str, one_service: bool) -> list[dashboard.DashboardLink]:
    found = [
        dashboard.DashboardLink(title)
        .type(model.DashboardLinkType.LINK)
        .icon("dashboard")
        .url(address(other, *(("service",) if one_service and other in _OF_ONE else ())))
        .keep_time(True)
        for other, title in UIDS.items()
        if other != uid
    ]
    page = "/#service/${service}" if one_service else "/"
    console = (
        dashboard.DashboardLink("Console")
        .type(model.DashboardLinkType.LINK)
        .icon("external link")
        .tooltip("The gateway's own page: pods, decisions and failed requests of now")
        .url("${console}" + page)
        .target_blank(True)
    )
    return [*found, console]


_OF_ONE: Final = ("exposed-service", "exposed-scaler")
"""Dashboards of a single service."""


def _source() -> dashboard.DatasourceVariable:
    return dashboard.DatasourceVariable("datasource").label("Prometheus").type("prometheus")


def goal() -> dashboard.CustomVariable:
    """The share of requests that shall not fail; at first that of the alerts."""
    return (
        dashboard.CustomVariable("goal")
        .label("Goal")
        .description("Share of requests that shall not fail by the fault of a pod or the gateway.")
        .values(", ".join(f"{text} : {value}" for text, value in GOALS.items()))
        .current(model.VariableOption(text=GOAL, value=GOALS[GOAL], selected=True))
    )


def _console() -> dashboard.TextBoxVariable:
    return (
        dashboard.TextBoxVariable("console")
        .label("Console")
        .description("Address of a gateway's admin port as your browser reaches it.")
        .default_value(CONSOLE)
        .current(model.VariableOption(text=CONSOLE, value=CONSOLE, selected=True))
    )


def _variable(choice: Choice) -> dashboard.QueryVariable:
    built = (
        dashboard.QueryVariable(choice.name)
        .label(choice.label)
        .description(choice.text)
        .datasource(SOURCE)
        .query(choice.query)
        .regex("/^[^_].*/" if choice.name == "service" else "")
        .refresh(model.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(model.VariableSort.ALPHABETICAL_ASC)
    )
    if not choice.every:
        return built
    return built.multi(True).include_all(True).all_value(choice.every).current(ALL)
