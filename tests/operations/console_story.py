"""A service in each state with what goes with it: what pictures and checkers look at."""

from __future__ import annotations

from tests.operations.console_rows import (
    AT,
    Told,
    decision,
    idle,
    pod,
    request,
    row,
    series,
    service,
    state,
)

WORDS = "scale up 2 → 3: CPU 61% of its base, target 50%, samples up to 9 s old; metrics ask 3"
SERVICES: dict[str, Told] = {
    "ocr": row(
        replicas={"now": 2, "ready": 2, "wanted": 3, "min": 1, "max": 4},
        decision={"at": AT - 4, "action": "ScaleUp", "words": WORDS},
    ),
    "whisper-large-v3": row(
        "failing", why="12 of 40 requests in the last minute failed", errors_1m=12,
        requests_1m=40, p50_s=1.9, p99_s=9.2, in_flight=7, waiting=4, cpu_pct=97, ejected=2,
        replicas={"now": 3, "ready": 1, "wanted": 3, "min": 1, "max": 3},
    ),
    "llama-chat": row(
        "starting", why="pulling the image registry.example.org/llama:3.1", requests_1m=2,
        p50_s=None, p99_s=None, in_flight=0, waiting=2, cpu_pct=None,
        replicas={"now": 1, "ready": 0, "wanted": 1, "min": 0, "max": 2},
    ),
    "jupyter": row(requests_1m=6, tunnels=3, in_flight=0, cpu_pct=2, p50_s=0.008, p99_s=0.03),
    "segment-anything": idle(),
    "old-demo": idle("stopped", note="stopped by its owner", standing="stopped"),
}  # fmt: skip


def overview() -> Told:
    """The state of all."""
    history = {"ocr": series(), "whisper-large-v3": series(errors=3), "jupyter": series(12)}
    return state(SERVICES, history)


def ocr() -> Told:
    """The service that is looked at, with something in every part of its page."""
    return service(
        row=SERVICES["ocr"],
        pods=[
            pod(),
            pod("ocr-6c4-kk2", "new", started=AT - 40, cpu_pct=88),
            pod("ocr-6c4-b7q", "ejected", until=AT + 8, why="left out after 5 failures in a row"),
            pod("", "draining", started=None, cpu_pct=None, **{"class": None}),
        ],
        errors=[
            {"reason": "upstream_closed", "count": 12, "recent": 3},
            {"reason": "pod_5xx", "count": 40, "recent": 0},
        ],
        failed=[request(at=AT - 20 * i, request_id=f"3f21{i}") for i in range(4)],
        events=[
            {
                "at": AT - 60, "source": "gateway", "kind": "ejected", "warning": True,
                "words": "10.1.2.4:5000 left out for 10 s", "from": None, "to": None,
            },
            decision(AT - 200, 3, 2), decision(AT - 400, 2, 3),
        ],
        settings=[
            {"name": "min_scale", "value": "1", "layer": "definition"},
            {"name": "tolerance.up", "value": "0.2", "layer": "services.ocr"},
            {"name": "policy", "value": "responsive", "layer": "default"},
        ],
    )  # fmt: skip
