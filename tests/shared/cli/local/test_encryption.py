"""TLS of a local run: which files the gateway is given, and what its commands then trust."""

from __future__ import annotations

import ssl
import stat
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web

from shared.cli.client import ServicesApi
from shared.cli.connection import target
from shared.cli.exits import ApiError
from shared.cli.local import encryption
from shared.cli.local.layout import Layout, prepare, programs, read
from shared.runtime import certificate
from shared.runtime.certificate import ServerCertificate
from shared.runtime.clock import ManualClock
from shared.runtime.settings import SettingsError
from tests.gateway.certificates import issue
from tests.shared.kube.scripted import Script, serve
from tests.tasks import running
from tests.waiting import until


def given(pair: ServerCertificate) -> dict[str, str]:
    return {encryption.CERTIFICATE: str(pair.certificate), encryption.KEY: str(pair.key)}


@asynccontextmanager
async def serve_as(folder: Path, environ: dict[str, str]) -> AsyncIterator[tuple[Script, Layout]]:
    """A services API without services that presents what a run's gateway would."""
    prepare(first := read(environ, folder))
    files = gateway(first)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files[encryption.CERTIFICATE], files[encryption.KEY])
    async with serve(Script(otherwise=lists_nothing), context) as script:
        layout = read({**environ, "EXPOSED_GATEWAY_PORT": str(script.port)}, folder)
        prepare(layout)
        yield script, layout


async def lists_nothing(_: web.Request) -> web.Response:
    return web.json_response([])


def gateway(layout: Layout) -> dict[str, str]:
    made = {program.name: program for program in programs(layout, {})}
    return dict(made["gateway"].environment)


def test_a_run_speaks_plain_http_unless_told(tmp_path: Path) -> None:
    layout = read({}, tmp_path / "home")
    prepare(layout)
    assert layout.url == "http://127.0.0.1:8080"
    assert encryption.KEY not in gateway(layout)
    assert not (layout.home / "gateway-ca.crt").exists()


async def test_a_certificate_of_its_own_is_trusted_by_the_commands_of_its_folder(
    tmp_path: Path,
) -> None:
    async with serve_as(tmp_path / "home", {encryption.WANTED: "yes"}) as (script, layout):
        assert layout.url.startswith("https://localhost:")
        environ = {"EXPOSED_HOME": str(layout.home)}
        asked = target.read(target.Flags(), environ)
        assert asked == layout.target
        async with ServicesApi(asked) as api:
            assert await api.list() == []
        key = Path(gateway(layout)[encryption.KEY])
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
        elsewhere = target.Target(asked.endpoint, asked.credentials)  # as the system trusts
        async with ServicesApi(elsewhere) as api:
            with pytest.raises(ApiError, match="is not trusted"):
                await api.list()
    assert len(script.calls) == 1


@pytest.mark.parametrize("name", ["localhost", "gateway.example"])
async def test_a_certificate_of_the_users_is_taken_whatever_its_names(
    tmp_path: Path, name: str
) -> None:
    files = issue(tmp_path, name)
    pair = ServerCertificate(files.certificate, files.certificate, files.key)
    async with serve_as(tmp_path / "home", given(pair)) as (script, layout):
        assert layout.encryption is not None
        assert layout.encryption.known_here == (name == "localhost")
        asked = target.read(target.Flags(), {"EXPOSED_HOME": str(layout.home)})
        async with ServicesApi(asked) as api:
            assert await api.list() == []
    assert len(script.calls) == 1


async def test_another_server_at_the_address_is_refused(tmp_path: Path) -> None:
    wanted = {encryption.WANTED: "1"}
    async with serve_as(tmp_path / "impostor", wanted) as (script, impostor):
        prepare(mine := replace(impostor, home=tmp_path / "mine"))
        async with ServicesApi(mine.target) as api:
            with pytest.raises(ApiError, match="is not trusted"):
                await api.list()
    assert script.calls == []


async def test_its_own_certificate_is_renewed_while_it_runs(tmp_path: Path) -> None:
    layout = read({encryption.WANTED: "1"}, tmp_path / "home")
    prepare(layout)
    trusted = layout.home / "gateway-ca.crt"
    first = trusted.read_text()
    good = (certificate.LIFETIME - certificate.RENEW_BEFORE).total_seconds()
    clock = ManualClock(time.time() + good - 1.5 * encryption.LOOK)
    async with running(encryption.keep(layout.encryption, layout.home, clock)):
        await until(lambda: clock.sleeping, "the first look")
        await clock.advance(encryption.LOOK)
        assert trusted.read_text() == first
        await clock.advance(encryption.LOOK)
    assert trusted.read_text() != first


def test_a_later_run_without_tls_leaves_no_trust_behind(tmp_path: Path) -> None:
    prepare(read({encryption.WANTED: "1"}, tmp_path))
    prepare(read({}, tmp_path))
    asked = target.read(target.Flags(), {"EXPOSED_HOME": str(tmp_path)})
    assert (asked.endpoint, asked.ca) == ("http://127.0.0.1:8080", None)


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({encryption.CERTIFICATE: "x.pem"}, "GATEWAY_TLS_KEY: is missing"),
        ({encryption.KEY: "x.pem"}, "GATEWAY_TLS_CERTIFICATE: is missing"),
        ({encryption.CERTIFICATE: "/no", encryption.KEY: "/no"}, "name a PEM file"),
        ({encryption.WANTED: "perhaps"}, "EXPOSED_TLS: 'perhaps' is not"),
    ],
)
def test_what_cannot_be_used_is_named_before_anything_starts(
    tmp_path: Path, environ: dict[str, str], words: str
) -> None:
    with pytest.raises(SettingsError, match=words):
        read(environ, tmp_path)
