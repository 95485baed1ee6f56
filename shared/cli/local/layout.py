"""Where a local run keeps its state, on which ports it listens, and what its processes are told."""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import socket
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click

from shared.cli.connection import home
from shared.cli.connection.secrets import read_credentials
from shared.cli.connection.target import Target
from shared.cli.exits import USAGE, ApiError
from shared.cli.local import encryption
from shared.cli.local.children import Program
from shared.cli.local.encryption import Encryption
from shared.runtime import private
from shared.runtime.ports import free_port
from shared.runtime.settings import Reader
from shared.service.authorization import digest

HOST: Final = "127.0.0.1"

DASHBOARDS: Final = (
    "https://dashboard.oscar.grycap.net",
    "https://dashboard-devel.oscar.grycap.net",
    "https://dashboard-demo.oscar.grycap.net",
    "http://oscar.oscar.svc.cluster.local",
    "http://host.docker.internal",
    "http://localhost",
    "http://localhost:5173",
)
"""Origins of OSCAR's dashboard, as OSCAR itself allows them; the last is its developers'."""


class TakenError(click.ClickException):
    """Something that this run needs is in use; nothing was started."""

    exit_code = USAGE


@dataclass(frozen=True, slots=True)
class Layout:
    """Home folder and ports (all on 127.0.0.1) of one local run."""

    home: Path
    gateway: int = 8080
    gateway_admin: int = 8081
    management: int = 8082
    scaler: int = 8083
    api: int = 6443
    encryption: Encryption | None = None
    """Of the gateway; None is plain HTTP."""

    @property
    def url(self) -> str:
        """Where people send requests."""
        if self.encryption is not None:
            return f"https://{self.encryption.host}:{self.gateway}"
        return f"http://{HOST}:{self.gateway}"

    @property
    def target(self) -> Target:
        """This run as its commands ask it."""
        ca = home.authority(self.home) if self.encryption is not None else None
        return Target(self.url, self.credentials, ca=ca, pinned=ca is not None)

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig."""
        return self.home / "kubeconfig"

    @property
    def credentials(self) -> Path:
        """The file with the `user:password` of the services API."""
        return self.home / "credentials"

    @property
    def digest(self) -> Path:
        """The file with their SHA-256, by which the gateway keeps them from pods."""
        return self.home / "credentials.sha256"

    def log(self, process: str) -> Path:
        """The log of one of the processes."""
        return self.home / "logs" / f"{process}.log"


_PORTS: Final = {
    "gateway": "EXPOSED_GATEWAY_PORT",
    "gateway_admin": "EXPOSED_GATEWAY_ADMIN_PORT",
    "management": "EXPOSED_MANAGEMENT_PORT",
    "scaler": "EXPOSED_SCALER_PORT",
    "api": "EXPOSED_API_PORT",
}
VARIABLES: Final = {
    variable: (str(getattr(Layout(Path()), name)), f"port of the {name}")
    for name, variable in _PORTS.items()
} | {encryption.WANTED: ("false", "whether the gateway speaks TLS")}


def read(environ: Mapping[str, str], folder: Path) -> Layout:
    """The layout that the environment asks for; port 0 stands for any free one. SettingsError."""
    reader = Reader(VARIABLES, environ)
    ports = {name: reader.whole(variable, most=65_535) for name, variable in _PORTS.items()}
    encrypted = encryption.read(reader, environ, folder)
    reader.check()
    free = {name: port or free_port() for name, port in ports.items()}
    return Layout(folder, encryption=encrypted, **free)


def prepare(layout: Layout) -> None:
    """Make the home folder, the credentials (those of an earlier run stay), their digest, the
    certificate and the address.

    ApiError when what an earlier run or somebody left as credentials is none.
    """
    own(layout.home)
    own(layout.home / "logs")
    if not layout.credentials.exists():
        _keep(layout.credentials, f"oscar:{secrets.token_urlsafe(24)}\n")
    user, password = read_credentials(layout.credentials)
    _keep(layout.digest, digest(user, password).hex() + "\n")
    encryption.provide(layout.encryption, layout.home, time.time())
    _keep(layout.home / "endpoint", f"{layout.url}\n")


def _keep(path: Path, text: str) -> None:
    try:
        private.write(path, text)
    except OSError as error:
        raise _unusable(path, error) from error


def _unusable(path: Path, error: OSError) -> ApiError:
    return ApiError(
        f"cannot write {path}: {error.strerror}; make room on its disk or move away what is there, "
        f"or choose another folder with {home.VARIABLE}"
    )


def own(folder: Path) -> None:
    """Make a folder for this user alone, or see that nobody else can have written what is in it;
    ApiError."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ApiError(
            f"cannot make {folder}: {error.strerror}; choose another folder with {home.VARIABLE}"
        ) from error
    home.check(folder)


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the home folder for this run alone; a second run is told who has it."""
    own(folder)
    path = folder / "run.lock"
    try:
        lock = open(path, "a+", opener=private.nofollow)  # noqa: SIM115  closed just below
    except OSError as error:
        raise _unusable(path, error) from error
    with lock as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise TakenError(
                f"a local run (process {file.read().strip() or 'unknown'}) uses {folder} already; "
                "end it with Ctrl-C, or choose another folder with EXPOSED_HOME"
            ) from None
        file.truncate(0)
        try:
            os.write(file.fileno(), f"{os.getpid()}\n".encode())  # no buffer to flush again
        except OSError as error:
            raise _unusable(path, error) from error
        yield


def check_ports(layout: Layout) -> None:
    """Raise TakenError naming every port that something else listens on."""
    taken = [
        f"  port {port} ({name.replace('_', ' ')}) is in use; choose another with {variable}"
        for name, variable in _PORTS.items()
        if not _is_free(port := getattr(layout, name))
    ]
    if taken:
        raise TakenError("cannot start:\n" + "\n".join(taken))


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def programs(
    layout: Layout, environ: Mapping[str, str], *, recover: bool = False
) -> tuple[Program, ...]:
    """The four processes of a local run, in the order in which they are started.

    Each gets the kubeconfig of its own service account, so that a right that is missing in a real
    cluster is missing here too. What the user set in the environment wins.
    """
    folder = str(layout.home)
    return (
        Program(
            "cluster",
            (
                *("-m", "shared.embedded", "--home", folder, "--port", str(layout.api)),
                *(("--recover",) if recover else ()),
            ),
            dict(environ),
            stop_seconds=45.0,
        ),
        _program(layout, environ, "management", ("-m", "gateway.management"), {
            "MANAGEMENT_HOST": HOST,
            "MANAGEMENT_PORT": str(layout.management),
            "MANAGEMENT_CREDENTIALS_FILE": str(layout.credentials),
            "MANAGEMENT_ORIGINS": ",".join(DASHBOARDS),
        }),
        _program(layout, environ, "gateway", ("-m", "gateway"), {
            "GATEWAY_HOST": HOST,
            "GATEWAY_PORT": str(layout.gateway),
            "GATEWAY_ADMIN_HOST": HOST,
            "GATEWAY_ADMIN_PORT": str(layout.gateway_admin),
            "GATEWAY_MANAGEMENT": f"{HOST}:{layout.management}",
            "GATEWAY_ADMINISTRATOR_DIGEST_FILE": str(layout.digest),
            "GATEWAY_DRAIN_GRACE": "0",
            "GATEWAY_DRAIN_HTTP": "5",
            "GATEWAY_DRAIN_TUNNELS": "1",
            **_certificate(layout.encryption),
        }),
        _program(layout, environ, "scaler", ("-m", "scaler", "run"), {
            "SCALER_HOST": HOST,
            "SCALER_PORT": str(layout.scaler),
            "SCALER_PERIOD": "1",
            "SCALER_GATEWAYS": f"http://{HOST}:{layout.gateway_admin}",
            # One name for all its lives, so that a restart need not wait until its lease runs out:
            # there is one scaler here, started again only when the one before has ended.
            "SCALER_IDENTITY": "local",
        }),
    )  # fmt: skip


def _certificate(encrypted: Encryption | None) -> Mapping[str, str]:
    if encrypted is None:
        return {}
    return {
        encryption.CERTIFICATE: str(encrypted.certificate),
        encryption.KEY: str(encrypted.key),
    }


def _program(
    layout: Layout,
    environ: Mapping[str, str],
    name: str,
    arguments: tuple[str, ...],
    settings: Mapping[str, str],
) -> Program:
    kubeconfig = {"KUBECONFIG": str(layout.home / f"{name}.kubeconfig")}
    return Program(name, arguments, {**settings, **environ, **kubeconfig})
