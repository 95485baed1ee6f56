"""The gateway as a process: started, ready, drained. Real processes, sockets and signals."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import stat
from typing import TYPE_CHECKING

import aiohttp
import pytest

from shared.runtime.ports import free_port
from tests.gateway.certificates import issue
from tests.gateway.fake_cluster import TOKEN, Cluster, configmap, endpoint_slice, entry, kubeconfig
from tests.gateway.fake_cluster import serving as cluster_serving
from tests.gateway.processes import App, gateway
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

OWN = "127.0.76.1"
"""An address on which nobody else takes a port that was free a moment ago."""


@pytest.fixture
async def app() -> AsyncIterator[App]:
    async with App.started() as app:
        yield app


@pytest.fixture
async def cluster(app: App) -> AsyncIterator[Cluster]:
    async with cluster_serving() as cluster:
        cluster.put("configmaps", configmap("a", api_port=app.port))
        cluster.put("endpointslices", endpoint_slice("a", entry("127.0.0.1"), port=app.port))
        yield cluster


@pytest.fixture
def config(cluster: Cluster, tmp_path: Path) -> str:
    return kubeconfig(tmp_path, cluster.port)


@pytest.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as client:
        yield client


async def test_from_the_cluster_to_the_pod(
    config: str, cluster: Cluster, client: aiohttp.ClientSession
) -> None:
    async with gateway(config) as process:
        async with client.get(await process.url()) as answer:
            assert await answer.text() == "/system/services/a/exposed"
        async with client.get(await process.admin("/readyz")) as answer:
            assert answer.status == 200
        async with client.get(await process.admin("/metrics")) as answer:
            text = await answer.text()
            key = 'code="200",method="GET",service="a",source="upstream"'
            assert f"gateway_requests_total{{{key}}} 1.0" in text

        cluster.put("configmaps", configmap("b", set_auth=True))
        url = await process.url(service="b")

        async def known() -> bool:
            return await _status(client, url) != 404

        await until(known, "a route to the service")
        assert await _status(client, url) == 401

        process.terminate()
        assert await process.process.wait() == 0


async def test_nobody_is_cut_off_who_can_finish(
    config: str, app: App, client: aiohttp.ClientSession
) -> None:
    async with gateway(config, GATEWAY_DRAIN_GRACE="0.2") as process:
        slow = asyncio.create_task(_text(client, await process.url("/slow")))
        idle = await asyncio.open_connection("127.0.0.1", process.port)
        async with client.ws_connect(await process.url("/ws")) as tunnel:
            await app.arrived.wait()
            process.terminate()
            await process.said("shutting down")
            async with client.get(await process.admin("/readyz")) as answer:
                assert (answer.status, await answer.text()) == (503, "not ready: shutting down\n")
            assert await idle[0].read() == b"", "an idle connection is closed"
            idle[1].close()
            with pytest.raises(aiohttp.ClientConnectionError):
                await _status(client, await process.url())
            await tunnel.send_str("still here")
            assert await tunnel.receive_str() == "still here"
            app.release.set()
            assert await slow == "done"
        assert await process.process.wait() == 0


async def test_what_does_not_finish_is_cut_in_time(
    config: str, app: App, client: aiohttp.ClientSession
) -> None:
    async with gateway(config, GATEWAY_DRAIN_HTTP="0.1", GATEWAY_DRAIN_TUNNELS="2") as process:
        slow = asyncio.create_task(_text(client, await process.url("/slow")))
        async with client.ws_connect(await process.url("/ws")) as tunnel:
            await app.arrived.wait()
            process.terminate()
            with pytest.raises(aiohttp.ClientConnectionError):
                await slow
            await tunnel.send_str("longer")
            assert await tunnel.receive_str() == "longer"
            await process.said("cutting 1 tunnels")
        assert await process.process.wait() == 0
        assert any("cutting 1 requests" in line for line in process.lines)


async def test_a_start_without_the_api_server_waits_and_says_so(
    config: str, cluster: Cluster, client: aiohttp.ClientSession
) -> None:
    cluster.reachable = False
    async with gateway(config) as process:
        await process.said("WARNING.*list configmaps")
        async with client.get(await process.admin("/readyz")) as answer:
            assert answer.status == 503
            assert "API server" in await answer.text()
        async with client.get(await process.admin("/healthz")) as answer:
            assert answer.status == 200
        cluster.reachable = True
        assert await _status(client, await process.url()) == 200


async def test_ready_means_that_clients_can_connect(
    config: str, client: aiohttp.ClientSession
) -> None:
    """A load balancer sends clients from the first 200 on."""
    port = free_port()
    async with gateway(config, GATEWAY_HOST=OWN, GATEWAY_PORT=str(port)) as process:
        ready = await process.admin("/readyz")

        async def is_ready() -> bool:
            with contextlib.suppress(aiohttp.ClientConnectorError):
                return await _status(client, ready) == 200
            return False  # the admin port's turn has not come either

        await until(is_ready, "readiness")
        _, writer = await asyncio.open_connection(OWN, port)
        writer.close()


async def test_the_last_table_serves_when_the_api_server_is_gone(
    config: str, cluster: Cluster, client: aiohttp.ClientSession
) -> None:
    async with gateway(config) as process:
        assert await _status(client, await process.url()) == 200
        cluster.lose()
        await process.said("WARNING.*configmaps")
        assert await _status(client, await process.url()) == 200
        async with client.get(await process.admin("/readyz")) as answer:
            assert answer.status == 200


async def saved(config: str, path: Path) -> None:
    """Let a gateway write its table to `path`, and end."""
    async with gateway(config, GATEWAY_SNAPSHOT=str(path)) as process:
        await process.url()
        await until(path.exists, "the last table")
        process.terminate()
        assert await process.process.wait() == 0


@pytest.mark.parametrize("workers", ["1", "2"])
async def test_the_last_table_serves_a_start_without_the_api_server(
    workers: str, config: str, cluster: Cluster, client: aiohttp.ClientSession, tmp_path: Path
) -> None:
    """Traefik and nginx's ingress controller serve nothing then; Envoy waits for its first
    configuration too."""
    path = tmp_path / "table"
    cluster.put("configmaps", configmap("gone"))
    await saved(config, path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert TOKEN not in path.read_text()

    cluster.lose()
    cluster.delete("configmaps", "gone")
    cluster.put("configmaps", configmap("new", set_auth=True))
    written = path.stat().st_ino
    async with gateway(config, GATEWAY_SNAPSHOT=str(path), GATEWAY_WORKERS=workers) as process:
        for service, status in (("a", 200), ("new", 404)):
            assert await _status(client, await process.url(service=service)) == status
        await process.said("WARNING.*serving the last known table, 2 services, stale since")
        async with client.get(await process.admin("/readyz")) as answer:
            assert answer.status == 200
            assert workers == "2" or "the table is stale" in await answer.text()
        async with client.get(await process.admin("/metrics")) as answer:
            assert "\ngateway_table_stale 1.0\n" in await answer.text()
        async with client.get(await process.admin("/console/state")) as answer:
            assert (await answer.json())["gateway"]["table_stale"] is True
        cluster.reachable = True
        await process.said("the route table is complete: 2 services", times=int(workers))
        for service, status in (("a", 200), ("gone", 404), ("new", 401)):
            assert await _status(client, await process.url(service=service)) == status
        async with client.get(await process.admin("/metrics")) as answer:
            assert "\ngateway_table_stale 0.0\n" in await answer.text()
        await until(lambda: path.stat().st_ino != written, "the true table in the file")


async def test_an_api_server_that_answers_is_believed_before_the_file(
    config: str, cluster: Cluster, client: aiohttp.ClientSession, tmp_path: Path
) -> None:
    await saved(config, tmp_path / "table")
    cluster.delete("configmaps", "a")
    async with gateway(config, GATEWAY_SNAPSHOT=str(tmp_path / "table")) as process:
        assert await _status(client, await process.url()) == 404
        assert not any("last known table" in line for line in process.lines)


async def test_a_file_that_is_no_table_is_told_and_the_start_waits(
    config: str, cluster: Cluster, client: aiohttp.ClientSession, tmp_path: Path
) -> None:
    path = tmp_path / "table"
    path.write_text("{}")
    cluster.reachable = False
    async with gateway(config, GATEWAY_SNAPSHOT=str(path)) as process:
        await process.said("ERROR.*is not used.*GATEWAY_SNAPSHOT")
        async with client.get(await process.admin("/readyz")) as answer:
            assert answer.status == 503
        cluster.reachable = True
        assert await _status(client, await process.url()) == 200


async def test_a_silent_api_server_is_not_waited_for(
    config: str, client: aiohttp.ClientSession, tmp_path: Path
) -> None:
    """It accepts connections and says nothing, as behind a balancer without a server."""
    await saved(config, tmp_path / "table")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        (tmp_path / "elsewhere").mkdir()
        elsewhere = kubeconfig(tmp_path / "elsewhere", silent.getsockname()[1])
        async with gateway(elsewhere, GATEWAY_SNAPSHOT=str(tmp_path / "table")) as process:
            assert await _status(client, await process.url()) == 200


async def test_tls_and_cross_origin_pages(
    config: str, tmp_path: Path, client: aiohttp.ClientSession
) -> None:
    files = issue(tmp_path, "localhost")
    async with gateway(
        config,
        GATEWAY_TLS_CERTIFICATE=str(files.certificate),
        GATEWAY_TLS_KEY=str(files.key),
        GATEWAY_CORS_ORIGINS="https://ui.example",
    ) as process:
        url = (await process.url()).replace("http://127.0.0.1", "https://localhost")
        trust = ssl.create_default_context(cafile=files.certificate)
        headers = {"Origin": "https://ui.example", "Access-Control-Request-Method": "PUT"}
        async with client.options(url, headers=headers, ssl=trust) as answer:
            assert answer.headers["Access-Control-Allow-Origin"] == "https://ui.example"
        async with client.get(
            url, headers={"Origin": "https://other.example"}, ssl=trust
        ) as answer:
            assert answer.status == 200
            assert "Access-Control-Allow-Origin" not in answer.headers


async def test_the_port_of_tls_bounds_handshakes_and_answers_plain_http(
    config: str, tmp_path: Path, client: aiohttp.ClientSession
) -> None:
    files = issue(tmp_path, "localhost")
    async with gateway(
        config,
        GATEWAY_TLS_CERTIFICATE=str(files.certificate),
        GATEWAY_TLS_KEY=str(files.key),
        GATEWAY_HEAD_TIME="1",
    ) as process:
        url = await process.url()
        async with client.get(url) as answer:
            assert (answer.status, answer.headers["X-Gateway-Error"]) == (400, "plain_http")
            assert url.replace("http://", "https://") in (await answer.json())["remedy"]
        for beginning in (b"", b"\x16\x03\x01"):
            reader, writer = await asyncio.open_connection("127.0.0.1", process.port)
            writer.write(beginning)
            assert await asyncio.wait_for(reader.read(), 20) == b""
            writer.close()

        async def nobody() -> bool:
            async with client.get(await process.admin("/metrics")) as answer:
                return "\ngateway_connections 0.0\n" in await answer.text()

        await until(nobody, "an end of all connections")


async def crowd(port: int, count: int) -> list[socket.socket]:
    """So many connections that say nothing, whatever becomes of them; the kernel accepts them."""
    made = []
    for _ in range(count):
        sock = socket.socket()
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", port))
        made.append(sock)
    return made


@pytest.mark.parametrize("most", ["auto", "0"])
@pytest.mark.parametrize("tls", [False, True])
async def test_a_full_gateway_answers_its_probes(
    most: str, tls: bool, config: str, tmp_path: Path, client: aiohttp.ClientSession
) -> None:
    """The kubelet would kill it, and all that it carries. By default there are fewer clients than
    descriptors; with no limit, accepting rests."""
    files = issue(tmp_path, "localhost")
    async with gateway(
        config,
        descriptors=128,
        GATEWAY_MAX_CONNECTIONS=most,
        GATEWAY_TLS_CERTIFICATE=str(files.certificate) if tls else "",
        GATEWAY_TLS_KEY=str(files.key) if tls else "",
    ) as process:
        await process.url()
        crowded = await crowd(process.port, 300)
        if most == "0":
            await process.said("WARNING.*any number of clients.*RLIMIT_NOFILE")
            await process.said("ERROR.*descriptors run out .128 allowed.*accepting nobody")
        if most == "auto":
            async with client.get(await process.admin("/metrics")) as answer:
                assert "\ngateway_connections_limit 44.0\n" in await answer.text()
        for path in ("/healthz", "/readyz", "/metrics", "/load", "/"):
            async with (
                aiohttp.ClientSession() as fresh,
                fresh.get(await process.admin(path)) as answer,
            ):
                assert answer.status == 200, path
        if not tls:  # those who are there still reach their pod
            loop = asyncio.get_running_loop()
            head = b"GET /system/services/a/exposed/ HTTP/1.1\r\nHost: h\r\n\r\n"
            await loop.sock_sendall(crowded[0], head)
            assert (await loop.sock_recv(crowded[0], 64)).startswith(b"HTTP/1.1 200 ")
        for sock in crowded:
            sock.close()
        if most == "0":
            await process.said("accepting clients")
        if not tls:
            url = await process.url()

            async def served() -> bool:
                return await _status(client, url) == 200

            await until(served, "room when the crowd has left")


async def test_a_new_certificate_is_served_within_a_second(config: str, tmp_path: Path) -> None:
    """Seen by new handshakes of a running gateway."""
    files = issue(tmp_path, "localhost")
    async with gateway(
        config,
        GATEWAY_TLS_CERTIFICATE=str(files.certificate),
        GATEWAY_TLS_KEY=str(files.key),
    ) as process:
        await process.url()
        assert b"localhost" in await _presented(process.port)
        issue(tmp_path, "second.example")
        await process.said("serving a new certificate")
        assert b"second.example" in await _presented(process.port)


async def test_a_taken_port_is_named_with_its_setting(config: str, app: App) -> None:
    async with gateway(config, GATEWAY_PORT=str(app.port)) as process:
        assert await process.process.wait() == 1
        await process.said(f"cannot listen on 127.0.0.1:{app.port}.*GATEWAY_PORT")


async def test_no_cluster_at_all_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    async with gateway(str(tmp_path / "none")) as process:
        assert await process.process.wait() == 1
        await process.said("cannot start.*KUBECONFIG")


async def test_the_access_log_names_the_request_and_no_token(
    config: str, client: aiohttp.ClientSession
) -> None:
    async with gateway(config, GATEWAY_ACCESS_LOG="all") as process:
        await _status(client, await process.url(f"/?token={TOKEN}"))
        await process.said('"service":"a","method":"GET".*token=REDACTED.*"status":200')
        assert not any(TOKEN in line for line in process.lines)


async def _presented(port: int) -> bytes:
    """The certificate that a new handshake meets."""
    trusting = ssl.create_default_context()
    trusting.check_hostname = False
    trusting.verify_mode = ssl.CERT_NONE
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trusting)
    der: bytes = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.close()
    return der


async def _status(client: aiohttp.ClientSession, url: str) -> int:
    async with client.get(url) as answer:
        return answer.status


async def _text(client: aiohttp.ClientSession, url: str) -> str:
    async with client.get(url) as answer:
        return await answer.text()
