"""Where the settings of a service come from: each that somebody gave, with the layer that won.
Pure.

The order of the layers is told in `scaler/config/scaling.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import orjson

from scaler.decision import Policy
from shared.service.durations import shown
from shared.service.fields import Fields, Problems
from shared.service.scaling.schema import read_written
from shared.service.sizing import SETTINGS, Setting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaler.config.document import Config
    from scaler.config.scaling import Scaling
    from shared.service.model import Expose

BUILT_IN: Final = "default"
ENVIRONMENT: Final = "environment"
DEFAULTS: Final = "defaults"
DEFINITION: Final = "definition"
AUTHOR: Final = "expose.scaling"


def layers(config: Config, name: str, expose: Expose, scaling: Scaling) -> tuple[Setting, ...]:
    """The settings of service `name`, whose result is `scaling`."""
    found = {each.name: each for each in (*_definition(expose), *_fallen_back(scaling))}
    for layer, given in (
        (DEFAULTS, config.written),
        (AUTHOR, expose.scaling),
        (f"services.{name}", config.overrides.get(name) or {}),
    ):
        for field, value in _flat(_known(given)):
            found[field] = Setting(field, value, layer)
    return tuple(found.values())[:SETTINGS]


def _definition(expose: Expose) -> Iterator[Setting]:
    for field in ("min_scale", "max_scale", "cpu_threshold"):
        yield Setting(field, str(getattr(expose, field)), DEFINITION)


def _fallen_back(scaling: Scaling) -> Iterator[Setting]:
    """What people look for first, as it is where no layer says anything."""
    policy, usual = scaling.policy, Policy().period_s
    yield Setting("policy", policy.name, BUILT_IN)
    layer = BUILT_IN if policy.period_s == usual else ENVIRONMENT
    yield Setting("period", shown(policy.period_s), layer)
    yield Setting("zero_after", "none", BUILT_IN)


def _known(given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Without the fields that nobody reads."""
    fields = Fields(given, "", Problems())
    read_written(fields)
    unknown = fields.unknown()
    return {name: value for name, value in given.items() if name not in unknown}


def _flat(given: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    for name, value in given.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{path}{name}.")
        elif value is not None and value != []:
            yield f"{path}{name}", _written(value)


def _written(value: Any) -> str:
    """As people write it; what is no single value as JSON."""
    if isinstance(value, bool | list):
        return orjson.dumps(value, default=str).decode()
    return str(value)
