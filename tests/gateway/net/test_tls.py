"""Handshakes with a context whose files change underneath."""

from __future__ import annotations

import contextlib
import ssl
from typing import TYPE_CHECKING

import pytest

from gateway.net.tls import RELOAD_PERIOD, SETTLED, Certificate, CertificateFiles
from shared.runtime.clock import ManualClock, settle
from tests.gateway.certificates import issue
from tests.tasks import running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@pytest.fixture
def files(tmp_path: Path) -> CertificateFiles:
    return issue(tmp_path, "first.example")


@pytest.fixture
async def certificate(files: CertificateFiles) -> AsyncIterator[tuple[Certificate, ManualClock]]:
    """One that follows its files, and the clock by which it does."""
    certificate, clock = Certificate(files), ManualClock()
    async with running(certificate.run(clock)):
        await settle()
        yield certificate, clock


Following = tuple[Certificate, ManualClock]


def name(certificate: Certificate) -> bytes:
    """What the context presents in a handshake in memory."""
    ends = [(ssl.MemoryBIO(), ssl.MemoryBIO()) for _ in range(2)]
    trusting = ssl.create_default_context()
    trusting.check_hostname = False
    trusting.verify_mode = ssl.CERT_NONE
    server = certificate.context.wrap_bio(*ends[0], server_side=True)
    client = trusting.wrap_bio(*ends[1])
    for _ in range(4):
        for (_, out), (into, _), one in ((ends[1], ends[0], client), (ends[0], ends[1], server)):
            with contextlib.suppress(ssl.SSLWantReadError):
                one.do_handshake()
            into.write(out.read())
    der = client.getpeercert(binary_form=True)
    assert der is not None
    return der


async def test_a_changed_pair_is_presented_within_a_second(
    certificate: Following, tmp_path: Path
) -> None:
    """Caddy and Traefik follow files by inotify, HAProxy and nginx need a reload."""
    followed, clock = certificate
    assert b"first.example" in name(followed)
    issue(tmp_path, "second.example")
    await clock.advance(1.0)
    assert b"second.example" in name(followed)


async def test_it_knows_until_when_the_one_that_it_presents_is_valid(
    certificate: Following, tmp_path: Path
) -> None:
    followed, clock = certificate
    before = followed.ends
    assert before is not None
    issue(tmp_path, "second.example", days=12)
    await clock.advance(RELOAD_PERIOD)
    await clock.advance(RELOAD_PERIOD)
    assert followed.ends is not None
    assert followed.ends - before == pytest.approx(10 * 86_400, abs=3600)


async def test_a_pair_is_taken_when_both_files_are_there(
    certificate: Following,
    files: CertificateFiles,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    followed, clock = certificate
    (tmp_path / "new").mkdir()
    new = issue(tmp_path / "new", "second.example")
    before = followed.context
    files.certificate.write_bytes(new.certificate.read_bytes())
    await clock.advance(SETTLED - 1)
    assert followed.context is before
    files.key.write_bytes(b"-----BEGIN PRIVATE KEY-----\n")
    await clock.advance(SETTLED - 1)
    files.key.write_bytes(new.key.read_bytes())
    await clock.advance(1.0)
    assert b"second.example" in name(followed)
    assert followed.failures == 0
    assert "not usable" not in caplog.text


async def test_a_chain_that_is_being_written_is_not_taken(
    certificate: Following, files: CertificateFiles
) -> None:
    """The beginning of it may be a certificate that belongs to the key, without its issuers."""
    followed, clock = certificate
    text = files.certificate.read_bytes()
    before = followed.context
    for count in range(1, 8):
        files.certificate.write_bytes(text * count)
        await clock.advance(RELOAD_PERIOD)
        assert followed.context is before
    await clock.advance(RELOAD_PERIOD)
    assert followed.context is not before


async def test_a_mounted_secret_is_followed(tmp_path: Path) -> None:
    """The kubelet turns the link `..data`; the files' own links stay."""
    for folder, subject in (("..1", "first.example"), ("..2", "second.example")):
        (tmp_path / folder).mkdir()
        issue(tmp_path / folder, subject)
    (tmp_path / "..data").symlink_to("..1")
    files = CertificateFiles(tmp_path / "tls.crt", tmp_path / "tls.key")
    for path in (files.certificate, files.key):
        path.symlink_to(f"..data/{path.name}")
    followed, clock = Certificate(files), ManualClock()
    async with running(followed.run(clock)):
        await settle()
        (tmp_path / "..data_tmp").symlink_to("..2")
        (tmp_path / "..data_tmp").rename(tmp_path / "..data")
        await clock.advance(1.0)
        assert b"second.example" in name(followed)


@pytest.mark.parametrize("content", ["not a certificate", None])
async def test_a_pair_that_stays_unusable_is_reported_once(
    content: str | None,
    certificate: Following,
    files: CertificateFiles,
    caplog: pytest.LogCaptureFixture,
) -> None:
    followed, clock = certificate
    before, good = followed.context, files.certificate.read_text()
    if content is None:
        files.certificate.unlink()
    else:
        files.certificate.write_text(content)
    await clock.advance(10 * SETTLED)
    assert followed.failures == 1
    assert caplog.text.count("belong together") == 1
    assert followed.context is before
    files.certificate.write_text(good)
    await clock.advance(1.0)
    assert followed.context is not before
    assert followed.failures == 1


def test_a_bad_first_pair_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Certificate(CertificateFiles(tmp_path / "no.crt", tmp_path / "no.key"))
