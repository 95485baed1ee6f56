"""Descriptors run short: nobody is accepted, everybody waits, and others go first."""

from __future__ import annotations

import asyncio
import errno
import os
from typing import TYPE_CHECKING

import pytest

from gateway.net.descriptors import Descriptors, present
from gateway.net.tls import Certificate, CertificateFiles
from gateway.services.spec import ServiceSpec
from tests.gateway.certificates import issue
from tests.gateway.dataplane.test_handshake import through_tls
from tests.gateway.harness import Pod, Rig, Wire, echo, get, rig
from tests.tasks import running

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> CertificateFiles:
    return issue(tmp_path_factory.mktemp("tls"), "localhost")


def leave(descriptors: Descriptors, count: int) -> None:
    """Let `count` more descriptors be used before the reserve begins."""
    free = os.dup(0)
    os.close(free)
    descriptors.crowd = descriptors.ceiling = free + count
    descriptors.few = 0


async def resting(r: Rig, connect: Callable[[], Awaitable[Wire]]) -> list[Wire]:
    """Connect clients until one is not accepted; that one is the last."""
    leave(r.gateway.context.descriptors, 8)
    wires = [await connect()]
    while not r.gateway.context.descriptors.short.is_set():
        wires.append(await connect())
        await asyncio.sleep(0.005)
    await r.until(lambda: r.stats.rests == 1)
    wires.append(await r.connect())
    return wires


@pytest.mark.parametrize("tls", [False, True])
async def test_who_comes_meanwhile_waits_and_is_served(
    tls: bool, files: CertificateFiles, caplog: pytest.LogCaptureFixture
) -> None:
    """As HAProxy at `maxconn`. libuv would close what it has no descriptor for."""
    caplog.set_level("INFO")
    certificate = Certificate(files)
    secured = (lambda: certificate.context) if tls else None
    descriptors = Descriptors(present())
    pod = await Pod(echo).start()
    async with (
        rig(pod, secured=secured, descriptors=descriptors) as r,
        running(r.gateway.attend()),
    ):
        *wires, last = await resting(r, (lambda: through_tls(r)) if tls else r.connect)
        accepted = r.stats.connections_accepted
        await last.send(get())
        await asyncio.sleep(0.15)
        assert r.stats.connections_accepted == accepted, "not while there is none"
        assert "RLIMIT_NOFILE" in caplog.text
        for wire in wires:
            await wire.close()
        assert (await last.response()).status == (400 if tls else 200)
        assert caplog.text.count("descriptors run out") == 1
        assert caplog.text.count("accepting clients") == 1


async def test_idle_connections_to_pods_make_room_for_another() -> None:
    """nginx closes connections that are kept when it has no others, too."""
    one, other = await Pod(echo).start(), await Pod(echo).start()
    descriptors = Descriptors(present())
    async with rig(one, other, descriptors=descriptors) as r:
        r.services.locate("echo", [one.endpoint])
        r.services.define([ServiceSpec("other")])
        r.services.locate("other", [other.endpoint])
        wire = await r.connect()
        await wire.send(get())
        assert (await wire.response()).status == 200
        leave(descriptors, 0)
        await wire.send(get().replace(b"/echo/", b"/other/"))
        assert (await wire.response()).status == 200
        await r.until(lambda: not one.open)


async def test_a_request_that_finds_no_descriptor_is_refused() -> None:
    pod = await Pod(echo).start()
    descriptors = Descriptors(present())
    async with rig(pod, descriptors=descriptors) as r:
        leave(descriptors, 0)
        wire = await r.connect()
        await wire.send(get())
        answer = await wire.response()
        assert answer.fields[b"x-gateway-error"] == b"gateway_exhausted"
        assert os.strerror(errno.EMFILE).encode() in answer.body
        assert not pod.connections
        leave(descriptors, 100)
        assert (await r.ask(get())).status == 200
