"""What an operator brings to the simulator: a service's FDL, and settings to try.

Each reader takes `note`, which is told what is odd or left out, and raises InputError.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from scaler.config.document import FIELDS, Config, ConfigError, parse
from scaler.config.scaling import Scaling, read_scaling
from scaler.decision import HPA
from scaler.simulator.arm import Arm
from scaler.simulator.arms import policy_arm
from scaler.simulator.scenario import World
from scaler.sources.registry import kind_of
from scaler.sources.samples import Sampling
from shared.service import quantity
from shared.service.documents import DocumentError, load_yaml
from shared.service.fdl import FdlError, load_definition, parse_document
from shared.service.fields import Fields, Problems

if TYPE_CHECKING:
    from shared.service.model import Service

Note = Callable[[str], None]


class InputError(ValueError):
    """The file cannot be used; the message says where, why and what to do."""


def read_service(text: str, name: str, note: Note) -> Service:
    """The exposed service in an FDL document, or in a definition as its ConfigMap holds it.

    `name` chooses among several.
    """
    try:
        document = load_yaml(text)
        if isinstance(document, Mapping) and "functions" in document:
            services = [parsed.service for parsed in parse_document(text, lambda _: "-")]
        else:
            services = [load_definition(text)]
    except (DocumentError, FdlError) as error:
        raise InputError(str(error)) from error
    found = [one for one in services if one.expose and name in ("", one.name)]
    if len(found) != 1:
        names = ", ".join(one.name for one in services if one.expose) or "none"
        raise InputError(f"must hold the one exposed service to simulate; it has {names}")
    note(f"service {found[0].name}: {_described(found[0])}")
    return found[0]


def _described(service: Service) -> str:
    expose = service.expose
    return (
        f"{expose.min_scale} to {expose.max_scale} replicas of {service.cpu} CPU, "
        f"target {expose.cpu_threshold} %"
        if expose
        else "not exposed"
    )


def world_of(service: Service, world: World) -> World:
    """`world` with what the definition says; OSCAR's pods are limited to what they request."""
    expose, cpu = service.expose, quantity.milli(service.cpu)
    if expose is None:
        return world
    return replace(
        world,
        minimum=expose.min_scale,
        maximum=expose.max_scale,
        target_pct=expose.cpu_threshold,
        request_m=cpu,
        limit_m=cpu,
        concurrency=expose.concurrency or world.concurrency,
    )


def arm_of_service(service: Service, note: Note) -> Arm | None:
    """The arm with the settings in `expose.scaling`, None if there are none."""
    if service.expose is None or not service.expose.scaling:
        return None
    return _checked_arm(service.name, service.expose.scaling, "expose.scaling", note)


def arm_of_settings(text: str, arm: str, service: Service | None, name: str, note: Note) -> Arm:
    """The arm called `arm`, with the settings in `text`.

    `text` has the fields of `expose.scaling`, or is the scaler's whole configuration (also inside
    its ConfigMap); then the settings are those it gives to `service`, or to the one called `name`.
    """
    document = _document(text)
    if isinstance(document, Mapping) and document.get("kind") == "ConfigMap":
        data = document.get("data")
        text = str(next(iter(data.values()), "")) if isinstance(data, Mapping) else ""
        document = _document(text)
    if isinstance(document, Mapping) and "functions" in document:
        raise InputError("is an FDL document; give it by --service")
    if isinstance(document, Mapping) and FIELDS & document.keys():
        return _configured_arm(text, arm, service, name, note)
    return _checked_arm(arm, document, "", note)


def _document(text: str) -> Any:
    try:
        return load_yaml(text)
    except DocumentError as error:
        raise InputError(str(error)) from error


def _configured_arm(text: str, arm: str, service: Service | None, name: str, note: Note) -> Arm:
    try:
        config = parse(text, Config())
    except ConfigError as error:
        raise InputError(str(error)) from error
    for warning in config.warnings:
        note(warning)
    name = name or (service.name if service else "")
    if config.overrides and name not in config.overrides:
        note(f"settings of {', '.join(config.overrides)} are left out; choose one by --name")
    written = service.expose.scaling if service and service.expose else {}
    scaling, _ = config.scaling_of(name, written)
    sampling = kind_of(config.source.kind).sampling
    return _arm(arm, scaling, sampling, bool(config.source.gateways), note)


def _checked_arm(name: str, written: Any, path: str, note: Note) -> Arm:
    problems = Problems()
    fields = Fields(written, path, problems)
    scaling = read_scaling(fields, Scaling())
    fields.warn_unknown()
    if problems.errors:
        raise InputError("\n".join(problems.errors))
    for warning in problems.warnings:
        note(warning)
    return _arm(name, scaling, Sampling.METRICS_SERVER, True, note)


def _arm(name: str, scaling: Scaling, sampling: Sampling, gateways: bool, note: Note) -> Arm:
    for field in ("schedules", "pause", "dry_run"):
        if getattr(scaling, field):
            note(f"{field} is not simulated")
    policy = scaling.policy
    if policy.in_flight_target is not None and not gateways:
        note("in_flight_target has no effect, for no gateways are named")
    period, counts = max(1, round(policy.period_s)), gateways and policy.name != HPA
    return policy_arm(name, policy, period, sampling=sampling, gateway=counts, restores=True)
