"""The scaler's configuration file: YAML, checked as a whole, every problem named with its path.

    source: metrics.k8s.io              # or kubelet, prometheus
    prometheus: {url: http://prometheus:9090, query: …, window: 1m}
    gateways: [http://gateway-admin.oscar:8081]
    defaults: {period: 2s, tolerance: {up: 0.1, down: 0.1}, …}
    services:
      nginx: {policy: hpa, schedules: [{cron: "0 8 * * 1-5", duration: 10h, min_replicas: 3}]}

Fields of `defaults` and of a service, and which layer wins, are told in `scaler/scaling.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from yarl import URL

from scaler.config.scaling import Scaling, bounded, read_scaling
from scaler.sources.prometheus import QUERY
from shared.service.documents import DocumentError, load_yaml
from shared.service.fields import Fields, Problems

if TYPE_CHECKING:
    from collections.abc import Sequence

SOURCES: Final = ("metrics.k8s.io", "kubelet", "prometheus")
MAX_WINDOW: Final = 3600.0


class ConfigError(ValueError):
    """The configuration is wrong; `problems` has a sentence for each, with path and remedy."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class SourceConfig:
    """Where samples and loads come from; common to all services, for one fetch serves them all."""

    kind: str = "metrics.k8s.io"
    url: str = ""
    query: str = QUERY
    window: float = 60.0
    gateways: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Config:
    """The whole configuration."""

    source: SourceConfig = field(default_factory=SourceConfig)
    defaults: Scaling = field(default_factory=Scaling)
    overrides: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: MappingProxyType({}))
    """`services` as written, already checked."""
    warnings: tuple[str, ...] = ()

    def scaling_of(self, name: str, written: Mapping[str, Any]) -> tuple[Scaling, tuple[str, ...]]:
        """The settings of service `name` whose definition has `written` as `expose.scaling`.

        Also the problems of `written`: its wrong fields count as absent, the others hold.
        """
        problems = Problems()
        fields = Fields(written, "expose.scaling", problems)
        scaling = read_scaling(fields, self.defaults)
        fields.warn_unknown()
        override = Fields(self.overrides.get(name), f"services.{name}", Problems())
        return read_scaling(override, scaling), (*problems.errors, *problems.warnings)


def parse(text: str, base: Config) -> Config:
    """The configuration in `text` over the settings `base` of the environment.

    Raises ConfigError naming every problem.
    """
    try:
        document = load_yaml(text)
    except DocumentError as error:
        raise ConfigError([str(error)]) from error
    problems = Problems()
    config = _config(Fields(document, "", problems), base)
    if problems.errors:
        raise ConfigError((*problems.errors, *problems.warnings))
    return config


def _config(fields: Fields, base: Config) -> Config:
    source = _source(fields, base.source)
    with fields.section("defaults") as inner:
        defaults = read_scaling(inner, base.defaults)
    overrides = fields.mapping("services")
    for name in overrides:
        each = Fields(overrides[name], f"services.{name}", fields.problems)
        read_scaling(each, defaults)
        each.warn_unknown()
    fields.warn_unknown()
    return Config(source, defaults, MappingProxyType(overrides), tuple(fields.problems.warnings))


def _source(fields: Fields, base: SourceConfig) -> SourceConfig:
    kind = fields.text("source", default=base.kind, among=SOURCES)
    with fields.section("prometheus") as prometheus:
        url = prometheus.parsed("url", default=base.url, parse=check_url)
        query = prometheus.text("query", default=base.query)
        window = prometheus.parsed("window", default=base.window, parse=bounded(1, MAX_WINDOW))
    if kind == "prometheus" and not url:
        fields.error("prometheus.url", "is missing; the source prometheus needs its address")
    gateways = fields.words("gateways")
    for index, each in enumerate(gateways):
        try:
            check_url(each)
        except ValueError as error:
            fields.error(f"gateways[{index}]", str(error))
    return SourceConfig(kind, url, query, window, gateways or base.gateways)


def check_url(text: str) -> str:
    """`text` if it is the address of an HTTP server; else ValueError with a remedy."""
    try:
        url = URL(text)
    except ValueError:
        url = URL()
    if url.scheme not in ("http", "https") or not url.host:
        raise ValueError(f"{text!r} is not an address; write for example http://127.0.0.1:8081")
    return text
