"""The certificate of the embedded API server.

It is needed because kubectl sends no token over plain HTTP (client-go drops all credentials unless
the connection is TLS).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.runtime import certificate
from shared.runtime.certificate import ServerCertificate

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["ServerCertificate", "obtain"]


def obtain(folder: Path, now: float) -> ServerCertificate:
    """The files in `folder`, made anew when needed; `now` is in Unix seconds. OSError."""
    return certificate.obtain(folder, now, "embedded API server")
