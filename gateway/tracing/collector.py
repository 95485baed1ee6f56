"""To which collector spans are sent, and how the settings say it."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from yarl import URL

PATH: Final = "/v1/traces"
"""Of OTLP over HTTP (https://opentelemetry.io/docs/specs/otlp/#otlphttp-request)."""
PACKAGES: Final = ("opentelemetry", "opentelemetry.sdk", "opentelemetry.exporter",
                   "opentelemetry.exporter.otlp", "opentelemetry.exporter.otlp.proto",
                   "opentelemetry.exporter.otlp.proto.http")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Collector:
    """Where spans go, and which."""

    endpoint: str
    """The whole URL."""
    ratio: float
    """Share of the traces that begin here which is recorded."""
    service: str
    """`service.name` of the spans."""
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """Fields of each request to the collector; they may be secret."""


def endpoint(text: str) -> str:
    """The URL that spans are posted to, of what the setting says; raises ValueError."""
    url = URL(text)
    if url.scheme not in ("http", "https") or not url.host or url.query_string or url.fragment:
        raise ValueError(f"{text!r} is not the URL of a collector, as http://collector:4318")
    if url.user is not None or url.password is not None:
        raise ValueError("takes no credentials; put a field into GATEWAY_TRACES_HEADERS_FILE")
    if not installed():
        raise ValueError(
            "needs OpenTelemetry, which is not installed: pip install 'exposed-services[traces]', "
            "or leave it empty"
        )
    path = url.path.rstrip("/")
    return str(url.with_path(path if path.endswith(PATH) else path + PATH))


def installed() -> bool:
    """Whether the packages of the extra `traces` are there."""
    return all(find_spec(name) is not None for name in PACKAGES)  # stops at the first that is not


def headers(path: str) -> tuple[tuple[str, str], ...]:
    """The fields in a file with a line `Name: value` for each; raises ValueError, and tells none
    of them, for they may be secret."""
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"cannot read {path}: {_why(error)}") from error
    found = []
    for number, line in enumerate(lines, 1):
        if line.strip():
            name, colon, value = line.partition(":")
            if not colon or not name.strip().replace("-", "a").isalnum() or not value.isprintable():
                raise ValueError(f"{path}: line {number} is not `Name: value`")
            found.append((name.strip(), value.strip()))
    return tuple(found)


def _why(error: Exception) -> str:
    return (error.strerror or "") if isinstance(error, OSError) else "it is not UTF-8"
