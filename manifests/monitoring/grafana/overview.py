"""Overview: whether every service is well, and what all of them cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from manifests.monitoring.grafana import panels as look
from manifests.monitoring.grafana.frame import (
    ANY_SERVICE,
    RESCALES,
    ROLL_OUTS,
    address,
    board,
    goal,
)
from manifests.monitoring.grafana.panels import Query
from manifests.monitoring.grafana.promql import (
    ANSWERED,
    LATELY,
    RANGE,
    SERVICE,
    failed_share,
    grown,
    largest,
    or_none,
    quantile,
    rate,
    series,
    total,
)
from manifests.monitoring.grafana.table import Column, by_service

if TYPE_CHECKING:
    from grafana_foundation_sdk.models.dashboard import Dashboard

REQUESTS: Final = series("gateway_requests_total", SERVICE, ANSWERED)
FAILED: Final = failed_share("rate", LATELY, "service")
FAILED_SO_FAR: Final = failed_share("increase", RANGE)
STANDING: Final = {
    "active": look.GREEN,
    "asleep": look.BLUE,
    "stopped": look.GREY,
    "paused": look.PURPLE,
    "dry-run": look.YELLOW,
    "waiting-for-cache": look.GREEN,
    "rival-autoscaler": look.ORANGE,
    "failed": look.RED,
}
"""How the scaler stands towards a service, and the colour of that."""
READY: Final = series("scaler_ready_replicas")
DESIRED: Final = series("scaler_desired_replicas")
WANTED: Final = f"({DESIRED} > 0 or {series('scaler_current_replicas')} > 0)"
"""Replicas of services that shall have some; a service that is stopped or paused is not decided."""
SHORT_OF: Final = f"clamp_min({largest(DESIRED, 'service')} - {largest(READY, 'service')}, 0)"
BAD: Final[look.Steps] = ((None, look.GREEN), (1, look.RED))
SHARES: Final[look.Steps] = ((None, look.GREEN), (0.001, look.YELLOW), (0.01, look.RED))


def dashboard() -> Dashboard:
    """The dashboard."""
    return board(
        "exposed-overview",
        "Whether every exposed service is well, how much is asked of it, and what it costs.",
        [ANY_SERVICE],
        [RESCALES, ROLL_OUTS],
        [
            ("At a glance", _glance()),
            ("Services", [_table()]),
            ("Load", _load()),
            ("Size and cost", _size()),
        ],
        [goal()],
    )


def _glance() -> list[look.Panel]:
    dead = f"count({largest(READY, 'service')} == 0 and on (service) {largest(WANTED, 'service')})"
    return [
        look.figure(
            "Services",
            "Services that the gateways route to.",
            look.COUNT,
            Query(f"count({total(series('gateway_endpoints'), 'service')})"),
        ),
        look.figure(
            "Without a ready pod",
            "Services that should have pods, and have none that is ready: their requests wait, or "
            "fail. Those asleep or stopped do not count.",
            look.COUNT,
            Query(or_none(dead)),
            BAD,
        ),
        look.figure("Requests", "All requests of now.", look.REQUESTS, Query(rate(REQUESTS))),
        look.figure(
            "Not failed",
            "Share of the requests in the time shown that did not fail with 5xx, of those that a "
            "pod answered, or should have. A service that is stopped fails nobody.",
            look.SHARE,
            Query(f"1 - {FAILED_SO_FAR}", now=True),
            ((None, look.RED), (0.99, look.GREEN)),
            decimals=2,
        ),
        look.figure(
            "Budget left",
            "How much of the failures that the goal allows in the time shown is still left; below "
            "0 the goal is missed, and -100 % tells of all that is worse.",
            look.SHARE,
            Query(f"clamp_min(1 - ({FAILED_SO_FAR}) / (1 - $goal), -1)", now=True),
            ((None, look.RED), (0, look.YELLOW), (0.5, look.GREEN)),
            decimals=0,
        ),
        look.figure(
            "First byte, 99 %",
            "Within so long 99 of 100 answers of pods begin; what a pod computes is in it.",
            look.SECONDS,
            Query(quantile(0.99, "gateway_first_byte_seconds")),
        ),
        look.figure(
            "Pods",
            "Pods that are ready, of all services.",
            look.COUNT,
            Query(f"sum({largest(READY, 'service')})"),
        ),
        look.figure(
            "Pod-hours",
            "Time of pods in the time shown, added up, those that start included: the cost.",
            look.HOURS,
            Query(f"{grown(series('scaler_pod_seconds_total'))} / 3600", now=True),
            decimals=1,
        ),
    ]


def _table() -> look.Panel:
    return by_service(
        "All services",
        "What each service does now. Click a name for its dashboards, or its page in the console.",
        f"{largest(series('scaler_service_standing'), 'service,standing')}",
        STANDING,
        [
            Column("Requests", look.REQUESTS, rate(REQUESTS, "service"), decimals=1),
            Column("Failed", look.SHARE, FAILED, SHARES, 2),
            Column(
                "First byte, 99 %",
                look.SECONDS,
                quantile(0.99, "gateway_first_byte_seconds", "service"),
            ),
            Column("In flight", look.COUNT, total(series("gateway_in_flight"), "service")),
            Column(
                "Waiting",
                look.COUNT,
                total(series("gateway_waiting"), "service"),
                ((None, look.NONE), (1, look.YELLOW), (50, look.RED)),
            ),
            Column(
                "CPU",
                look.PERCENT,
                largest(series("scaler_utilisation_percent"), "service"),
                ((None, look.NONE), (100, look.YELLOW), (200, look.RED)),
            ),
            Column("Aim", look.PERCENT, largest(series("scaler_target_percent"), "service")),
            Column("Ready", look.COUNT, largest(READY, "service")),
            Column("Wanted", look.COUNT, largest(DESIRED, "service")),
            Column("Short of", look.COUNT, SHORT_OF, ((None, look.NONE), (1, look.ORANGE))),
            Column("Most", look.COUNT, largest(series("scaler_max_replicas"), "service")),
            Column(
                "Pod-hours",
                look.HOURS,
                f"{grown(series('scaler_pod_seconds_total'), 'service')} / 3600",
                decimals=2,
            ),
        ],
        {
            "Service": f"{address('exposed-service')}&var-service=${{__value.text}}",
            "Scaler": f"{address('exposed-scaler')}&var-service=${{__value.text}}",
            "Console": "${console}/#service/${__value.text}",
        },
        height=9,
    )


def _load() -> list[look.Panel]:
    return [
        look.lines(
            "Requests, by service",
            "Which service is asked, and how much.",
            look.REQUESTS,
            [Query(rate(REQUESTS, "service"), "{{service}}")],
            stacked=True,
        ),
        look.lines(
            "Failed, by service",
            "Which service fails: the share of 5xx among the requests that a pod answered, or "
            "should have.",
            look.SHARE,
            [Query(FAILED, "{{service}}")],
        ),
        look.lines(
            "First byte, 99 %, by service",
            "Which service is slow.",
            look.SECONDS,
            [Query(quantile(0.99, "gateway_first_byte_seconds", "service"), "{{service}}")],
        ),
    ]


def _size() -> list[look.Panel]:
    at_most = f"{largest(DESIRED, 'service')} / {largest(series('scaler_max_replicas'), 'service')}"
    asleep = series("scaler_saved_pod_seconds_total")
    return [
        look.lines(
            "Ready pods",
            "Where the pods are.",
            look.COUNT,
            [Query(largest(READY, "service"), "{{service}}")],
            stacked=True,
            stepped=True,
            width=6,
        ),
        look.lines(
            "Wanted, of the most",
            "Which service can grow no more: 100 % is its max_scale.",
            look.SHARE,
            [Query(at_most, "{{service}}")],
            width=6,
            stepped=True,
            steps=((None, look.NONE), (1, look.RED)),
        ),
        look.lines(
            "Waiting for a pod",
            "Requests that wait for a slot of a pod, or for the first pod of a service.",
            look.COUNT,
            [Query(total(series("gateway_waiting"), "service"), "{{service}}")],
            width=6,
        ),
        look.lines(
            "What runs, and what sleep saves",
            "Pods that run or start, and those that would run if no service slept.",
            look.COUNT,
            [
                Query(rate(series("scaler_pod_seconds_total")), "running"),
                Query(or_none(f"sum(rate({asleep}[{LATELY}]))"), "saved by sleep"),
            ],
            width=6,
            stacked=True,
            colours={"running": look.BLUE, "saved by sleep": look.GREEN},
        ),
    ]
