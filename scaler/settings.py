"""Settings of the scaler's process, from the environment; all that is wrong is reported at once.

How services are scaled is not here but in the configuration file, see `scaler/config.py`.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from scaler.config import SOURCES, Config, SourceConfig, check_url
from scaler.decision import Policy
from scaler.durations import seconds
from scaler.scaling import Scaling
from shared import log
from shared.settings import Reader

VARIABLES: Final[Mapping[str, tuple[str, str]]] = {
    "SCALER_HOST": ("0.0.0.0", "address of the admin port"),
    "SCALER_PORT": ("8083", "port of /metrics, /healthz, /readyz and /decisions"),
    "SCALER_CONFIG": ("", "path of the configuration file (YAML); empty: defaults"),
    "SCALER_PERIOD": (f"{Policy().period_s:g}", "seconds between decisions, if not configured"),
    "SCALER_SOURCE": (SourceConfig().kind, "source of samples, if not configured"),
    "SCALER_GATEWAYS": ("", "addresses,… of gateways' admin ports, if not configured"),
    "SCALER_LEASE": ("scaler", "name of the Lease that elects the leader"),
    "SCALER_LEASE_DURATION": ("12", "seconds after which a silent leader is replaced"),
    "SCALER_IDENTITY": ("", "our name in the Lease; empty: host and process"),
    "LOG_LEVEL": ("INFO", "least level of the log: " + ", ".join(log.LEVELS)),
    "LOG_FORMAT": ("text", "form of the log: " + ", ".join(log.FORMATS)),
}
"""Variable → default, and what it means with its unit."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the process is told from outside; see VARIABLES."""

    host: str
    port: int
    config_path: Path | None
    base: Config
    """What holds where the configuration file says nothing."""
    lease: str
    lease_duration: int
    identity: str
    log_level: str
    log_format: str


def read(environ: Mapping[str, str]) -> Settings:
    """The settings that `environ` states; raises SettingsError naming everything wrong."""
    reader = Reader(environ)
    path = reader.text("SCALER_CONFIG", "")
    settings = Settings(
        host=reader.text("SCALER_HOST", _default("SCALER_HOST")),
        port=reader.integer("SCALER_PORT", int(_default("SCALER_PORT")), least=0, most=65_535),
        config_path=Path(path) if path else None,
        base=_base(reader),
        lease=reader.text("SCALER_LEASE", _default("SCALER_LEASE")),
        lease_duration=reader.integer(
            "SCALER_LEASE_DURATION", int(_default("SCALER_LEASE_DURATION")), least=5, most=300
        ),
        identity=reader.text("SCALER_IDENTITY", f"{socket.gethostname()}_{os.getpid()}"),
        log_level=reader.text("LOG_LEVEL", _default("LOG_LEVEL"), among=log.LEVELS),
        log_format=reader.text("LOG_FORMAT", _default("LOG_FORMAT"), among=log.FORMATS),
    )
    reader.check()
    return settings


def _base(reader: Reader) -> Config:
    period = reader.parsed("SCALER_PERIOD", Policy().period_s, _period)
    gateways = reader.words("SCALER_GATEWAYS")
    for each in gateways:
        try:
            check_url(each)
        except ValueError as error:
            reader.problem("SCALER_GATEWAYS", str(error))
    kind = reader.text("SCALER_SOURCE", _default("SCALER_SOURCE"), among=SOURCES[:2])
    return Config(
        source=SourceConfig(kind=kind, gateways=gateways),
        defaults=Scaling(policy=Policy(period_s=period)),
    )


def _period(text: str) -> float:
    period = seconds(text)
    if not 1 <= period <= 3600:
        raise ValueError(f"{text} is outside 1s to 1h")
    return period


def _default(name: str) -> str:
    return VARIABLES[name][0]
