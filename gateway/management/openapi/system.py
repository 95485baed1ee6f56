"""The calls about the system itself, and the probes. Pure."""

from __future__ import annotations

from typing import Final

from gateway.management.openapi.operation import JSON, TEXT, Answer, Operation

_TEXT: Final = {"type": "string"}


def _told(path: str, summary: str, schema: str) -> Operation:
    answers = {200: Answer(f"{schema} as OSCAR has it.", schema)}
    return Operation("get", path, "system", summary, answers)


def _probe(path: str, summary: str, answer: str, *refusals: int) -> Operation:
    answers = {200: Answer(answer, _TEXT, TEXT)}
    return Operation("get", path, "probes", summary, answers, refusals=refusals, is_open=True)


OPERATIONS: Final = (
    _told("/system/info", "Read which OSCAR this is", "Info"),
    _told("/system/config", "Read what the cluster offers", "Config"),
    _told("/system/status", "Read nodes, pods and what is free", "Status"),
    Operation(
        "get",
        "/system/openapi.json",
        "system",
        "Read this document",
        {200: Answer("The document.", {"type": "object"}, JSON)},
        is_open=True,
    ),
    _probe("/health", "Ask whether the process lives, as OSCAR", "`Ok`."),
    _probe("/healthz", "Ask whether the process lives", "`Ok`."),
    _probe("/readyz", "Ask whether the cluster answers", "It does.", 503),
    _probe("/metrics", "Read the metrics for Prometheus", "Metrics in the text format."),
)
