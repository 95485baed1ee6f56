"""TLS on the public port, with a certificate that may be renewed while connections are open."""

from __future__ import annotations

import logging
import ssl
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from asyncio import BaseTransport

    from shared.runtime.clock import Clock

log = logging.getLogger(__name__)

RELOAD_PERIOD: Final = 0.25
"""Seconds between two looks at the files.

They are looked at rather than watched: Kubernetes replaces a mounted Secret by turning a symbolic
link two folders above the files, which no watch of the files sees, and eight calls of stat(2) a
second cost nothing."""
SETTLED: Final = 3.0
"""Seconds after which a pair that is not usable is reported. Before that it may be half written, or
the key may still be on its way."""


_HTTP2: Final = "h2"
_HTTP1: Final = "http/1.1"


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

    A new pair takes effect for new handshakes, once its files have stayed as they are from one look
    to the next. One that is not usable is tried again and again, and reported once (`failures`, and
    the log); the old one stays. Construction raises `ssl.SSLError` or `OSError` when the first pair
    is bad.
    """

    def __init__(self, files: CertificateFiles, *, http2: bool = True) -> None:
        """`http2`: it is offered, before HTTP/1.1."""
        self.failures = 0
        self._http2 = http2
        self._files = files
        self._taken = self._seen = files.version()
        self._since = inf
        """When the present version was seen first; `inf` once it is taken, or reported."""
        self.context = _context(files, http2=http2)
        """For the next handshake; another object for each pair."""
        self.ends = _ends(files)
        """When the server's own certificate is valid no more, unix seconds; None: not known."""

    def refresh(self, now: float) -> bool:
        """Load the files if they changed and rest; True when a new pair was taken. `now` is in
        monotonic seconds."""
        version = self._files.version()
        if version != self._seen:
            self._seen, self._since = version, now
            return False
        if version == self._taken:
            return False
        try:
            context, ends = _context(self._files, http2=self._http2), _ends(self._files)
        except (OSError, ssl.SSLError) as error:
            self._report(error, now)
            return False
        if self._files.version() != version:
            return False  # which of the two was read?
        self.context, self.ends, self._taken = context, ends, version
        log.info("serving a new certificate from %s", self._files.certificate)
        return True

    def _report(self, error: Exception, now: float) -> None:
        if now - self._since < SETTLED:
            return
        self._since = inf
        self.failures += 1
        log.error(
            "the changed certificate is not usable, the old one stays: %s; check that %s and "
            "%s are PEM and belong together",
            error,
            self._files.certificate,
            self._files.key,
        )

    async def run(self, clock: Clock) -> None:
        """Follow the files for ever."""
        while True:
            await clock.sleep(RELOAD_PERIOD)
            self.refresh(clock.monotonic())


def speaks_http2(transport: BaseTransport) -> bool:
    """Whether client and server have agreed on HTTP/2 (RFC 9113, section 3.2)."""
    end = transport.get_extra_info("ssl_object")
    return end is not None and end.selected_alpn_protocol() == _HTTP2


def _context(files: CertificateFiles, *, http2: bool) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols([_HTTP2, _HTTP1] if http2 else [_HTTP1])
    context.load_cert_chain(files.certificate, files.key)
    return context


def _ends(files: CertificateFiles) -> float | None:
    # It takes long to import, and gateways behind others that end TLS do without.
    from shared.runtime.certificate import first

    try:
        return first(files.certificate).not_valid_after_utc.timestamp()
    except ValueError:  # OpenSSL, which serves it, minds less
        return None


def _version(path: Path) -> tuple[int, ...]:
    try:
        status = path.stat()
    except OSError:
        return (0, 0, 0, 0)
    return (status.st_ino, status.st_mtime_ns, status.st_ctime_ns, status.st_size)
