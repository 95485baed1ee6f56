"""The scaler's configuration file: YAML, checked as a whole, every problem named with its path.

    source: metrics.k8s.io              # or kubelet, prometheus
    prometheus: {url: http://prometheus:9090, query: …, window: 1m}
    gateways: [http://gateway-admin.oscar:8081]
    defaults: {period: 2s, tolerance: {up: 0.1, down: 0.1}, …}
    services:
      nginx: {policy: hpa, schedules: [{cron: "0 8 * * 1-5", duration: 10h, min_replicas: 3}]}

Fields of `defaults` and of a service, and which layer wins, are told in `scaler/config/scaling.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from scaler.config.scaling import Scaling, read_scaling
from scaler.decision import HPA, HpaOptions
from scaler.sources.http import check_url
from scaler.sources.registry import KINDS
from shared.service import blanks
from shared.service.documents import DocumentError, load_yaml
from shared.service.fields import Fields, Problems
from shared.service.scaling.effect import HPA_ONLY, given, warn_idle
from shared.service.scaling.waking import NOBODY

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_SECTIONS: Final = tuple(kind.name for kind in KINDS.values() if kind.configure is not None)
FIELDS: Final = frozenset(("source", *_SECTIONS, "gateways", "defaults", "services"))
"""The names at the top of a document."""


class ConfigError(ValueError):
    """The configuration is wrong; `problems` has a sentence for each, with path and remedy."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class SourceConfig:
    """Where samples and loads come from; common to all services, for one fetch serves them all."""

    kind: str = "metrics.k8s.io"
    """A name in `scaler.sources.registry`."""
    options: Any = None
    """What the kind read from its section; equal ones make equal sources."""
    gateways: tuple[str, ...] = ()
    """Addresses of gateways' admin ports."""


@dataclass(frozen=True, slots=True)
class Config:
    """The whole configuration."""

    source: SourceConfig = field(default_factory=SourceConfig)
    defaults: Scaling = field(default_factory=Scaling)
    overrides: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: MappingProxyType({}))
    """`services` as written, already checked."""
    warnings: tuple[str, ...] = ()
    written: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}), compare=False)
    """`defaults` as written, already checked: for people, as `defaults` has all that holds."""

    def scaling_of(self, name: str, written: Mapping[str, Any]) -> tuple[Scaling, tuple[str, ...]]:
        """The settings of service `name` whose definition has `written` as `expose.scaling`.

        Also the problems of `written`: its wrong fields count as absent, the others hold.
        """
        problems = Problems()
        fields = Fields(written, "expose.scaling", problems)
        scaling = read_scaling(fields, self.defaults)
        fields.warn_unknown()
        override = Fields(self.overrides.get(name), f"services.{name}", Problems())
        final = read_scaling(override, scaling)
        told = Problems()
        for layer, path in ((written, "expose.scaling"), (self.overrides.get(name), override.path)):
            warn_idle(Fields(layer, path, told), final.policy.name)
        return final, (*problems.errors, *problems.warnings, *told.warnings, *self._blind(final))

    def _blind(self, scaling: Scaling) -> Iterator[str]:
        """What is asked for and nobody tells, because no gateway is asked."""
        if self.source.gateways:
            return
        if scaling.zero_after_s is not None:
            yield (
                "zero_after: is never reached, for no gateways are configured to tell that there "
                "are no requests; set gateways"
            )
        if not scaling.policy.count_cpu:
            yield (
                "cpu: false leaves nothing that tells the demand, for no gateways are configured; "
                "set gateways, or let CPU count"
            )


def parse(text: str, base: Config) -> Config:
    """The configuration in `text` over the settings `base` of the environment.

    Raises ConfigError naming every problem.
    """
    try:
        document = load_yaml(text)
    except DocumentError as error:
        raise ConfigError([str(error)]) from error
    if odd := blanks.problems(text):
        raise ConfigError(odd)
    problems = Problems()
    config = _config(Fields(document, "", problems), base)
    if problems.errors:
        raise ConfigError((*problems.errors, *problems.warnings))
    return config


def _config(fields: Fields, base: Config) -> Config:
    source = _source(fields, base.source)
    with fields.section("defaults") as inner:
        defaults = read_scaling(inner, base.defaults)
        _warn_of_defaults(inner, defaults)
        _warn_unread(inner, defaults)
    overrides = fields.mapping("services")
    for name in overrides:
        each = Fields(overrides[name], f"services.{name}", fields.problems)
        _warn_unread(each, read_scaling(each, defaults))
        each.warn_unknown()
    fields.warn_unknown()
    written = MappingProxyType(fields.mapping("defaults"))
    warnings = tuple(fields.problems.warnings)
    return Config(source, defaults, MappingProxyType(overrides), warnings, written)


def _warn_of_defaults(fields: Fields, defaults: Scaling) -> None:
    """Defaults are for services of either policy, so only what changes something is told."""
    if defaults.policy.name == HPA:
        warn_idle(fields, HPA)
    elif given(fields, HPA_ONLY) and defaults.policy.hpa != HpaOptions():
        fields.warn("hpa", "has an effect on services that choose policy: hpa alone")


def _warn_unread(fields: Fields, written: Scaling) -> None:
    """Of what gateways alone act on: they read the definitions of services, and no such file."""
    if fields.raw("wake_except") and written.wake_except != NOBODY:
        fields.warn(
            "wake_except",
            "has no effect here, for gateways do not read this file; set "
            "expose.scaling.wake_except of each service",
        )


def _source(fields: Fields, base: SourceConfig) -> SourceConfig:
    name = fields.text("source", default=base.kind, among=tuple(KINDS))
    options = {}
    for kind in KINDS.values():
        if kind.configure is not None:
            with fields.section(kind.name) as section:
                options[kind.name] = kind.configure(section, kind.name == name)
    gateways = fields.words("gateways")
    for index, each in enumerate(gateways):
        try:
            check_url(each)
        except ValueError as error:
            fields.error(f"gateways[{index}]", str(error))
    return SourceConfig(name, options.get(name), gateways or base.gateways)
