"""The certificate of the embedded API server.

It is needed because kubectl sends no token over plain HTTP (client-go drops all credentials unless
the connection is TLS).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization

from shared.embedded.files import DamagedError
from shared.runtime import certificate
from shared.runtime.certificate import ServerCertificate

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["FOLDER", "ServerCertificate", "check", "obtain"]

FOLDER: Final = "pki"
"""In the home of the cluster."""


def obtain(folder: Path, now: float) -> ServerCertificate:
    """The files in `folder`, made anew when needed; `now` is in Unix seconds. OSError and
    DamagedError."""
    try:
        return certificate.obtain(folder, now, "embedded API server")
    except IsADirectoryError as error:
        raise DamagedError(certificate.files_in(folder).certificate, "it is no file") from error


def check(files: ServerCertificate) -> None:
    """Raise DamagedError when the key or the authority is not what was written beside the
    certificate."""
    own = certificate.first(files.certificate)
    try:
        key = serialization.load_pem_private_key(files.key.read_bytes(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm, IsADirectoryError) as error:
        raise DamagedError(files.key, "it holds no key") from error
    if key.public_key() != own.public_key():
        raise DamagedError(files.key, "it is not the key of the certificate")
    try:
        authority = certificate.first(files.authority)
        own.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature, IsADirectoryError) as error:
        raise DamagedError(files.authority, "it did not sign the certificate") from error
