"""Traefik, from PyPI."""

from __future__ import annotations

from typing import Any

import orjson

from benchmarks.load.proxies.setup import LOCKED, OPEN, TOKEN, Setup, apr1, prefix


def command(setup: Setup) -> list[str]:
    """Writes the routes; the answer is the command, with the static settings."""
    routes = setup.folder / "routes.yml"  # JSON is YAML
    routes.write_bytes(orjson.dumps({"http": _http(setup.pods)}))
    return [
        setup.program("traefik"),
        f"--entryPoints.web.address=127.0.0.1:{setup.port}",
        f"--providers.file.filename={routes}",
        "--providers.file.watch=false",
        "--log.level=ERROR",
        "--global.checkNewVersion=false",
        "--global.sendAnonymousUsage=false",
        "--serversTransport.maxIdleConnsPerHost=256",
    ]


def _http(pods: list[str]) -> dict[str, Any]:
    users = {"users": [f"{LOCKED}:{apr1(TOKEN)}"], "removeHeader": True}
    strips = {name: {"stripPrefix": {"prefixes": [prefix(name)]}} for name in (OPEN, LOCKED)}
    return {
        "routers": {
            OPEN: _router(OPEN, [OPEN]),
            LOCKED: _router(LOCKED, ["auth", LOCKED]),
        },
        "middlewares": strips | {"auth": {"basicAuth": users}},
        "services": {"pods": {"loadBalancer": {"servers": [{"url": f"http://{p}"} for p in pods]}}},
    }


def _router(service: str, middlewares: list[str]) -> dict[str, Any]:
    rule = f"PathPrefix(`{prefix(service)}/`)"
    return {"rule": rule, "middlewares": middlewares, "service": "pods", "entryPoints": ["web"]}
