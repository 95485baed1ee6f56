"""The `expose` section of a service: read from what somebody wrote, and written as OSCAR's JSON."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any, Final, cast

from shared.service.documents import plain
from shared.service.model import AuthType, Expose, ProbeMode, Timeouts

if TYPE_CHECKING:
    from shared.service.fields import Fields

_LONGEST: Final = 86_400.0
_TARGET: Final = re.compile(r"/[!-~]*")
_TIMEOUTS: Final = ("connect", "first_byte", "idle", "queue")


def read_expose(service: Fields) -> Expose:
    """The section `expose` of `service`, with its defaults; problems go to the reader."""
    with service.section("expose") as fields:
        ports = fields.integers("api_port", "port", least=1, most=65_535)
        if not ports:
            fields.error("api_port", "is missing; give the port that the container listens on")
        expose = Expose(
            api_port=ports,
            min_scale=fields.integer("min_scale", default=1, least=1, most=10_000),
            max_scale=fields.integer("max_scale", default=10, least=1, most=10_000),
            cpu_threshold=fields.integer("cpu_threshold", default=80, least=1, most=1000),
            rewrite_target=fields.flag("rewrite_target", default=False),
            node_port=fields.integers("NodePort", "nodePort", "node_port", least=0, most=32_767),
            default_command=fields.flag("default_command", default=False),
            set_auth=fields.flag("set_auth", default=False),
            auth_type=cast(
                "AuthType", fields.text("auth_type", default="basic", among=("basic", "forward"))
            ),
            health_path="/" + fields.text("health_path").lstrip("/"),
            probe_mode=cast(
                "ProbeMode", fields.text("probe_mode", default="legacy", among=("legacy", "direct"))
            ),
            timeouts=_timeouts(fields),
            concurrency=fields.integer("concurrency", default=0, least=0, most=100_000),
            affinity=fields.flag("affinity", default=False),
            scaling=fields.mapping("scaling"),
        )
        _check_expose(fields, expose)
    return expose


def _timeouts(expose: Fields) -> Timeouts:
    defaults = Timeouts()
    with expose.section("timeouts") as fields:
        limit = partial(fields.number, least=0.0, most=_LONGEST)
        return Timeouts(*(limit(name, default=getattr(defaults, name)) for name in _TIMEOUTS))


def _check_expose(fields: Fields, expose: Expose) -> None:
    """What concerns two fields at once."""
    if expose.max_scale < expose.min_scale:
        fields.error("max_scale", f"{expose.max_scale} is below min_scale {expose.min_scale}")
    if _TARGET.fullmatch(expose.health_path) is None:
        fields.error("health_path", "is no path of a URL; write spaces and the like as %20")
    if len(set(expose.api_port)) < len(expose.api_port):
        fields.error("api_port", "names a port twice")
    if expose.node_port and len(expose.node_port) != len(expose.api_port):
        fields.error(
            "NodePort",
            f"the length of NodePort ({len(expose.node_port)}) must be equal to that of "
            f"api_port ({len(expose.api_port)})",
        )
    for port in expose.node_port:
        if 0 < port < 30_000:
            fields.error("NodePort", f"{port} is below 30000, the least allowed; 0 chooses a port")
    if expose.node_port and expose.set_auth:
        fields.warn(
            "NodePort",
            "the node port bypasses authentication: set_auth guards the gateway's path alone",
        )
    if expose.cpu_threshold > 100:
        fields.warn(
            "cpu_threshold",
            f"{expose.cpu_threshold} is above what pods may use, so replicas will never grow",
        )


def expose_json(expose: Expose) -> dict[str, Any]:
    """The section with OSCAR's JSON names and order; ports as lists."""
    body: dict[str, Any] = {
        "min_scale": expose.min_scale,
        "max_scale": expose.max_scale,
        "api_port": list(expose.api_port),
        "cpu_threshold": expose.cpu_threshold,
        "rewrite_target": expose.rewrite_target,
    }
    if expose.node_port:
        body["nodePort"] = list(expose.node_port)
    body |= {
        "default_command": expose.default_command,
        "set_auth": expose.set_auth,
        "auth_type": expose.auth_type,
        "health_path": expose.health_path,
        "probe_mode": expose.probe_mode,
    }
    return body | _extensions_json(expose)


def _extensions_json(expose: Expose) -> dict[str, Any]:
    """Our own fields, which OSCAR does not have: only where they differ from their defaults."""
    body: dict[str, Any] = {}
    if expose.timeouts != Timeouts():
        body["timeouts"] = {name: getattr(expose.timeouts, name) for name in _TIMEOUTS}
    if expose.concurrency:
        body["concurrency"] = expose.concurrency
    if expose.affinity:
        body["affinity"] = True
    if expose.scaling:
        body["scaling"] = plain(expose.scaling)
    return body
