"""Settings of the services API, from the environment; all that is wrong is reported at once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast
from urllib.parse import urlsplit

from gateway.management.access.credentials import Credentials
from gateway.management.access.fetching import is_secure
from gateway.management.access.oidc import Rules
from gateway.management.access.origins import Origins
from gateway.management.access.proxies import network
from gateway.management.answers.ports import GO, IntegerPorts
from gateway.management.objects.policy import ACCESS_MODES, DEFAULT, AccessMode, Policy
from shared.runtime import log
from shared.runtime.settings import Reader, Variables
from shared.service import quantity, spaces
from shared.service.authorization import parse_credentials
from shared.service.origins import as_sent

VARIABLES: Final[Variables] = {
    "MANAGEMENT_HOST": ("0.0.0.0", "address to listen on"),
    "MANAGEMENT_PORT": ("8082", "port to listen on; 0 is any free one"),
    "MANAGEMENT_CREDENTIALS_FILE": ("", "file with one line user:password of the administrator"),
    "MANAGEMENT_USERNAME": ("", "the administrator's name, if there is no such file"),
    "MANAGEMENT_PASSWORD": ("", "the administrator's password, if there is no such file"),
    "MANAGEMENT_ORIGINS": (
        "",
        "origins,… besides its own whose pages may read and change services, such as a dashboard's",
    ),
    "MANAGEMENT_TRUSTED_PROXIES": (
        "127.0.0.0/8,::1",
        "CIDRs and names of hosts,… whose X-Forwarded-For is believed: the gateways",
    ),
    "MANAGEMENT_OIDC_ISSUERS": (
        "",
        "URLs,… of OpenID Connect issuers whose access tokens are accepted; empty: no tokens",
    ),
    "MANAGEMENT_OIDC_AUDIENCES": (
        "",
        "names,… for one of which a token must be made; empty: for anybody, as in OSCAR, and then "
        "groups must be named",
    ),
    "MANAGEMENT_OIDC_GROUPS": (
        "",
        "groups,… in one of which its subject must be; empty: whomever an issuer knows",
    ),
    "MANAGEMENT_NAMESPACES": (
        spaces.ONE,
        "one: all services in oscar-svc; per-owner: those of an OIDC caller in one of his own",
    ),
    "MANAGEMENT_RECONCILE": (
        "30",
        "seconds between two looks at all services for writes that died half done, and for what "
        "others have changed",
    ),
    "MANAGEMENT_INTEGER_PORTS": (
        GO.agent,
        "how the User-Agent of clients begins that read a port as a number; empty: none does",
    ),
    "MANAGEMENT_VOLUME_STORAGE_CLASS": ("", "StorageClass of new volumes; empty: the default one"),
    "MANAGEMENT_VOLUME_ACCESS_MODE": ("ReadWriteMany", "of new volumes; or ReadWriteOnce"),
    "MANAGEMENT_VOLUME_MAX_SIZE": ("100Gi", "the most that a definition may ask for as volume"),
    "MANAGEMENT_POD_RUN_AS_NON_ROOT": ("false", "start no image whose user is root"),
    "MANAGEMENT_POD_READ_ONLY_ROOT": ("false", "let pods write to /tmp and their volume alone"),
    **log.VARIABLES,
}

_HOST: Final = re.compile(r"(?=.*[a-z])[a-z0-9-]+(\.[a-z0-9-]+)*\.?", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the process is told from outside; see VARIABLES."""

    host: str
    port: int
    credentials: Credentials
    origins: Origins
    tokens: Rules
    proxies: tuple[str, ...]
    reconcile: float
    """Seconds."""
    integers: IntegerPorts
    policy: Policy
    spaces: spaces.Spaces
    log_level: str
    log_format: str


def read(environ: Mapping[str, str]) -> Settings:
    """The settings that `environ` states; raises SettingsError naming everything wrong."""
    reader = Reader(VARIABLES, environ)
    host, port = reader.address("MANAGEMENT_HOST", "MANAGEMENT_PORT")
    settings = Settings(
        host=host,
        port=port,
        credentials=_credentials(reader),
        origins=reader.parsed("MANAGEMENT_ORIGINS", Origins(), _origins),
        tokens=_tokens(reader),
        proxies=_proxies(reader),
        reconcile=reader.amount("MANAGEMENT_RECONCILE", least=1.0, most=3600.0),
        integers=IntegerPorts(reader.string("MANAGEMENT_INTEGER_PORTS")),
        policy=_policy(reader),
        spaces=spaces.Spaces(per_owner=_per_owner(reader)),
        log_level=reader.string("LOG_LEVEL", *log.LEVELS),
        log_format=reader.string("LOG_FORMAT", *log.FORMATS),
    )
    reader.check()
    return settings


def _per_owner(reader: Reader) -> bool:
    return reader.string("MANAGEMENT_NAMESPACES", *spaces.CHOICES) == spaces.PER_OWNER


def _policy(reader: Reader) -> Policy:
    return Policy(
        storage_class=reader.parsed("MANAGEMENT_VOLUME_STORAGE_CLASS", "", _class_name),
        access_mode=reader.parsed("MANAGEMENT_VOLUME_ACCESS_MODE", DEFAULT.access_mode, _mode),
        largest_volume=reader.parsed("MANAGEMENT_VOLUME_MAX_SIZE", DEFAULT.largest_volume, _amount),
        run_as_non_root=reader.switch("MANAGEMENT_POD_RUN_AS_NON_ROOT"),
        read_only_root=reader.switch("MANAGEMENT_POD_READ_ONLY_ROOT"),
    )


def _class_name(text: str) -> str:
    if re.fullmatch(r"[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?", text, re.ASCII) is None:
        raise ValueError(f"{text[:60]!r} cannot name a StorageClass; see kubectl get storageclass")
    return text


def _mode(text: str) -> AccessMode:
    if text not in ACCESS_MODES:
        raise ValueError(f"{text!r} is not one of {', '.join(ACCESS_MODES)}")
    return cast("AccessMode", text)


def _amount(text: str) -> str:
    if quantity.parse(text) <= 0:
        raise ValueError(f"{text} is not above zero")
    return text


def _origins(text: str) -> Origins:
    words = {as_sent(word.strip()).lower() for word in text.split(",") if word.strip()}
    for word in words:
        url = urlsplit(word)
        if not url.scheme or not url.netloc or word != f"{url.scheme}://{url.netloc}":
            raise ValueError(f"{word!r} is not an origin; write scheme://host[:port]")
    return Origins(frozenset(words))


def _proxies(reader: Reader) -> tuple[str, ...]:
    stated = reader.several("MANAGEMENT_TRUSTED_PROXIES")
    for word in stated:
        if network(word) is None and _HOST.fullmatch(word) is None:
            reader.problem(
                "MANAGEMENT_TRUSTED_PROXIES", f"{word!r} is no CIDR, address or name of a host"
            )
    return stated


def _tokens(reader: Reader) -> Rules:
    rules = Rules(
        issuers=reader.several("MANAGEMENT_OIDC_ISSUERS"),
        audiences=reader.several("MANAGEMENT_OIDC_AUDIENCES"),
        groups=frozenset(reader.several("MANAGEMENT_OIDC_GROUPS")),
    )
    for url in rules.issuers:
        if not is_secure(url):
            reader.problem("MANAGEMENT_OIDC_ISSUERS", f"{url!r} is no URL with https://")
    if rules.issuers and not (rules.audiences or rules.groups):
        reader.problem(
            "MANAGEMENT_OIDC_AUDIENCES",
            "is missing, and MANAGEMENT_OIDC_GROUPS too: whoever has any token of an issuer could "
            "make services; set one of them",
        )
    return rules


def _credentials(reader: Reader) -> Credentials:
    path = reader.string("MANAGEMENT_CREDENTIALS_FILE")
    user = reader.string("MANAGEMENT_USERNAME")
    password = reader.string("MANAGEMENT_PASSWORD")
    if path:
        return _from_file(reader, path)
    for name, value in (("MANAGEMENT_USERNAME", user), ("MANAGEMENT_PASSWORD", password)):
        if not value:
            reader.problem(name, "is missing; set it, or name a MANAGEMENT_CREDENTIALS_FILE")
    if ":" in user:
        reader.problem("MANAGEMENT_USERNAME", "must not contain ':', which ends it in HTTP Basic")
    return Credentials(user, password)


def _from_file(reader: Reader, path: str) -> Credentials:
    try:
        return Credentials(*parse_credentials(Path(path).read_text(encoding="utf-8")))
    except OSError as error:
        reader.problem("MANAGEMENT_CREDENTIALS_FILE", f"cannot read {path}: {error.strerror}")
    except ValueError as error:
        reader.problem("MANAGEMENT_CREDENTIALS_FILE", f"{path} {error}")
    return Credentials("", "")
