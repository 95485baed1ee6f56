"""The `expose` section of a service: read from what somebody wrote, and written as OSCAR's JSON.

Called by `definition` alone. Defaults are those of the model; `scaling` is handed on as it came,
for what it means is the scaler's to say.
"""

from __future__ import annotations

import re
from dataclasses import asdict
from functools import partial
from math import ceil
from typing import TYPE_CHECKING, Any, Final, get_args

from shared.service.documents import plain
from shared.service.durations import bounded, seconds
from shared.service.model import AuthType, Expose, ProbeMode, Protocol, Timeouts
from shared.service.rate_limit import check_rate_limits, rate_limits_json, read_rate_limits
from shared.service.scaling.effect import warn_idle, warn_uncertain
from shared.service.scaling.schema import Written, read_written

if TYPE_CHECKING:
    from shared.service.fields import Fields

MOST_PORTS: Final = 100
LONGEST_PATH: Final = 2048
_LONGEST: Final = 86_400.0
STARTUP: Final = (1, 86_400)
"""Least and most seconds of `startup_timeout`."""
GRACES: Final = (5, 86_400)
"""Least and most seconds of `grace`; the least leaves a pod time after its pause."""
_TARGET: Final = re.compile(r"/[!-~]*")
_DEFAULTS: Final = Expose(api_port=())
_NODE_PORT: Final = ("NodePort", "nodePort", "node_port")
_ZERO: Final = "; for 0 replicas while nobody asks set scaling.zero_after"


def read_expose(service: Fields, *, new: bool = False) -> Expose | None:
    """The section `expose` of `service`, with its defaults; problems go to the reader.

    None if it has no port, or OSCAR's 0: nothing is to be exposed. What the scaler reads is checked
    if the service is `new`; what is stored it checks itself.
    """
    with service.section("expose") as fields:
        ports = _api_ports(fields)
        expose = Expose(
            api_port=ports,
            min_scale=_positive(fields, "min_scale", most=10_000),
            max_scale=_positive(fields, "max_scale", most=10_000),
            cpu_threshold=_positive(fields, "cpu_threshold", most=1000),
            rewrite_target=_flag(fields, "rewrite_target"),
            node_port=_node_ports(fields),
            default_command=_flag(fields, "default_command"),
            set_auth=_flag(fields, "set_auth"),
            auth_type=_word(fields, "auth_type", AuthType),
            health_path="/" + fields.text("health_path", default=_DEFAULTS.health_path).lstrip("/"),
            probe_mode=_word(fields, "probe_mode", ProbeMode),
            timeouts=_timeouts(fields),
            startup_timeout=_span(fields, "startup_timeout", STARTUP) or _DEFAULTS.startup_timeout,
            grace=_span(fields, "grace", GRACES) or None,
            protocol=_word(fields, "protocol", Protocol),
            concurrency=_whole(fields, "concurrency", least=0, most=100_000),
            affinity=_flag(fields, "affinity"),
            rate_limit=read_rate_limits(fields),
            scaling=fields.mapping("scaling"),
        )
        if new and expose.scaling:
            with fields.section("scaling") as scaling:
                _check_scaling(scaling, expose)
        _check_expose(fields, expose)
        if not ports and (meant := fields.meant("api_port") or fields.meant("port")):
            fields.error("api_port", f"is missing; did you mean it by {meant}?")
    return expose if ports else None


def _api_ports(fields: Fields) -> tuple[int, ...]:
    """The ports; none for 0 alone, which is what clients in Go write where no port was given."""
    given = fields.raw("api_port", "port")
    if given in (0, "0", [0], ["0"], "") and given is not False:
        return ()
    return fields.integers("api_port", "port", least=1, most=65_535)


def _whole(fields: Fields, name: str, *, least: int, most: int) -> int:
    return fields.integer(name, default=getattr(_DEFAULTS, name), least=least, most=most)


def _positive(fields: Fields, name: str, *, most: int) -> int:
    """A number above zero; 0 is the default, for clients in Go write what was left out so."""
    return _whole(fields, name, least=0, most=most) or int(getattr(_DEFAULTS, name))


def _node_ports(fields: Fields) -> tuple[int, ...]:
    """Ports on every node. The number 0 is none (Go clients before OSCAR 4.1 write it where none
    was asked for, and a port there passes by authentication); in a list it chooses one."""
    given = fields.raw(*_NODE_PORT)
    ports = fields.integers(*_NODE_PORT, least=0, most=32_767)
    return ports if isinstance(given, list) or ports != (0,) else ()


def _flag(fields: Fields, name: str) -> bool:
    return fields.flag(name, default=getattr(_DEFAULTS, name))


def _word(fields: Fields, name: str, words: Any) -> Any:
    """One of the words of a Literal."""
    return fields.text(name, default=getattr(_DEFAULTS, name), among=get_args(words))


def _timeouts(expose: Fields) -> Timeouts:
    with expose.section("timeouts") as fields:
        limit = partial(fields.number, least=0.0, most=_LONGEST, of="seconds")
        given = {name: limit(name, default=usual) for name, usual in asdict(Timeouts()).items()}
        return Timeouts(**given)


def _span(fields: Fields, name: str, bounds: tuple[int, int]) -> int:
    """Whole seconds, rounded up, however a duration is written; 0 where it is left out or 0."""

    def parse(text: str) -> int:
        return ceil(bounded(*bounds)(text)) if seconds(text) else 0

    return fields.parsed(name, default=0, parse=parse)


def _check_expose(fields: Fields, expose: Expose) -> None:
    """What concerns two fields at once."""
    if fields.raw("min_scale") == 0 and fields.raw("max_scale"):
        hint = "" if "zero_after" in expose.scaling else _ZERO
        fields.warn("min_scale", f"0 is taken for the default, {_DEFAULTS.min_scale}{hint}")
    if expose.max_scale < expose.min_scale:
        fields.error("max_scale", f"{expose.max_scale} is below min_scale {expose.min_scale}")
    if _TARGET.fullmatch(expose.health_path) is None:
        fields.error("health_path", "is no path of a URL; write spaces and the like as %20")
    if len(expose.health_path) > LONGEST_PATH:
        fields.error("health_path", f"is longer than {LONGEST_PATH} characters")
    if len(set(expose.api_port)) < len(expose.api_port):
        fields.error("api_port", "names a port twice")
    if len(expose.api_port) > MOST_PORTS:
        fields.error("api_port", f"names more than {MOST_PORTS} ports, the most exposed")
    chosen = [port for port in expose.node_port if port]
    if len(set(chosen)) < len(chosen):
        fields.error("NodePort", "names a port twice; each port of a node leads to one")
    if expose.node_port and expose.api_port and len(expose.node_port) != len(expose.api_port):
        fields.error(
            "NodePort",
            f"the length of NodePort ({len(expose.node_port)}) must be equal to that of "
            f"api_port ({len(expose.api_port)})",
        )
    for port in expose.node_port:
        if 0 < port < 30_000:
            fields.error(
                "NodePort", f"{port} is below 30000, the least allowed; [0] chooses a port"
            )
    if expose.node_port and expose.set_auth:
        fields.warn(
            "NodePort",
            "the node port bypasses authentication: set_auth guards the gateway's path alone",
        )
    check_rate_limits(
        fields, expose.rate_limit, set_auth=expose.set_auth, node_port=bool(expose.node_port)
    )
    if expose.cpu_threshold > 100:
        fields.warn("cpu_threshold", f"{expose.cpu_threshold} {_above(expose)}")


def _above(expose: Expose) -> str:
    """What a target above the limit of pods, which is their request, means for the policy."""
    policy = str(expose.scaling.get("policy") or "").lower()
    never = "is above what pods may use, so replicas will never grow"
    if policy == "hpa":
        return never
    aimed = "is above what pods may use, so the scaler aims at their limit (TargetAboveLimit)"
    return aimed if policy else f"{aimed}, and under policy hpa replicas would never grow"


def _check_scaling(fields: Fields, expose: Expose) -> None:
    """What the scaler will read, checked where somebody is there to be told."""
    written = read_written(fields)
    _check_sleep(fields, written, expose)
    if policy := written.policy.get("name"):
        warn_idle(fields, policy)
    else:
        warn_uncertain(fields)
    if written.policy.get("count_cpu") is False and expose.node_port:
        fields.warn(
            "cpu",
            "false leaves the gateways' requests alone to tell the demand, and those at the node "
            "port pass by the gateways; use the gateway's path, or let CPU count",
        )


def _check_sleep(fields: Fields, written: Written, expose: Expose) -> None:
    """Whether the service can go to zero replicas, and wake to the size that is asked for."""
    if written.general.get("zero_after_s") and expose.node_port:
        fields.error(
            "zero_after",
            "cannot be had with NodePort: requests at the node port pass by the gateways, so "
            "nobody sees that the service is in use, and nobody would wake it; take one of them "
            "out",
        )
    if (wake_to := written.general.get("wake_to", 0)) > expose.max_scale:
        fields.error("wake_to", f"{wake_to} is above max_scale {expose.max_scale}")


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
    if expose.timeouts != _DEFAULTS.timeouts:
        body["timeouts"] = asdict(expose.timeouts)
    if expose.startup_timeout != _DEFAULTS.startup_timeout:
        body["startup_timeout"] = expose.startup_timeout
    if expose.grace is not None:
        body["grace"] = expose.grace
    if expose.protocol != _DEFAULTS.protocol:
        body["protocol"] = expose.protocol
    if expose.concurrency != _DEFAULTS.concurrency:
        body["concurrency"] = expose.concurrency
    if expose.affinity != _DEFAULTS.affinity:
        body["affinity"] = expose.affinity
    if expose.rate_limit:
        body["rate_limit"] = rate_limits_json(expose.rate_limit)
    if expose.scaling:
        body["scaling"] = plain(expose.scaling)
    return body
