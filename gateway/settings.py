"""Settings of the gateway, from the environment; all that is wrong is reported at once.

`VARIABLES` names every variable with its default, unit and meaning; `python -m gateway --help`
prints it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from typing import Final, cast

from gateway.access_log import Form, Mode
from gateway.limits import AUTO, MOST_HELD, Identity, Limits, Network
from gateway.net.listening import Address
from gateway.net.tls import CertificateFiles
from gateway.routing.cors import Cors
from gateway.tracing import collector
from gateway.tracing.collector import Collector
from shared.runtime import log
from shared.runtime.settings import Reader, Variables
from shared.service import names, spaces
from shared.service.origins import as_sent
from shared.service.spaces import Spaces
from shared.service.tokens import parse_digest


@dataclass(frozen=True, slots=True)
class Drain:
    """What happens on SIGTERM, in seconds."""

    grace: float
    http: float
    tunnels: float


@dataclass(frozen=True, slots=True)
class AccessLogging:
    """Which requests are logged on standard output, and how."""

    mode: Mode
    form: Form


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the gateway is told from outside; see VARIABLES."""

    listen: Address
    admin: Address
    workers: int
    management: tuple[Address, ...]
    spaces: Spaces
    limits: Limits
    identity: Identity
    drain: Drain
    access_log: AccessLogging
    cors: Cors
    tls: CertificateFiles | None
    snapshot: Path | None
    traces: Collector | None
    log_level: str
    log_format: str


_LIMITS: Final = Limits()
_AUTO: Final = "auto"
_CORS: Final = Cors()

VARIABLES: Final[Variables] = {
    "GATEWAY_HOST": ("0.0.0.0", "address of the public port"),
    "GATEWAY_PORT": ("8080", "public port"),
    "GATEWAY_ADMIN_HOST": ("0.0.0.0", "address of the admin port"),
    "GATEWAY_ADMIN_PORT": ("8081", "port of /metrics, /healthz, /readyz, /load and the console"),
    "GATEWAY_WORKERS": ("1", "processes that share the public port"),
    "GATEWAY_MANAGEMENT": ("", "host:port,… of the services API; empty: not routed"),
    "GATEWAY_NAMESPACE": (names.NAMESPACE, "namespace of the services"),
    "GATEWAY_NAMESPACES": (
        spaces.ONE,
        "one: all services in it; per-owner: also in those that are called after it",
    ),
    "GATEWAY_SNAPSHOT": (
        "",
        "file for the last route table (no token is in it), which is served by a gateway that "
        "starts while the API server is away; empty: such a gateway waits",
    ),
    "GATEWAY_MAX_LINE": (str(_LIMITS.line), "bytes of a request line (414)"),
    "GATEWAY_MAX_HEAD": (str(_LIMITS.head), "bytes of a request's head (431)"),
    "GATEWAY_MAX_FIELDS": (str(_LIMITS.fields), "header fields of a request (431)"),
    "GATEWAY_MAX_BODY": (str(_LIMITS.body), "bytes of a request's body (413); 0: no limit"),
    "GATEWAY_HEAD_TIME": (f"{_LIMITS.head_time:g}", "seconds for a request's head (408)"),
    "GATEWAY_MIN_BODY_RATE": (
        f"{_LIMITS.body_rate:g}",
        "bytes a second a request's body must bring on average (408); 0: no limit",
    ),
    "GATEWAY_SEND_TIME": (
        f"{_LIMITS.send_time:g}",
        "seconds in which a client must take some of what waits for it, or is cut off; 0: no limit",
    ),
    "GATEWAY_KEEP_ALIVE": (f"{_LIMITS.keep_alive:g}", "seconds a client may stay idle"),
    "GATEWAY_MAX_CONNECTIONS": (
        _AUTO,
        "client connections of one process, TLS handshakes included (503); auto: half of what the "
        "limit of open files (RLIMIT_NOFILE) leaves, for each may need one to a pod; 0: no limit",
    ),
    "GATEWAY_MAX_CONNECTIONS_PER_CLIENT": (
        _AUTO,
        "connections of one address, unless it is a trusted proxy, to one process (429); auto: "
        "half of GATEWAY_MAX_CONNECTIONS if that is auto, else no limit; 0: no limit",
    ),
    "GATEWAY_HTTP2": (
        "true",
        "whether clients may speak HTTP/2: on the port of TLS by ALPN, on a plain one by prior "
        "knowledge",
    ),
    "GATEWAY_QUEUE": (str(_LIMITS.queue), "requests that may wait for one service (503)"),
    "GATEWAY_HELD": (
        _AUTO,
        "requests to one process that may wait for the first pod of their service, of all services "
        f"(503); auto: half of GATEWAY_MAX_CONNECTIONS, {MOST_HELD} at most; 0: no limit",
    ),
    "GATEWAY_UPSTREAM_IDLE": (
        f"{_LIMITS.upstream_idle:g}",
        "seconds an unused connection to a pod is kept",
    ),
    "GATEWAY_SLOW_START": (
        f"{_LIMITS.slow_start:g}",
        "seconds until a new pod gets its full share",
    ),
    "GATEWAY_RETRY_RATIO": (f"{_LIMITS.retry_ratio:g}", "retries, as a share of requests"),
    "GATEWAY_EJECTION_FAILURES": (
        str(_LIMITS.ejection_failures),
        "failures in a row after which a pod is left out for a while",
    ),
    "GATEWAY_EJECTION_SHARE": (
        f"{_LIMITS.ejection_share:g}",
        "share of a service's pods that may be left out at a time for their answers, at least one",
    ),
    "GATEWAY_UNREADY_TIME": (
        f"{_LIMITS.unready:g}",
        "seconds for which pods that stopped being ready all at once are used while they answer, "
        "as those of a node do that its cluster does not hear of; 0: not at all",
    ),
    "GATEWAY_TUNNEL_REVOCATION": (
        f"{_LIMITS.withdrawal:g}",
        "seconds WebSockets and endless answers outlive their service or token; 0: cut at once",
    ),
    "GATEWAY_VIA": (Identity().via, "name of this gateway in Via"),
    "GATEWAY_TRUSTED_PROXIES": (
        "",
        "CIDRs,… whose X-Forwarded-*, X-Real-Ip and Forwarded are believed; X-Request-Id is taken "
        "from anybody, if it is 1 to 128 letters, digits and ._~+/=:@-, and else replaced",
    ),
    "GATEWAY_ADMINISTRATOR_DIGEST_FILE": (
        "",
        "file with the hex SHA-256 of the services API's user:password, which then no pod gets to "
        "see; it may be missing",
    ),
    "GATEWAY_DRAIN_GRACE": ("5", "seconds not ready but still accepting, after SIGTERM"),
    "GATEWAY_DRAIN_HTTP": ("30", "seconds for requests to finish after that"),
    "GATEWAY_DRAIN_TUNNELS": ("60", "seconds for WebSockets and other tunnels after that"),
    "GATEWAY_ACCESS_LOG": ("errors", "requests to log: off, errors, all"),
    "GATEWAY_ACCESS_LOG_FORMAT": ("json", "json, or oscar (as OSCAR's request counters parse)"),
    "GATEWAY_CORS_ORIGINS": ("", "origins,… whose pages may call services, or *; empty: off"),
    "GATEWAY_CORS_METHODS": (",".join(_CORS.methods), "methods such pages may use"),
    "GATEWAY_CORS_HEADERS": (",".join(_CORS.headers), "header fields such pages may send"),
    "GATEWAY_CORS_CREDENTIALS": ("true", "whether such pages may send credentials (not with *)"),
    "GATEWAY_CORS_MAX_AGE": (str(_CORS.max_age), "seconds a browser may remember the answer"),
    "GATEWAY_TLS_CERTIFICATE": ("", "PEM file with the certificate chain; empty: no TLS"),
    "GATEWAY_TLS_KEY": ("", "PEM file with its key"),
    "GATEWAY_TRACES": (
        "",
        "URL of an OTLP/HTTP collector that gets spans of requests, as http://collector:4318; "
        "empty: off",
    ),
    "GATEWAY_TRACES_RATIO": (
        "0.1",
        "share of requests that are recorded, 0 to 1; one whose traceparent says whether its "
        "caller is recorded follows that",
    ),
    "GATEWAY_TRACES_SERVICE": ("exposed-gateway", "service.name of the spans"),
    "GATEWAY_TRACES_HEADERS_FILE": (
        "",
        "file with fields for the collector, a line `Name: value` each, read at the start",
    ),
    **log.VARIABLES,
}


def read(environ: Mapping[str, str]) -> Settings:
    """The settings that `environ` states; raises SettingsError naming everything wrong."""
    reader = Reader(VARIABLES, environ)
    settings = Settings(
        listen=reader.address("GATEWAY_HOST", "GATEWAY_PORT"),
        admin=reader.address("GATEWAY_ADMIN_HOST", "GATEWAY_ADMIN_PORT"),
        workers=reader.whole("GATEWAY_WORKERS", least=1, most=256),
        management=reader.parsed("GATEWAY_MANAGEMENT", (), _addresses),
        spaces=_spaces(reader),
        limits=_limits(reader),
        identity=_identity(reader),
        drain=_drain(reader),
        access_log=AccessLogging(
            mode=cast(Mode, reader.string("GATEWAY_ACCESS_LOG", "off", "errors", "all")),
            form=cast(Form, reader.string("GATEWAY_ACCESS_LOG_FORMAT", "json", "oscar")),
        ),
        cors=_cors(reader),
        tls=_tls(reader),
        snapshot=reader.parsed("GATEWAY_SNAPSHOT", None, _file),
        traces=_traces(reader),
        log_level=reader.string("LOG_LEVEL", *log.LEVELS),
        log_format=reader.string("LOG_FORMAT", *log.FORMATS),
    )
    reader.check()
    return settings


def _spaces(reader: Reader) -> Spaces:
    chosen = reader.string("GATEWAY_NAMESPACES", *spaces.CHOICES)
    return Spaces(reader.string("GATEWAY_NAMESPACE"), chosen == spaces.PER_OWNER)


def _limits(reader: Reader) -> Limits:
    return Limits(
        line=reader.whole("GATEWAY_MAX_LINE", least=1024),
        head=reader.whole("GATEWAY_MAX_HEAD", least=2048, most=1024 * 1024),
        fields=reader.whole("GATEWAY_MAX_FIELDS", least=16, most=10_000),
        body=reader.whole("GATEWAY_MAX_BODY"),
        head_time=reader.amount("GATEWAY_HEAD_TIME", least=0.1),
        body_rate=reader.amount("GATEWAY_MIN_BODY_RATE"),
        send_time=reader.amount("GATEWAY_SEND_TIME"),
        keep_alive=reader.amount("GATEWAY_KEEP_ALIVE", least=1.0),
        connections=reader.parsed("GATEWAY_MAX_CONNECTIONS", AUTO, _connections),
        connections_per_address=reader.parsed(
            "GATEWAY_MAX_CONNECTIONS_PER_CLIENT", AUTO, _connections
        ),
        http2=reader.switch("GATEWAY_HTTP2"),
        queue=reader.whole("GATEWAY_QUEUE"),
        held=reader.parsed("GATEWAY_HELD", AUTO, _connections),
        upstream_idle=reader.amount("GATEWAY_UPSTREAM_IDLE"),
        slow_start=reader.amount("GATEWAY_SLOW_START"),
        retry_ratio=reader.amount("GATEWAY_RETRY_RATIO", most=10.0),
        ejection_failures=reader.whole("GATEWAY_EJECTION_FAILURES", least=1),
        withdrawal=reader.amount("GATEWAY_TUNNEL_REVOCATION"),
        ejection_share=reader.amount("GATEWAY_EJECTION_SHARE", most=1.0),
        unready=reader.amount("GATEWAY_UNREADY_TIME"),
    )


def _identity(reader: Reader) -> Identity:
    via = reader.parsed("GATEWAY_VIA", reader.default("GATEWAY_VIA"), _token)
    return Identity(
        via,
        reader.parsed("GATEWAY_TRUSTED_PROXIES", (), _networks),
        reader.parsed("GATEWAY_ADMINISTRATOR_DIGEST_FILE", b"", _digest),
    )


def _drain(reader: Reader) -> Drain:
    return Drain(
        grace=reader.amount("GATEWAY_DRAIN_GRACE"),
        http=reader.amount("GATEWAY_DRAIN_HTTP"),
        tunnels=reader.amount("GATEWAY_DRAIN_TUNNELS"),
    )


def _cors(reader: Reader) -> Cors:
    cors = Cors(
        origins=reader.parsed("GATEWAY_CORS_ORIGINS", (), _origins),
        methods=reader.several("GATEWAY_CORS_METHODS"),
        headers=reader.several("GATEWAY_CORS_HEADERS"),
        credentials=reader.switch("GATEWAY_CORS_CREDENTIALS"),
        max_age=reader.whole("GATEWAY_CORS_MAX_AGE"),
    )
    if "*" in cors.origins and cors.credentials:
        reader.problem(
            "GATEWAY_CORS_ORIGINS",
            "* with credentials lets every page of the web act as the user; name the origins, or "
            "set GATEWAY_CORS_CREDENTIALS=false",
        )
    for name, value in (("METHODS", cors.methods), ("HEADERS", cors.headers)):
        if not all(map(_is_token, value)):
            reader.problem(f"GATEWAY_CORS_{name}", "takes names of HTTP, separated by commas")
    return cors


def _tls(reader: Reader) -> CertificateFiles | None:
    certificate = reader.string("GATEWAY_TLS_CERTIFICATE")
    key = reader.string("GATEWAY_TLS_KEY")
    if bool(certificate) != bool(key):
        missing = "GATEWAY_TLS_KEY" if certificate else "GATEWAY_TLS_CERTIFICATE"
        reader.problem(missing, "is missing; TLS needs both a certificate and its key")
    return CertificateFiles(Path(certificate), Path(key)) if certificate and key else None


def _traces(reader: Reader) -> Collector | None:
    found = Collector(
        endpoint=reader.parsed("GATEWAY_TRACES", "", collector.endpoint),
        ratio=reader.amount("GATEWAY_TRACES_RATIO", most=1.0),
        service=reader.string("GATEWAY_TRACES_SERVICE"),
        headers=reader.parsed("GATEWAY_TRACES_HEADERS_FILE", (), collector.headers),
    )
    return found if found.endpoint else None


def _file(text: str) -> Path | None:
    if text.endswith("/"):
        raise ValueError(f"{text!r} is a folder; name a file in it")
    return Path(text)


def _connections(text: str) -> int:
    if text == _AUTO:
        return AUTO
    if not text.isascii() or not text.isdecimal():
        raise ValueError(f"{text!r} is neither a whole number nor {_AUTO}")
    return int(text)


def _addresses(text: str) -> tuple[Address, ...]:
    return tuple(_address(word.strip()) for word in text.split(",") if word.strip())


def _address(word: str) -> Address:
    host, colon, port = word.rpartition(":")
    if not colon or not host or not port.isascii() or not port.isdecimal():
        raise ValueError(f"{word!r} is not host:port")
    if not 0 < int(port) < 65_536:
        raise ValueError(f"{word!r}: a port lies between 1 and 65535")
    return host.removeprefix("[").removesuffix("]"), int(port)


def _networks(text: str) -> tuple[Network, ...]:
    return tuple(ip_network(word.strip()) for word in text.split(",") if word.strip())


def _origins(text: str) -> tuple[str, ...]:
    words = tuple(word.strip() for word in text.split(",") if word.strip())
    for word in words:
        if word != "*" and not Cors(origins=(word,)).allows(word.encode()):
            raise ValueError(
                f"{word!r} is not an origin; write scheme://host or scheme://host:port, as the "
                "field Origin has it"
            )
    return tuple(map(as_sent, words))


def _digest(path: str) -> bytes:
    try:
        words = Path(path).read_text(encoding="utf-8").split()
        return parse_digest(words[0].lower() if words else "")
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise ValueError(f"cannot read {path}: {error.strerror}") from error
    except ValueError:
        raise ValueError(
            f"{path} does not hold what `printf %s user:password | sha256sum` prints"
        ) from None


def _token(text: str) -> str:
    if not _is_token(text):
        raise ValueError(f"{text!r} is not one word of letters, digits, '-', '.', and '_'")
    return text


def _is_token(text: str) -> bool:
    return text.isascii() and text.replace("-", "a").replace("_", "a").replace(".", "a").isalnum()
