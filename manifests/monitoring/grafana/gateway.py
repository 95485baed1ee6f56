"""Gateway: whether the gateway's processes, and the services API, are well."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from manifests.monitoring.grafana import panels as look
from manifests.monitoring.grafana.frame import INSTANCES, WORKERS, board
from manifests.monitoring.grafana.panels import Query
from manifests.monitoring.grafana.promql import (
    INSTANCE,
    LATELY,
    PLACE,
    or_none,
    quantile,
    rate,
    ratio,
    series,
    total,
)

if TYPE_CHECKING:
    from grafana_foundation_sdk.models.dashboard import Dashboard

EACH: Final = "{{instance}}"
FULL: Final[look.Steps] = ((None, look.GREEN), (0.7, look.YELLOW), (0.9, look.RED))
DAY: Final = 86400
EXPIRY: Final = "gateway_certificate_expiry_timestamp_seconds"


def of(metric: str, *more: str) -> str:
    """The series of a metric of the gateways that are shown."""
    return series(metric, INSTANCE, *more)


def dashboard() -> Dashboard:
    """The dashboard."""
    return board(
        "exposed-gateway",
        "Whether the processes of the gateways, and of the services API, are well.",
        [INSTANCES],
        [WORKERS],
        [
            ("At a glance", _glance()),
            ("Processes", _processes()),
            ("Connections of clients", _connections()),
            ("What it knows of the cluster", _knowledge()),
            ("Toward pods", _upstream()),
            ("TLS, log and files", _files()),
            ("Services API", _management()),
        ],
    )


def _glance() -> list[look.Panel]:
    limits = f"sum({of('gateway_connections_limit')} > 0)"
    return [
        look.figure(
            "Ready",
            "Share of the gateways that take requests.",
            look.SHARE,
            Query(f"avg({of('gateway_ready')})"),
            ((None, look.RED), (1, look.GREEN)),
        ),
        look.figure("Workers", "Processes that serve.", look.COUNT, Query(_sum("gateway_workers"))),
        look.figure(
            "Loop lag, 99 %",
            "How late the event loop turns: what every request waits.",
            look.SECONDS,
            Query(quantile(0.99, "gateway_event_loop_lag_seconds", where=INSTANCE)),
            ((None, look.GREEN), (0.05, look.YELLOW), (0.25, look.RED)),
        ),
        look.figure(
            "Connections, of the most",
            "Open connections of clients by what is allowed; beyond, clients are refused.",
            look.SHARE,
            Query(f"{_sum('gateway_connections')} / {limits}"),
            FULL,
            decimals=1,
        ),
        look.figure(
            "Descriptors, of the most",
            "Open files and sockets by their limit (ulimit -n); near it nobody is accepted.",
            look.SHARE,
            Query(f"max({of('gateway_open_descriptors')} / {of('gateway_descriptors_limit')})"),
            FULL,
            decimals=1,
        ),
        look.figure(
            "Table confirmed",
            "Time since the API server last confirmed the route table; while it grows, changes of "
            "services are not seen.",
            look.SECONDS,
            Query(f"max({of('gateway_table_age_seconds')})"),
            ((None, look.GREEN), (120, look.YELLOW), (300, look.RED)),
            decimals=0,
        ),
        look.figure(
            "Wrong definitions",
            "Services whose present definition was not taken: the one before still holds.",
            look.COUNT,
            Query(f"max({of('gateway_invalid_definitions')})"),
            ((None, look.GREEN), (1, look.YELLOW)),
        ),
        look.figure(
            "Certificate",
            "Days until the certificate of TLS is no longer valid.",
            "suffix: days",
            Query(f"(min({of(EXPIRY)}) - time()) / {DAY}"),
            ((None, look.RED), (7, look.YELLOW), (21, look.GREEN)),
            decimals=0,
        ),
    ]


def _sum(metric: str) -> str:
    return total(of(metric))


def _each(metric: str) -> Query:
    return Query(total(of(metric), "instance"), EACH)


def _processes() -> list[look.Panel]:
    lag = "gateway_event_loop_lag_seconds"
    return [
        look.lines(
            "Loop lag",
            "How late the event loop turns, by share of its turns.",
            look.SECONDS,
            [Query(quantile(q, lag, where=INSTANCE), f"{q:.1%}") for q in (0.5, 0.99, 0.999)],
            width=6,
            colours={"50.0%": look.BLUE, "99.0%": look.YELLOW, "99.9%": look.RED},
        ),
        look.lines(
            "CPU",
            "Of all processes of a gateway; a worker can use one core.",
            look.CORES,
            [Query(rate(of("gateway_cpu_seconds_total"), "instance"), EACH)],
            width=6,
        ),
        look.lines(
            "Memory",
            "Resident memory of all processes of a gateway; pages they share count for each.",
            look.BYTES,
            [_each("gateway_resident_memory_bytes")],
            width=6,
        ),
        look.lines(
            "Garbage collections",
            "Of Python, by generation: those of 2 hold requests up.",
            look.EVENTS,
            [Query(rate(of("gateway_gc_collections_total"), "generation"), "{{generation}}")],
            width=6,
        ),
    ]


def _connections() -> list[look.Panel]:
    return [
        look.lines(
            "Open",
            "Connections of clients, tunnels included.",
            look.COUNT,
            [_each("gateway_connections")],
            width=6,
        ),
        look.lines(
            "Accepted and refused",
            "refused: over the limit of all, or of one address. rests: nobody was accepted for a "
            "while, for want of descriptors.",
            look.EVENTS,
            [
                Query(rate(of("gateway_connections_accepted_total")), "accepted"),
                Query(rate(of("gateway_connections_refused_total")), "refused"),
                Query(rate(of("gateway_accept_rests_total")), "rests"),
            ],
            width=6,
            colours={"accepted": look.GREEN, "refused": look.RED, "rests": look.ORANGE},
        ),
        look.lines(
            "Descriptors",
            "Open files and sockets of the fullest worker; each has the limit for itself.",
            look.COUNT,
            [_each("gateway_open_descriptors")],
            width=6,
        ),
        look.lines(
            "Requests it holds",
            "Requests that are in flight, that wait for a slot, and that wait for the first pod "
            "of a service.",
            look.COUNT,
            [
                Query(_sum("gateway_in_flight"), "in flight"),
                Query(_sum("gateway_waiting"), "waiting"),
                Query(_sum("gateway_held"), "for a first pod"),
                Query(or_none(_sum("gateway_tunnels")), "tunnels"),
            ],
            width=6,
            colours={
                "in flight": look.GREEN,
                "waiting": look.RED,
                "for a first pod": look.BLUE,
                "tunnels": look.PURPLE,
            },
        ),
    ]


def _knowledge() -> list[look.Panel]:
    return [
        look.lines(
            "Age of the route table",
            "Time since the API server confirmed it.",
            look.SECONDS,
            [_each("gateway_table_age_seconds")],
            steps=((None, look.NONE), (120, look.RED)),
        ),
        look.lines(
            "Stale, or wrong",
            "stale: the table is the last known one, from a file. wrong: definitions not taken.",
            look.COUNT,
            [
                Query(_sum("gateway_table_stale"), "stale"),
                Query(f"max({of('gateway_invalid_definitions')})", "wrong"),
            ],
            stepped=True,
            colours={"stale": look.RED, "wrong": look.ORANGE},
        ),
        look.lines(
            "Scalers that listen",
            "Scalers that hear at once which service is wanted; without one a service that sleeps "
            "wakes a tick later.",
            look.COUNT,
            [_each("gateway_scalers_connected")],
            stepped=True,
        ),
    ]


def _upstream() -> list[look.Panel]:
    return [
        look.lines(
            "Failures of pods, by reason",
            "Of all services; the dashboard of a service has its own.",
            look.EVENTS,
            [Query(rate(of("gateway_upstream_errors_total"), "reason"), "{{reason}}")],
            stacked=True,
        ),
        look.lines(
            "Tried again, by reason",
            "Requests that another pod was asked for.",
            look.EVENTS,
            [Query(rate(of("gateway_retries_total"), "reason"), "{{reason}}")],
            stacked=True,
        ),
        look.lines(
            "Ejections, by service",
            "Pods left out for a while after failures in a row.",
            look.EVENTS,
            [Query(rate(of("gateway_ejections_total"), "service"), "{{service}}")],
        ),
    ]


def _files() -> list[look.Panel]:
    return [
        look.lines(
            "Certificate, days left",
            "Days until it is no longer valid; it is read again when its file changes.",
            "suffix: days",
            [Query(f"({of(EXPIRY)} - time()) / {DAY}", EACH)],
            stepped=True,
        ),
        look.lines(
            "Workers replaced",
            "Processes that ended, or hung and were killed, and were started again.",
            look.COUNT,
            [
                Query(_grown("gateway_worker_restarts_total"), "started again"),
                Query(_grown("gateway_worker_hangs_total"), "hung"),
            ],
            stacked=True,
            bars=True,
            colours={"started again": look.ORANGE, "hung": look.RED},
        ),
        look.lines(
            "What was lost",
            "Lines of the access log that did not fit, route tables that were not saved, and new "
            "certificates that could not be used.",
            look.EVENTS,
            [
                Query(rate(of("gateway_access_log_dropped_total")), "lines of the log"),
                Query(rate(of("gateway_snapshot_failures_total")), "tables"),
                Query(rate(of("gateway_certificate_failures_total")), "certificates"),
            ],
            colours={
                "lines of the log": look.ORANGE,
                "tables": look.RED,
                "certificates": look.PURPLE,
            },
        ),
    ]


def _grown(metric: str) -> str:
    return f"round(sum(increase({of(metric)}[{LATELY}])))"


def _management() -> list[look.Panel]:
    requests = series("management_requests_total", PLACE)
    failed = series("management_requests_total", PLACE, 'code=~"5.."')
    return [
        look.lines(
            "Calls, by status",
            "What the services API answers.",
            look.REQUESTS,
            [Query(rate(requests, "code"), "{{code}}")],
            width=6,
            stacked=True,
            colours={"/2../": look.GREEN, "/4../": look.YELLOW, "/5../": look.RED},
        ),
        look.lines(
            "Failed calls",
            "Share of calls that the services API could not carry out.",
            look.SHARE,
            [Query(ratio(rate(failed), rate(requests)), "failed")],
            width=6,
            colours={"failed": look.RED},
        ),
        look.lines(
            "Duration, 99 %",
            "Of the calls, by their route.",
            look.SECONDS,
            [
                Query(
                    quantile(0.99, "management_request_duration_seconds", "route", PLACE),
                    "{{route}}",
                )
            ],
            width=6,
        ),
        look.lines(
            "Services looked at, by result",
            "What comes of looking whether the cluster is as the definitions say.",
            look.EVENTS,
            [
                Query(
                    rate(series("management_reconcile_results_total", PLACE), "result"),
                    "{{result}}",
                )
            ],
            width=6,
        ),
    ]
