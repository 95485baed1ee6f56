"""Settings of the scaler's process, from the environment; all that is wrong is reported at once.

How services are scaled is not here but in the configuration file, see `scaler/config/document.py`.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from scaler.config.document import Config, SourceConfig
from scaler.config.scaling import Scaling
from scaler.decision import Policy
from scaler.sources.http import check_url
from scaler.sources.registry import KINDS
from shared.runtime import log
from shared.runtime.settings import Reader, Variables
from shared.service import spaces
from shared.service.durations import seconds
from shared.service.spaces import Spaces

VARIABLES: Final[Variables] = {
    "SCALER_HOST": ("0.0.0.0", "address of the admin port"),
    "SCALER_PORT": ("8083", "port of /metrics, /healthz, /readyz and /decisions"),
    "SCALER_CONFIG": ("", "path of the configuration file (YAML); empty: defaults"),
    "SCALER_NAMESPACES": (
        spaces.ONE,
        "one: all services are in oscar-svc; per-owner: also in those that are called after it",
    ),
    "SCALER_PERIOD": ("", "seconds between decisions, if not configured; empty: the policy's own"),
    "SCALER_SOURCE": (SourceConfig().kind, "source of samples, if not configured"),
    "SCALER_GATEWAYS": ("", "addresses,… of gateways' admin ports, if not configured"),
    "SCALER_LEASE": ("scaler", "name of the Lease that elects the leader"),
    "SCALER_LEASE_DURATION": ("12", "seconds after which a silent leader is replaced"),
    "SCALER_IDENTITY": ("", "our name in the Lease; empty: host and process"),
    **log.VARIABLES,
}


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the process is told from outside; see VARIABLES."""

    host: str
    port: int
    config_path: Path | None
    base: Config
    """What holds where the configuration file says nothing."""
    spaces: Spaces
    lease: str
    lease_duration: int
    identity: str
    log_level: str
    log_format: str


def read(environ: Mapping[str, str]) -> Settings:
    """The settings that `environ` states; raises SettingsError naming everything wrong."""
    reader = Reader(VARIABLES, environ)
    host, port = reader.address("SCALER_HOST", "SCALER_PORT")
    path = reader.string("SCALER_CONFIG")
    settings = Settings(
        host=host,
        port=port,
        config_path=Path(path) if path else None,
        base=_base(reader),
        spaces=Spaces(
            per_owner=reader.string("SCALER_NAMESPACES", *spaces.CHOICES) == spaces.PER_OWNER
        ),
        lease=reader.string("SCALER_LEASE"),
        lease_duration=reader.whole("SCALER_LEASE_DURATION", least=5, most=300),
        identity=reader.string("SCALER_IDENTITY") or f"{socket.gethostname()}_{os.getpid()}",
        log_level=reader.string("LOG_LEVEL", *log.LEVELS),
        log_format=reader.string("LOG_FORMAT", *log.FORMATS),
    )
    reader.check()
    return settings


def _base(reader: Reader) -> Config:
    period = reader.parsed("SCALER_PERIOD", Policy().period, _period)
    gateways = reader.several("SCALER_GATEWAYS")
    for each in gateways:
        try:
            check_url(each)
        except ValueError as error:
            reader.problem("SCALER_GATEWAYS", str(error))
    ready = [kind.name for kind in KINDS.values() if kind.configure is None]
    kind = reader.string("SCALER_SOURCE", *ready)
    return Config(
        source=SourceConfig(kind=kind, gateways=gateways),
        defaults=Scaling(policy=Policy(period=period)),
    )


def _period(text: str) -> float:
    period = seconds(text)
    if not 1 <= period <= 3600:
        raise ValueError(f"{text} is outside 1s to 1h")
    return period
