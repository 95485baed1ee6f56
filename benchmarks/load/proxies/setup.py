"""What every proxy is configured from."""

from __future__ import annotations

import base64
import hashlib
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

OPEN: Final = "bench"
"""The service that anybody may call."""
LOCKED: Final = "locked"
"""The service that asks for its token."""
TOKEN: Final = "0123456789abcdef" * 4
AUTHORIZATION: Final = "Basic " + base64.b64encode(f"{LOCKED}:{TOKEN}".encode()).decode()


def prefix(service: str) -> str:
    """Where a service is exposed."""
    return f"/system/services/{service}/exposed"


@dataclass(frozen=True, slots=True)
class Setup:
    """Ports are on 127.0.0.1; `pods` are host:port; what is written goes into `folder`."""

    folder: Path
    port: int
    h2_port: int
    """For HTTP/2 with prior knowledge, where a program cannot tell it apart on the other port."""
    pods: list[str]
    programs: Path
    """Folder of the programs that Debian has not."""

    def program(self, name: str) -> str:
        """The program of that name in the bench's own environment, or else in the path."""
        own = self.programs / name
        return str(own) if own.exists() else name


def apr1(password: str) -> str:
    """As `htpasswd` makes it, and OSCAR for its ingress: a thousand rounds of MD5."""
    return _openssl("-apr1", password)


def sha512_crypt(password: str) -> str:
    """The strongest that HAProxy knows: crypt(5), 5 000 rounds."""
    return _openssl("-6", password)


def sha1(password: str) -> str:
    """The only form that Envoy's filter reads."""
    digest = hashlib.sha1(password.encode(), usedforsecurity=False).digest()
    return "{SHA}" + base64.b64encode(digest).decode()


def _openssl(form: str, password: str) -> str:
    command = ["openssl", "passwd", form, "-salt", "8sFt66rZ", password]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
