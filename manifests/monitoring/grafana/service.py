"""Service: how one service answers, how long that takes, and what goes wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from manifests.monitoring.grafana import panels as look
from manifests.monitoring.grafana.frame import ONE_SERVICE, RESCALES, ROLL_OUTS, board
from manifests.monitoring.grafana.overview import FAILED_SO_FAR, READY, REQUESTS, STANDING
from manifests.monitoring.grafana.panels import Query
from manifests.monitoring.grafana.promql import (
    LATELY,
    grown,
    largest,
    or_none,
    quantile,
    rate,
    series,
    total,
)

if TYPE_CHECKING:
    from grafana_foundation_sdk.models.dashboard import Dashboard

CODES: Final = {
    "1xx": look.PURPLE,
    "2xx": look.GREEN,
    "3xx": look.BLUE,
    "4xx": look.YELLOW,
    "5xx": look.RED,
}
STARTS: Final = series("scaler_cold_starts_total")
PODS: Final = {
    "ready": look.GREEN,
    "new": look.BLUE,
    "held": look.YELLOW,
    "ejected": look.RED,
    "leaving": look.GREY,
}
SHARES: Final = {0.5: look.BLUE, 0.9: look.YELLOW, 0.99: look.RED}


def dashboard() -> Dashboard:
    """The dashboard."""
    return board(
        "exposed-service",
        "How one exposed service answers, how long that takes, and what goes wrong.",
        [ONE_SERVICE],
        [RESCALES, ROLL_OUTS],
        [
            ("At a glance", _glance()),
            ("Requests and answers", _requests()),
            ("How long it takes", _durations()),
            ("Where requests are", _places()),
            ("What goes wrong", _errors()),
            ("Sleep and cold starts", _starts()),
        ],
    )


def _glance() -> list[look.Panel]:
    return [
        look.figure(
            "State",
            "How the scaler stands towards the service: active, asleep, stopped, paused, dry run, "
            "left to another autoscaler, or failed.",
            look.COUNT,
            Query(largest(series("scaler_service_standing"), "standing"), "{{standing}}", now=True),
            names=STANDING,
        ),
        look.figure("Requests", "Requests of now.", look.REQUESTS, Query(rate(REQUESTS))),
        look.figure(
            "Not failed",
            "Share of the requests in the time shown that did not fail with 5xx, of those that a "
            "pod answered, or should have.",
            look.SHARE,
            Query(f"1 - {FAILED_SO_FAR}", now=True),
            ((None, look.RED), (0.99, look.GREEN)),
            decimals=2,
        ),
        look.figure(
            "First byte, 50 %",
            "Within so long half of the answers begin.",
            look.SECONDS,
            Query(quantile(0.5, "gateway_first_byte_seconds")),
        ),
        look.figure(
            "First byte, 99 %",
            "Within so long 99 of 100 answers begin.",
            look.SECONDS,
            Query(quantile(0.99, "gateway_first_byte_seconds")),
        ),
        look.figure(
            "In flight",
            "Requests that pods work on.",
            look.COUNT,
            Query(total(series("gateway_in_flight"))),
        ),
        look.figure(
            "Waiting",
            "Requests that wait for a slot of a pod, or for the first pod.",
            look.COUNT,
            Query(total(series("gateway_waiting"))),
            ((None, look.GREEN), (1, look.YELLOW), (50, look.RED)),
        ),
        look.figure(
            "Ready pods",
            "Pods that are ready.",
            look.COUNT,
            Query(largest(READY)),
            ((None, look.RED), (1, look.GREEN)),
        ),
    ]


def _requests() -> list[look.Panel]:
    requests = series("gateway_requests_total")
    codes = (
        "sum by (class) (label_replace("
        f'rate({requests}[{LATELY}]), "class", "${{1}}xx", "code", "(.).."))'
    )
    return [
        look.lines(
            "Answers",
            "What clients get, by the class of the status code.",
            look.REQUESTS,
            [Query(codes, "{{class}}")],
            stacked=True,
            colours=CODES,
        ),
        look.lines(
            "Who answers",
            "upstream: a pod. gateway: an answer of its own, such as 404 or 503, or a client that "
            "gave up (499). waiting: the page that tells a browser that the service starts.",
            look.REQUESTS,
            [Query(rate(requests, "source"), "{{source}}")],
            stacked=True,
            colours={"upstream": look.GREEN, "gateway": look.ORANGE, "waiting": look.BLUE},
        ),
        look.lines(
            "Bytes",
            "What clients send (in) and get (out), heads and tunnels included.",
            look.BYTES_A_SECOND,
            [Query(rate(series("gateway_bytes_total"), "direction"), "{{direction}}")],
            colours={"in": look.BLUE, "out": look.GREEN},
        ),
    ]


def _durations() -> list[look.Panel]:
    buckets = series("gateway_first_byte_seconds_bucket")
    return [
        _shares(
            "Until the first byte",
            "From the request's head to the first byte of the pod's answer: what a client waits "
            "for.",
            "gateway_first_byte_seconds",
        ),
        _shares(
            "Until the last byte",
            "From the request's head to the last byte: streams are long by their nature.",
            "gateway_request_duration_seconds",
        ),
        look.spread(
            "First byte, spread",
            "How many answers began within which time: two bands are two kinds of requests.",
            Query(f"sum by (le) (increase({buckets}[{LATELY}]))", "{{le}}"),
        ),
    ]


def _shares(title: str, text: str, histogram: str, width: int = 8) -> look.Panel:
    return look.lines(
        title,
        text,
        look.SECONDS,
        [Query(quantile(share, histogram), f"{share:.0%}") for share in SHARES],
        colours={f"{share:.0%}": colour for share, colour in SHARES.items()},
        width=width,
    )


def _places() -> list[look.Panel]:
    return [
        look.lines(
            "In flight and waiting",
            "Whether pods keep up: what waits finds no slot (`concurrency`), or no pod.",
            look.COUNT,
            [
                Query(total(series("gateway_in_flight")), "in flight"),
                Query(total(series("gateway_waiting")), "waiting"),
                Query(or_none(total(series("gateway_tunnels"))), "tunnels"),
            ],
            colours={"in flight": look.GREEN, "waiting": look.RED, "tunnels": look.PURPLE},
        ),
        _shares(
            "Wait for a slot",
            "How long those waited that found no slot free.",
            "gateway_queue_wait_seconds",
        ),
        look.lines(
            "Pods, as the gateway has them",
            "new: ready a moment ago, and spared. ejected: left out for a while after failures. "
            "held: not ready any more, and used since none is. leaving: they end their requests.",
            look.COUNT,
            [Query(largest(series("gateway_endpoints"), "state"), "{{state}}")],
            stacked=True,
            stepped=True,
            colours=PODS,
        ),
    ]


def _errors() -> list[look.Panel]:
    return [
        look.lines(
            "Refusals, by reason",
            "Requests that the gateway answered itself, and why; docs/operate/http.md has the "
            "reasons.",
            look.REQUESTS,
            [Query(rate(series("gateway_refusals_total"), "reason"), "{{reason}}")],
            width=6,
            stacked=True,
        ),
        look.lines(
            "Failures of pods, by reason",
            "Connections that failed, broke off or timed out; one request may meet several.",
            look.EVENTS,
            [Query(rate(series("gateway_upstream_errors_total"), "reason"), "{{reason}}")],
            width=6,
            stacked=True,
        ),
        look.lines(
            "Tried again, by reason",
            "Requests that another pod was asked for, by what failed first: clients saw nothing "
            "of it.",
            look.EVENTS,
            [Query(rate(series("gateway_retries_total"), "reason"), "{{reason}}")],
            width=6,
            stacked=True,
        ),
        look.lines(
            "Left out, and left",
            "Pods ejected after failures in a row; times when all became unready at once; wrong "
            "tokens; clients that did not take their answer; tunnels ended with their token.",
            look.EVENTS,
            [
                Query(or_none(rate(series("gateway_ejections_total"))), "ejections"),
                Query(or_none(rate(series("gateway_panics_total"))), "all unready"),
                Query(or_none(rate(series("gateway_auth_failures_total"))), "wrong tokens"),
                Query(or_none(rate(series("gateway_send_timeouts_total"))), "slow clients"),
                Query(or_none(rate(series("gateway_withdrawals_total"))), "withdrawn"),
            ],
            width=6,
        ),
    ]


def _starts() -> list[look.Panel]:
    standing = series("scaler_service_standing")
    return [
        look.states(
            "State, over time",
            "When the service was active, asleep, stopped, or left alone.",
            [Query(largest(standing, "standing"), "{{standing}}")],
            "holds",
            look.BLUE,
            width=8,
            height=7,
        ),
        look.lines(
            "Wait for the first pod",
            "How long requests that found no pod waited for one.",
            look.SECONDS,
            [
                Query(quantile(share, "gateway_cold_start_seconds"), f"{share:.0%}")
                for share in SHARES
            ],
            colours={f"{share:.0%}": colour for share, colour in SHARES.items()},
            width=8,
            height=7,
        ),
        look.lines(
            "Cold starts",
            "How often it was started from no pod.",
            look.COUNT,
            [Query(or_none(f"round({grown(STARTS, over=LATELY)})"), "starts")],
            width=8,
            height=7,
            stacked=True,
            bars=True,
        ),
    ]
