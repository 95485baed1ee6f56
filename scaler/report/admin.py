"""The admin port: /metrics, /healthz, /readyz and /decisions.

`run` opens it; it reads `Stats`, and asks the watchdog and the caches through functions.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import orjson
from aiohttp import web
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from scaler.report.stats import ServiceStatus, Stats


def app(
    registry: CollectorRegistry,
    stats: Stats,
    hangs: Callable[[], str],
    not_ready: Callable[[], Sequence[str]],
) -> web.Application:
    """The application; `hangs` says what does, `not_ready` what decisions lack."""

    async def metrics(_: web.Request) -> web.Response:
        return web.Response(
            body=generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4}
        )

    async def healthz(_: web.Request) -> web.Response:
        return _verdict([text] if (text := hangs()) else [])

    async def readyz(_: web.Request) -> web.Response:
        return _verdict(not_ready())

    async def decisions(request: web.Request) -> web.Response:
        """Of all services, or of the one that `?service=` names."""
        only = request.query.get("service")
        asked = sorted(stats.services) if only is None else {only} & stats.services.keys()
        body = {name: describe(stats.services[name]) for name in asked}
        return web.Response(body=orjson.dumps(body), content_type="application/json")

    application = web.Application()
    application.router.add_get("/metrics", metrics)
    application.router.add_get("/healthz", healthz)
    application.router.add_get("/readyz", readyz)
    application.router.add_get("/decisions", decisions)
    return application


def _verdict(problems: Sequence[str]) -> web.Response:
    return web.Response(
        status=503 if problems else 200, text="".join(f"{line}\n" for line in problems or ("ok",))
    )


def describe(status: ServiceStatus) -> dict[str, Any]:
    """The status of a service as plain JSON values."""
    return asdict(status)
