"""TLS on the public port, with a certificate that may be renewed while connections are open."""

from __future__ import annotations

import logging
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from shared.runtime.clock import Clock

log = logging.getLogger(__name__)

RELOAD_PERIOD: Final = 10.0
"""Seconds between two looks at the files."""


@dataclass(frozen=True, slots=True)
class CertificateFiles:
    """Where the certificate chain and its key stand, both PEM."""

    certificate: Path
    key: Path

    def version(self) -> tuple[int, ...]:
        """Changes when a file does; a file that is missing for a moment counts as a version."""
        return (*_version(self.certificate), *_version(self.key))


class Certificate:
    """A server context that follows its files.

    A new pair takes effect for new handshakes. A bad one is reported (`failures`, and the log) and
    the old one stays. Construction raises `ssl.SSLError` or `OSError` when the first pair is bad.
    """

    def __init__(self, files: CertificateFiles) -> None:
        self.failures = 0
        self._files = files
        self._version = files.version()
        self.context = _context(files)

    def refresh(self) -> bool:
        """Load the files if they changed; True when a new pair was taken."""
        version = self._files.version()
        if version == self._version:
            return False
        self._version = version
        try:
            _context(self._files)  # a live context that fails half-way would be left broken
            self.context.load_cert_chain(self._files.certificate, self._files.key)
        except (OSError, ssl.SSLError) as error:
            self.failures += 1
            log.error(
                "the changed certificate is not usable, the old one stays: %s; check that %s and "
                "%s are PEM and belong together",
                error,
                self._files.certificate,
                self._files.key,
            )
            return False
        log.info("serving a new certificate from %s", self._files.certificate)
        return True

    async def run(self, clock: Clock) -> None:
        """Follow the files for ever."""
        while True:
            await clock.sleep(RELOAD_PERIOD)
            self.refresh()


def _context(files: CertificateFiles) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    context.load_cert_chain(files.certificate, files.key)
    return context


def _version(path: Path) -> tuple[int, ...]:
    try:
        status = path.stat()
    except OSError:
        return (0, 0, 0)
    return (status.st_ino, status.st_mtime_ns, status.st_size)
