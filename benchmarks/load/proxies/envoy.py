"""Envoy, from PyPI."""

from __future__ import annotations

from typing import Any, Final

import orjson

from benchmarks.load.proxies.setup import LOCKED, OPEN, TOKEN, Setup, prefix, sha1

_TYPES: Final = "type.googleapis.com/envoy.extensions"
_FILTERS: Final = f"{_TYPES}.filters.http"
_AUTH: Final = "envoy.filters.http.basic_auth"


def command(setup: Setup) -> list[str]:
    """Writes the configuration; the answer is the command."""
    (setup.folder / "envoy.json").write_bytes(orjson.dumps(_configuration(setup)))
    program = [setup.program("envoy"), "-c", f"{setup.folder}/envoy.json"]
    return [*program, "--concurrency", "1", "--log-level", "error", "--use-dynamic-base-id"]


def check(setup: Setup) -> list[str]:
    """A command that fails if the configuration is not understood."""
    return [*command(setup), "--mode", "validate"]


def _configuration(setup: Setup) -> dict[str, Any]:
    listener = {
        "address": _address("127.0.0.1", setup.port),
        "tcp_backlog_size": 4096,
        "filter_chains": [
            {"filters": [{"name": "http", "typed_config": _connections()}]},
        ],
    }
    return {"static_resources": {"listeners": [listener], "clusters": [_cluster(setup.pods)]}}


def _address(host: str, port: int) -> dict[str, Any]:
    return {"socket_address": {"address": host, "port_value": port}}


def _connections() -> dict[str, Any]:
    """AUTO tells HTTP/2 by its preface; the field of the client's address and the scheme are added
    where Envoy is said to be the edge."""
    manager = f"{_TYPES}.filters.network.http_connection_manager.v3.HttpConnectionManager"
    auth = {"@type": f"{_FILTERS}.basic_auth.v3.BasicAuth", "users": _users()}
    return {
        "@type": manager,
        "codec_type": "AUTO",
        "stat_prefix": "bench",
        "use_remote_address": True,
        "upgrade_configs": [{"upgrade_type": "websocket"}],
        "stream_idle_timeout": "0s",
        "route_config": {
            "virtual_hosts": [{"name": "all", "domains": ["*"], "routes": _routes()}],
        },
        "http_filters": [
            {"name": _AUTH, "typed_config": auth, "disabled": True},
            {"name": "router", "typed_config": {"@type": f"{_FILTERS}.router.v3.Router"}},
        ],
    }


def _users() -> dict[str, str]:
    return {"inline_string": f"{LOCKED}:{sha1(TOKEN)}"}


def _routes() -> list[dict[str, Any]]:
    """The filter is off but for the route whose own configuration turns it on."""
    on = {_AUTH: {"@type": f"{_FILTERS}.basic_auth.v3.BasicAuthPerRoute", "users": _users()}}
    return [
        _route(OPEN),
        _route(LOCKED) | {"typed_per_filter_config": on},
    ]


def _route(service: str) -> dict[str, Any]:
    return {
        "match": {"prefix": f"{prefix(service)}/"},
        "route": {"cluster": "pods", "prefix_rewrite": "/", "timeout": "0s"},
        "request_headers_to_add": [
            {"header": {"key": "X-Forwarded-Host", "value": "%REQ(:AUTHORITY)%"}},
        ],
    }


def _cluster(pods: list[str]) -> dict[str, Any]:
    """As many connections and requests as are asked for: its defaults refuse the 1 025th."""
    endpoints = []
    for pod in pods:
        host, _, port = pod.rpartition(":")
        endpoints.append({"endpoint": {"address": _address(host, int(port))}})
    many = dict.fromkeys(("max_connections", "max_pending_requests", "max_requests"), 30000)
    return {
        "name": "pods",
        "type": "STATIC",
        "connect_timeout": "2s",
        "lb_policy": "LEAST_REQUEST",
        "circuit_breakers": {"thresholds": [many]},
        "load_assignment": {
            "cluster_name": "pods",
            "endpoints": [{"lb_endpoints": endpoints}],
        },
    }
