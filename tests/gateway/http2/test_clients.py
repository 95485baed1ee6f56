"""Clients that people use, against a gateway that speaks HTTP/2 with them."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import ssl
from typing import TYPE_CHECKING

import grpc
import grpc.aio
import httpx
import pytest

from gateway.net.tls import Certificate
from tests.gateway.certificates import issue
from tests.gateway.harness import DIGEST, PREFIX, TOKEN, Pod, Rig, Wire, echo, rig

if TYPE_CHECKING:
    from pathlib import Path

UPLOAD = 5_000_000


async def run(*command: str) -> str:
    """What a command prints; it must succeed."""
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0, err
    return out.decode("utf-8", "replace")


def url(r: Rig, path: str = "/", scheme: str = "http") -> str:
    return f"{scheme}://localhost:{r.port}{PREFIX.decode()}{path}"


async def measuring(wire: Wire) -> None:
    """Say how long each request's body was."""
    while True:
        request = await wire.request()
        said = json.dumps({"size": len(request.body)}).encode()
        await wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(said), said))


WRITE_OUT = "%{http_version} %{http_code} "


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl; apt-get install curl")
async def test_curl_by_prior_knowledge(tmp_path: Path) -> None:
    large = tmp_path / "large"
    large.write_bytes(os.urandom(UPLOAD))
    async with rig(await Pod(measuring).start()) as r:
        curl = ("curl", "-sS", "-w", WRITE_OUT, "--http2-prior-knowledge")
        assert await run(*curl, url(r)) == '{"size": 0}2 200 '
        assert await run(*curl, "-T", str(large), url(r)) == f'{{"size": {UPLOAD}}}2 200 '
        chunked = ("-T", str(large), "-H", "Transfer-Encoding: chunked")
        assert await run(*curl, *chunked, url(r)) == f'{{"size": {UPLOAD}}}2 200 '


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl; apt-get install curl")
async def test_curl_through_tls(tmp_path: Path) -> None:
    files = issue(tmp_path, "localhost")
    certificate = Certificate(files)
    async with rig(await Pod(measuring).start(), secured=lambda: certificate.context) as r:
        curl = ("curl", "-sS", "-w", WRITE_OUT, "--cacert", str(files.certificate))
        asked = url(r, scheme="https")
        twice = await run(*curl, "--http2", "-d", "hello", asked, asked)
        assert twice == 2 * '{"size": 5}2 200 '
        assert r.stats.connections_accepted == 1
        assert await run(*curl, "--http1.1", asked) == '{"size": 0}1.1 200 '


async def test_httpx_with_many_requests_at_once(tmp_path: Path) -> None:
    files = issue(tmp_path, "localhost")
    certificate = Certificate(files)
    trusting = ssl.create_default_context(cafile=str(files.certificate))
    body = os.urandom(300_000)
    async with (
        rig(await Pod(echo).start(), secured=lambda: certificate.context) as r,
        httpx.AsyncClient(http2=True, verify=trusting, trust_env=False, timeout=30) as client,
    ):
        asked = url(r, scheme="https")
        answers = await asyncio.gather(
            *(client.post(f"{asked}{number}", content=body) for number in range(50)),
            *(client.get(f"{asked}{number}") for number in range(50)),
        )
        assert {one.http_version for one in answers} == {"HTTP/2"}
        assert all(one.content.endswith(body) for one in answers[:50])
        assert all(one.status_code == 200 for one in answers)
        assert r.stats.connections_accepted == 1


@pytest.mark.parametrize(
    ("service", "given", "code"),
    [
        ("echo", "", grpc.StatusCode.UNAUTHENTICATED),
        ("echo", TOKEN, grpc.StatusCode.UNAVAILABLE),
        ("nobody", TOKEN, grpc.StatusCode.UNIMPLEMENTED),
    ],
)
async def test_grpc_hears_why_a_call_is_refused(
    service: str, given: str, code: grpc.StatusCode
) -> None:
    async with rig(digest=DIGEST, set_auth=True) as r:
        pod = await Pod(echo).start()
        await pod.stop()
        r.services.locate("echo", [pod.endpoint])
        async with grpc.aio.insecure_channel(f"127.0.0.1:{r.port}") as channel:
            call: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(
                f"/system/services/{service}/exposed/test.Test/Call"
            )
            metadata = [("authorization", f"Bearer {given}")] if given else []
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await call(b"hello", metadata=metadata, timeout=20)
        assert refused.value.code() == code
        assert refused.value.details()
