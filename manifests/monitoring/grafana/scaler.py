"""Scaler: why a service has as many replicas as it has, and whether the scaler itself is well."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from manifests.monitoring.grafana import panels as look
from manifests.monitoring.grafana.frame import ONE_SERVICE, RESCALES, ROLL_OUTS, board
from manifests.monitoring.grafana.overview import DESIRED, READY
from manifests.monitoring.grafana.panels import Query
from manifests.monitoring.grafana.promql import (
    LATELY,
    PLACE,
    SERVICE,
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

DEMAND: Final = series("scaler_demand_cores")
FORESEEN: Final = series("scaler_foreseen_cores")
SPREAD: Final = series("scaler_demand_spread_cores")
SIGNALS: Final = {"cpu": look.ORANGE, "arrivals": look.GREEN, "slots": look.BLUE}
STAGES: Final = ("metrics", "windows", "steps", "bounds")
RESCALED: Final = series("scaler_rescales_total")
HELD: Final = largest(series("scaler_service_limit"), "limit")


def dashboard() -> Dashboard:
    """The dashboard."""
    return board(
        "exposed-scaler",
        "Why a service has as many replicas as it has, and whether the scaler itself is well.",
        [ONE_SERVICE],
        [RESCALES, ROLL_OUTS],
        [
            ("At a glance", _glance()),
            ("Why this many replicas", _why()),
            ("How the demand is known", _known()),
            ("What it leads to", _effect()),
            ("The scaler itself, for all services", _itself()),
        ],
    )


def _glance() -> list[look.Panel]:
    return [
        look.figure(
            "Wanted", "Replicas last decided.", look.COUNT, Query(largest(DESIRED), "wanted")
        ),
        look.figure("Ready", "Pods that are ready.", look.COUNT, Query(largest(READY), "ready")),
        look.figure(
            "Demand",
            "CPU that is called for now, by the signal chosen.",
            look.CORES,
            Query(largest(DEMAND)),
            decimals=2,
        ),
        look.figure(
            "CPU",
            "CPU of the pods in percent of what they request.",
            look.PERCENT,
            Query(largest(series("scaler_utilisation_percent"))),
        ),
        look.figure(
            "Aim",
            "The CPU that is aimed at (cpu_threshold).",
            look.PERCENT,
            Query(largest(series("scaler_target_percent"))),
        ),
        look.figure(
            "Signal",
            "What tells the demand: cpu, as measured; arrivals, the requests that come at the "
            "CPU that one takes; slots, the requests in flight (in_flight_target).",
            look.COUNT,
            Query(largest(series("scaler_service_signal"), "signal"), "{{signal}}", now=True),
            names=SIGNALS,
        ),
        look.figure(
            "Limits",
            "How many rules hold the number back; which, is told below.",
            look.COUNT,
            Query(or_none(f"count({HELD})")),
            ((None, look.GREEN), (1, look.YELLOW)),
        ),
        look.figure(
            "Decided",
            "Time since the last decision; it grows while the service sleeps, is stopped, or is "
            "left alone.",
            look.SECONDS,
            Query(f"time() - {largest(series('scaler_decision_timestamp_seconds'))}"),
            ((None, look.GREEN), (60, look.YELLOW), (300, look.RED)),
            decimals=0,
        ),
    ]


def _why() -> list[look.Panel]:
    return [
        look.lines(
            "Replicas, stage by stage",
            "What the metrics ask for, what is left of it after windows, then steps, then bounds: "
            "where two lines part, the rule of that name decided. Dashed: min_scale and max_scale.",
            look.COUNT,
            [
                *(Query(_stage(name), name) for name in STAGES),
                Query(largest(series("scaler_min_replicas")), "least"),
                Query(largest(series("scaler_max_replicas")), "most"),
            ],
            width=12,
            height=9,
            stepped=True,
            colours={
                "metrics": look.ORANGE,
                "windows": look.PURPLE,
                "steps": look.BLUE,
                "bounds": look.GREEN,
                "least": look.GREY,
                "most": look.GREY,
            },
            dashed=("least", "most"),
            bold=("bounds",),
        ),
        look.lines(
            "Demand and forecast",
            "CPU called for now, with the standard deviation of what requests leave unexplained, "
            "what bursts may call for when a pod asked for now would serve, and what pods used a "
            "little ago. Dashed: what the wanted replicas carry at the aim.",
            look.CORES,
            [
                Query(largest(DEMAND), "demand"),
                Query(largest(FORESEEN), "foreseen"),
                Query(f"{largest(series('scaler_pod_usage_cores'))} * {largest(READY)}", "used"),
                Query(f"{largest(DEMAND)} + {largest(SPREAD)}", "demand + deviation"),
                Query(f"{largest(DESIRED)} * {BASE} * {AIM} / 100", "carried at the aim"),
            ],
            width=12,
            height=9,
            colours={
                "demand": look.ORANGE,
                "foreseen": look.PURPLE,
                "used": look.BLUE,
                "demand + deviation": look.YELLOW,
                "carried at the aim": look.GREEN,
            },
            dashed=("demand + deviation", "carried at the aim"),
        ),
        look.states(
            "Limits that bit",
            "When which rule held the number back; docs/operate/scaling.md has the rules.",
            [Query(HELD, "{{limit}}")],
            "held",
            look.ORANGE,
        ),
        look.states(
            "Reasons",
            "When which rule shaped the number.",
            [Query(largest(series("scaler_service_reason"), "reason"), "{{reason}}")],
            "holds",
            look.BLUE,
        ),
    ]


def _stage(name: str) -> str:
    return largest(series("scaler_stage_replicas", SERVICE, f'stage="{name}"'))


BASE: Final = largest(series("scaler_pod_base_cores"))
AIM: Final = largest(series("scaler_target_percent"))


def _known() -> list[look.Panel]:
    return [
        look.states(
            "Signal chosen",
            "When what told the demand.",
            [Query(largest(series("scaler_service_signal"), "signal"), "{{signal}}")],
            "chosen",
            look.GREEN,
            width=6,
        ),
        look.lines(
            "How well requests tell the CPU",
            "Share of the changes of CPU that requests explain: below 30 % they are not believed.",
            look.PERCENT,
            [Query(largest(series("scaler_signal_fit_percent")), "fit")],
            width=6,
            most=100,
            colours={"fit": look.GREEN},
            steps=((None, look.NONE), (30, look.RED)),
        ),
        look.lines(
            "CPU of a request",
            "What one more request takes; a rise means that requests, or the code, became dearer.",
            look.SECONDS,
            [Query(largest(series("scaler_request_cpu_seconds")), "a request")],
            width=6,
            colours={"a request": look.PURPLE},
        ),
        look.lines(
            "Age of samples",
            "How old the oldest sample of CPU was that a decision used; beyond max_sample_age "
            "none is.",
            look.SECONDS,
            [Query(largest(series("scaler_sample_age_seconds")), "oldest sample")],
            width=6,
            colours={"oldest sample": look.BLUE},
        ),
    ]


def _effect() -> list[look.Panel]:
    return [
        look.lines(
            "Wanted and ready",
            "How long pods take: the gap between the lines is a start, or a lack of room.",
            look.COUNT,
            [
                Query(largest(DESIRED), "wanted"),
                Query(largest(series("scaler_current_replicas")), "asked for"),
                Query(largest(READY), "ready"),
            ],
            width=6,
            stepped=True,
            colours={"wanted": look.ORANGE, "asked for": look.BLUE, "ready": look.GREEN},
        ),
        look.lines(
            "CPU and aim",
            "Whether the size fits: above the aim pods are short, far below it they are too many.",
            look.PERCENT,
            [
                Query(largest(series("scaler_utilisation_percent")), "CPU"),
                Query(largest(series("scaler_target_percent")), "aim"),
            ],
            width=6,
            colours={"CPU": look.ORANGE, "aim": look.GREY},
            dashed=("aim",),
        ),
        look.lines(
            "What clients feel",
            "First byte of 99 of 100 answers: what the size is for.",
            look.SECONDS,
            [Query(quantile(0.99, "gateway_first_byte_seconds"), "first byte, 99 %")],
            width=6,
            colours={"first byte, 99 %": look.RED},
        ),
        look.lines(
            "Sizes written",
            "How often the size was changed, and which way: up and down in turn is a service that "
            "swings.",
            look.COUNT,
            [Query(f"round({grown(RESCALED, 'direction', LATELY)})", "{{direction}}")],
            width=6,
            stacked=True,
            bars=True,
            colours={
                "up": look.ORANGE,
                "down": look.GREEN,
                "sleep": look.BLUE,
                "wake": look.PURPLE,
            },
        ),
    ]


def _itself() -> list[look.Panel]:
    return [
        look.lines(
            "Leaders and rivals",
            "One scaler must lead, not none and not two. Rivals are services that a "
            "HorizontalPodAutoscaler scales; a gateway that is silent hides requests.",
            look.COUNT,
            [
                Query(total(series("scaler_leader", PLACE)), "leaders"),
                Query(largest(series("scaler_rivals", PLACE)), "rivals"),
                Query(largest(series("scaler_gateways", PLACE), "state"), "gateways {{state}}"),
            ],
            width=6,
            stepped=True,
            colours={
                "leaders": look.GREEN,
                "rivals": look.ORANGE,
                "gateways heard": look.BLUE,
                "gateways silent": look.RED,
            },
        ),
        look.lines(
            "A tick",
            "How long the last round over all services took; above its interval of 1 s decisions "
            "come late.",
            look.SECONDS,
            [Query(largest(series("scaler_last_tick_seconds", PLACE)), "last tick")],
            width=6,
            colours={"last tick": look.BLUE},
            steps=((None, look.NONE), (1, look.RED)),
        ),
        look.lines(
            "How old its knowledge is",
            "Time since a source gave samples, and since the API server said anything of a "
            "resource.",
            look.SECONDS,
            [
                Query(largest(series("scaler_source_age_seconds", PLACE), "source"), "{{source}}"),
                Query(
                    largest(series("scaler_cache_age_seconds", PLACE), "resource"), "{{resource}}"
                ),
            ],
            width=6,
        ),
        look.lines(
            "What failed",
            "Fetches, samples, writes and watches that failed, and changes made by others.",
            look.EVENTS,
            [
                Query(or_none(rate(series("scaler_source_failures_total", PLACE))), "sources"),
                Query(or_none(rate(series("scaler_rejected_samples_total", PLACE))), "samples"),
                Query(or_none(rate(_WRITES)), "writes"),
                Query(rate(series("scaler_api_errors_total", PLACE)), "watches"),
                Query(rate(series("scaler_service_errors_total", PLACE)), "services"),
                Query(rate(series("scaler_foreign_changes_total", PLACE)), "foreign changes"),
            ],
            width=6,
        ),
        look.lines(
            "Decisions, by what they do and why",
            "The first reason of each decision, for all services.",
            look.EVENTS,
            [
                Query(
                    rate(series("scaler_decisions_total", PLACE), "action,reason"),
                    "{{action}}: {{reason}}",
                )
            ],
            width=12,
            stacked=True,
        ),
        look.lines(
            "Limits that bit, for all services",
            "Which rules hold sizes back; one that always does is a setting to look at.",
            look.EVENTS,
            [Query(rate(series("scaler_limits_bit_total", PLACE), "limit"), "{{limit}}")],
            width=12,
            stacked=True,
        ),
    ]


_WRITES: Final = series("scaler_writes_total", PLACE, 'result!="written"')
