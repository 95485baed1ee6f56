"""What a gateway tells the console, made up: for states, numbers and names no run would give."""

from __future__ import annotations

from typing import Any

Told = dict[str, Any]

AT = 1_764_420_000.0
"""Now of all that is told."""


def row(state: str = "ready", **changes: Any) -> Told:
    """A row of the overview with some traffic."""
    usual: Told = {
        "state": state, "why": "", "since": AT - 600, "quiet": False, "requests_1m": 186,
        "errors_1m": 0, "p50_s": 0.21, "p99_s": 0.88, "in_flight": 3, "waiting": 0, "tunnels": 0,
        "cpu_pct": 61, "cpu_target_pct": 50,
        "replicas": {"now": 2, "ready": 2, "wanted": 2, "min": 1, "max": 4},
        "decision": {"at": AT - 4, "action": "None", "words": "hold 2: CPU 48% of its base"},
        "standing": "active", "note": "", "old": False, "ejected": 0, "set_auth": True,
    }  # fmt: skip
    return usual | changes


def idle(state: str = "asleep", **changes: Any) -> Told:
    """A row without requests or pods."""
    none: Told = {
        "quiet": True, "requests_1m": 0, "p50_s": None, "p99_s": None, "in_flight": 0,
        "cpu_pct": None, "decision": None,
        "replicas": {"now": 0, "ready": 0, "wanted": 0, "min": 0, "max": 4},
    }  # fmt: skip
    return row(state, **(none | changes))


def gateway(**changes: Any) -> Told:
    scaler = {
        "connected": True, "since": AT - 900, "name": "scaler-5f7d", "source": "metrics.k8s.io",
        "gateways": 1, "gateways_silent": 0,
    }  # fmt: skip
    usual: Told = {
        "name": "gateway-7d9f", "state": "ready", "why": "", "version": "0.1.0", "workers": 1,
        "workers_silent": 0, "connections": 120, "connections_limit": 20000,
        "table_confirmed": AT, "table_stale": False, "invalid": [], "invalid_count": 0,
        "scaler": scaler,
    }  # fmt: skip
    return usual | changes


def series(points: int = 90, errors: int = 0) -> Told:
    """A course that rises and falls."""
    level = [(7 * i) % 30 + (20 if i > points / 2 else 5) for i in range(points)]
    return {
        "requests": level,
        "errors": [errors if i % 9 == 0 else 0 for i in range(points)],
        "p50_s": [0.1 + each / 400 for each in level],
        "p99_s": [0.4 + each / 80 for each in level],
    }


def state(services: Told, history: Told | None = None, **changes: Any) -> Told:
    """The first event of a stream."""
    return {
        "at": AT, "period_s": 10, "gateway": gateway(), "services": services,
        "system": {
            "_management": row(requests_1m=4, cpu_pct=None, cpu_target_pct=None, decision=None),
            "_unknown": idle("ready", errors_1m=0),
        },
        "history": {"ends": AT, "series": history or {}},
    } | changes  # fmt: skip


def decision(at: float, old: int, new: int) -> Told:
    """The event of a size that was changed."""
    words = f"New size: {new}; scale up {old} → {new}: CPU 61% of its base, target 50%"
    return {
        "at": at, "source": "scaler", "kind": "SuccessfulRescale", "words": words,
        "warning": False, "from": old, "to": new,
    }  # fmt: skip


def request(path: str = "/system/services/ocr/exposed/recognize", **changes: Any) -> Told:
    usual: Told = {
        "at": AT - 20, "method": "POST", "path": path, "status": 502, "reason": "upstream_closed",
        "source": "upstream", "queue_s": 0.0, "first_byte_s": None, "duration_s": 0.41,
        "pod": "ocr-6c4-x2x", "address": "10.1.2.3:5000", "retries": 1, "request_id": "3f21",
    }  # fmt: skip
    return usual | changes


def pod(name: str = "ocr-6c4-x2x", state: str = "ready", **changes: Any) -> Told:
    usual: Told = {
        "name": name, "address": "10.1.2.3:5000", "state": state, "why": "", "until": None,
        "started": AT - 7200, "cpu_pct": 61, "class": "ready", "in_flight": 2,
    }  # fmt: skip
    return usual | changes


def service(name: str = "ocr", **changes: Any) -> Told:
    """A service whole."""
    points = series()
    size = [2 if i < 50 else 3 for i in range(90)]
    timeline = points | {
        "ends": AT, "period_s": 10, "in_flight": [3] * 90, "waiting": [0] * 90, "ready": size,
        "replicas": size, "wanted": [2 if i < 48 else 3 for i in range(90)],
        "asked": [each / 16 for each in points["requests"]],
        "cpu_pct": [30 + each for each in points["requests"]], "demand_m": [900] * 90,
    }  # fmt: skip
    usual: Told = {
        "name": name, "at": AT, "row": row(),
        "curl": f"curl -u {name}:<token> http://<gateway>:8080/system/services/{name}/exposed/",
        "pods": [pod()], "timeline": timeline, "cpu_target_pct": 50,
        "errors": [{"reason": "upstream_closed", "count": 12, "recent": 3}],
        "failed": [request()], "slow": [request(status=200, reason="", first_byte_s=2.4)],
        "events": [decision(AT - 400, 2, 3)],
        "settings": [{"name": "min_scale", "value": "1", "layer": "definition"}],
        "awake": "2 requests in the last minute", "hold": "", "hold_until": None, "progress": None,
    }  # fmt: skip
    return usual | changes
