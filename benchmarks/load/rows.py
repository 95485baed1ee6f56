"""What is measured: each row is a kind of load, and what one unit of it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from benchmarks.load import captured, traffic
from benchmarks.load.traffic import FRESH, Requests


@dataclass(frozen=True, slots=True)
class Row:
    """`kind` is one of native/load.c, or `h2`: h2load, with a body of `body` bytes if there is."""

    name: str
    title: str
    unit: str
    kind: str
    connections: int
    requests: Requests
    body: int = 0


ROWS: Final = (
    Row("get", "GET, heads repeated", "request", "keep", 64, traffic.get("/")),
    Row("get-different", "GET, every head different", "request", "keep", 64,
        traffic.get("/", f"X-Nonce: {FRESH}")),
    Row("get-query", "GET, every query different", "request", "keep", 64,
        traffic.get(f"/?q={FRESH}")),
    Row("post", "POST 1 KiB", "request", "keep", 64, traffic.post(1024)),
    Row("clients", "real clients' POSTs", "request", "keep", 64, captured.clients),
    Row("varied", "answers of varying length", "request", "keep", 64, traffic.get("/varied")),
    Row("sse", "SSE, an event", "event", "events", 100, traffic.get("/events?every=10")),
    Row("websocket", "WebSocket, a message", "message", "messages", 32, traffic.upgrade),
    Row("connection", "a connection a request", "request", "close", 64, traffic.get("/")),
    Row("download", "10 MiB down", "transfer", "keep", 4, traffic.get("/10m")),
    Row("upload", "10 MiB up", "transfer", "keep", 4, traffic.post(traffic.BIG)),
    Row("token", "with the service's token checked", "request", "keep", 64, traffic.authorized),
    Row("h2-get", "HTTP/2: GET", "request", "h2", 16, traffic.get("/")),
    Row("h2-post", "HTTP/2: POST 1 KiB", "request", "h2", 16, traffic.post(1024), 1024),
)  # fmt: skip
NAMED: Final = {row.name: row for row in ROWS}
