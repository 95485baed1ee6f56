"""Certificates are judged by a real TLS handshake, as strict as the standard library can be."""

from __future__ import annotations

import asyncio
import ssl
import stat
import time
from typing import TYPE_CHECKING

import pytest

from shared.embedded.access import certificate

if TYPE_CHECKING:
    from pathlib import Path

DAY = 86400.0


async def handshake(files: certificate.ServerCertificate, name: str) -> None:
    """Serve one connection with `files` and greet it as a client that trusts the authority."""
    server_context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server_context.load_cert_chain(files.certificate, files.key)
    client_context = ssl.create_default_context(cafile=str(files.authority))
    client_context.verify_flags |= ssl.VERIFY_X509_STRICT
    server = await asyncio.start_server(
        lambda _, writer: writer.close(), "127.0.0.1", 0, ssl=server_context
    )
    async with server:
        port = server.sockets[0].getsockname()[1]
        _, writer = await asyncio.open_connection(
            "127.0.0.1", port, ssl=client_context, server_hostname=name
        )
        writer.close()


@pytest.fixture
def now() -> float:
    """The handshake judges validity by the real clock."""
    return time.time()


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
async def test_a_client_that_trusts_the_authority_connects(
    tmp_path: Path, now: float, name: str
) -> None:
    await handshake(certificate.obtain(tmp_path, now), name)


async def test_another_name_is_refused(tmp_path: Path, now: float) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        await handshake(certificate.obtain(tmp_path, now), "example.com")


def test_the_key_is_private_and_the_authority_has_none(tmp_path: Path, now: float) -> None:
    files = certificate.obtain(tmp_path / "pki", now)
    assert stat.S_IMODE(files.key.stat().st_mode) == 0o600
    assert {path.name for path in (tmp_path / "pki").iterdir()} == {
        "ca.crt",
        "server.crt",
        "server.key",
    }


def test_a_certificate_is_kept_until_it_nears_its_end(tmp_path: Path, now: float) -> None:
    def serial(at: float) -> bytes:
        return certificate.obtain(tmp_path, at).certificate.read_bytes()

    first = serial(now)
    assert serial(now + 700 * DAY) == first
    assert serial(now + 790 * DAY) != first


@pytest.mark.parametrize("damaged", ["ca.crt", "server.crt", "server.key"])
async def test_a_lost_file_is_made_good(tmp_path: Path, now: float, damaged: str) -> None:
    certificate.obtain(tmp_path, now)
    (tmp_path / damaged).unlink()
    await handshake(certificate.obtain(tmp_path, now), "127.0.0.1")


async def test_a_damaged_certificate_is_made_anew(tmp_path: Path, now: float) -> None:
    certificate.obtain(tmp_path, now).certificate.write_text("no certificate")
    await handshake(certificate.obtain(tmp_path, now), "127.0.0.1")
