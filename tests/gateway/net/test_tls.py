"""Real handshakes against a context whose files change underneath."""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING

import pytest

from gateway.net.tls import RELOAD_PERIOD, Certificate, CertificateFiles
from shared.runtime.clock import ManualClock, settle
from tests.gateway.certificates import issue

if TYPE_CHECKING:
    from pathlib import Path


async def served_name(port: int) -> bytes:
    """The subject's common name that a new handshake presents."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
    der: bytes = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.close()
    return der


@pytest.fixture
def files(tmp_path: Path) -> CertificateFiles:
    return issue(tmp_path, "first.example")


async def test_a_changed_pair_is_served_to_new_handshakes(
    files: CertificateFiles, tmp_path: Path
) -> None:
    certificate = Certificate(files)
    server = await asyncio.start_server(
        lambda _, w: w.close(), "127.0.0.1", 0, ssl=certificate.context
    )
    port = server.sockets[0].getsockname()[1]
    async with server:
        assert b"first.example" in await served_name(port)
        assert not certificate.refresh()
        issue(tmp_path, "second.example")
        assert certificate.refresh()
        assert b"second.example" in await served_name(port)

        files.certificate.write_text("not a certificate")
        assert not certificate.refresh()
        assert certificate.failures == 1
        assert b"second.example" in await served_name(port)


async def test_a_key_of_another_certificate_keeps_the_old_pair(
    files: CertificateFiles, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    certificate = Certificate(files)
    (tmp_path / "other").mkdir()
    files.key.write_bytes(issue(tmp_path / "other", "x.example").key.read_bytes())
    assert not certificate.refresh()
    assert "belong together" in caplog.text
    assert not certificate.refresh(), "a bad pair is reported once"
    assert certificate.failures == 1


async def test_the_files_are_looked_at_periodically(
    files: CertificateFiles, tmp_path: Path
) -> None:
    certificate = Certificate(files)
    clock = ManualClock()
    task = asyncio.create_task(certificate.run(clock))
    await settle()
    files.certificate.unlink()
    await clock.advance(RELOAD_PERIOD + 1)
    assert certificate.failures == 1
    task.cancel()


def test_a_bad_first_pair_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Certificate(CertificateFiles(tmp_path / "no.crt", tmp_path / "no.key"))
