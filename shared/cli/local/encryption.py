"""TLS of a local run's gateway: with a certificate of its own, or with the user's.

The one of its own is made on first use in the run's folder and renewed while it runs; the gateway
takes changed files by itself. What the commands trust stands in the same folder. Called by the
layout and by `exposed local`; knows nothing of ports and processes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from shared.cli.connection import home
from shared.cli.exits import ApiError
from shared.runtime import private
from shared.runtime.clock import Clock
from shared.runtime.settings import Reader

CERTIFICATE: Final = "GATEWAY_TLS_CERTIFICATE"
KEY: Final = "GATEWAY_TLS_KEY"
WANTED: Final = "EXPOSED_TLS"
LOOK: Final = 12 * 3600.0
"""Seconds between two looks whether the certificate of its own is to be renewed."""


@dataclass(frozen=True, slots=True)
class Encryption:
    """The PEM files that the gateway presents, and the name by which it is reached."""

    certificate: Path
    key: Path
    own: bool = True
    host: str = "localhost"
    known_here: bool = True
    """The certificate has a name of this machine, so that clients but ours take it."""


def read(reader: Reader, environ: Mapping[str, str], folder: Path) -> Encryption | None:
    """What the environment asks for; None is plain HTTP. The user's own certificate counts first.

    Problems, an unusable certificate among them, go to `reader`.
    """
    certificate, key = environ.get(CERTIFICATE, ""), environ.get(KEY, "")
    if not certificate and not key:
        wanted = reader.switch(WANTED)
        return Encryption(*_own(folder)) if wanted else None
    if not certificate or not key:
        reader.problem(
            KEY if certificate else CERTIFICATE,
            f"is missing; TLS needs both a certificate and its key. {WANTED}=true needs neither",
        )
        return None
    try:
        host, known = _host(Path(certificate))
    except (OSError, ValueError) as error:
        reader.problem(CERTIFICATE, f"{certificate} cannot be used: {error}; name a PEM file")
        return None
    return Encryption(Path(certificate), Path(key), own=False, host=host, known_here=known)


def provide(encryption: Encryption | None, folder: Path, now: float) -> None:
    """See that the files are there, and write down what commands are to trust; ApiError.

    `now` is in Unix seconds.
    """
    trusted = home.authority(folder)
    if encryption is None:
        trusted.unlink(missing_ok=True)
        return
    try:
        private.write(trusted, _trusted(encryption, folder, now))
    except (OSError, ValueError) as error:
        raise ApiError(f"cannot provide the certificate of the gateway: {error}") from error


async def keep(encryption: Encryption | None, folder: Path, clock: Clock) -> None:
    """Renew it before it ends, and follow the user's when that is renewed, for ever."""
    while True:
        await clock.sleep(LOOK)
        if encryption is not None:
            provide(encryption, folder, clock.now())


def _trusted(encryption: Encryption, folder: Path, now: float) -> str:
    # cryptography takes long to import, and most runs and all other commands do without
    from shared.runtime import certificate

    if encryption.own:
        issued = certificate.obtain(_folder(folder), now, "local gateway")
        return issued.authority.read_text()
    return certificate.pem(certificate.first(encryption.certificate))


def _own(folder: Path) -> tuple[Path, Path]:
    from shared.runtime.certificate import files_in

    files = files_in(_folder(folder))
    return files.certificate, files.key


def _folder(home_folder: Path) -> Path:
    return home_folder / "tls"


def _host(path: Path) -> tuple[str, bool]:
    """The name of this machine that the certificate has, and whether it has one."""
    from shared.runtime import certificate

    names = certificate.names(certificate.first(path))
    known = next((each for each in ("localhost", "127.0.0.1") if each in names), None)
    return known or "localhost", known is not None
