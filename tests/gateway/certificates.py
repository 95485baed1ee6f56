"""Certificates for the gateway's listener, made by openssl."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from gateway.net.tls import CertificateFiles

if TYPE_CHECKING:
    from pathlib import Path


def issue(folder: Path, name: str, days: int = 2) -> CertificateFiles:
    """A new self-signed pair for `name` in `folder`, under the same file names each time."""
    files = CertificateFiles(folder / "tls.crt", folder / "tls.key")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-days", str(days), "-subj", f"/CN={name}",
         "-addext", f"subjectAltName=DNS:{name}",
         "-keyout", files.key, "-out", files.certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    return files
