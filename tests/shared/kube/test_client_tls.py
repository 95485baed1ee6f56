"""The client over TLS: authorities of a kubeconfig, and a pod's service account."""

from __future__ import annotations

import base64
import json
import ssl
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from kubernetes_asyncio.config import incluster_config

from shared.embedded.access.certificate import ServerCertificate, obtain
from shared.kube import errors
from shared.kube.client import KubeClient
from shared.kube.resources import CONFIGMAPS
from tests.shared.kube.scripted import Script, item, kubeconfig, says, serve


@pytest.fixture
def certificate(tmp_path: Path) -> ServerCertificate:
    return obtain(tmp_path / "pki", time.time())


@pytest.fixture
async def secure(certificate: ServerCertificate) -> AsyncIterator[Script]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.certificate, certificate.key)
    async with serve(Script(otherwise=says(item("a"))), context) as script:
        yield script


async def read(folder: Path, script: Script, **cluster: Any) -> dict[str, Any]:
    config = kubeconfig(f"https://127.0.0.1:{script.port}")
    config["clusters"][0]["cluster"] |= cluster
    path = folder / "kubeconfig"
    path.write_text(json.dumps(config))
    async with KubeClient.open(field_manager="t", kubeconfig=str(path)) as kube:
        return await kube.get(CONFIGMAPS, "a", "ns")


async def test_the_authority_may_be_a_file_or_data(
    secure: Script, certificate: ServerCertificate, tmp_path: Path
) -> None:
    data = base64.b64encode(certificate.authority.read_bytes()).decode()
    for name, value in (
        ("certificate-authority", str(certificate.authority)),
        ("certificate-authority-data", data),
    ):
        assert await read(tmp_path, secure, **{name: value}) == item("a")


async def test_a_server_of_another_authority_is_refused(secure: Script, tmp_path: Path) -> None:
    other = obtain(tmp_path / "other", time.time())
    for cluster in ({}, {"certificate-authority": str(other.authority)}):
        with pytest.raises(errors.Unreachable, match=r"(?i)certificate"):
            await read(tmp_path, secure, **cluster)
    assert secure.calls == []


async def test_verification_is_skipped_only_when_told_so(secure: Script, tmp_path: Path) -> None:
    assert await read(tmp_path, secure, **{"insecure-skip-tls-verify": True}) == item("a")


async def test_a_pod_uses_its_service_account(
    secure: Script,
    certificate: ServerCertificate,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    token = tmp_path / "token"
    token.write_text("of-the-pod\n")
    monkeypatch.setattr(incluster_config, "SERVICE_TOKEN_FILENAME", str(token))
    monkeypatch.setattr(incluster_config, "SERVICE_CERT_FILENAME", str(certificate.authority))
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "127.0.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", str(secure.port))
    async with KubeClient.open(field_manager="t") as kube:
        assert await kube.get(CONFIGMAPS, "a", "ns") == item("a")
    assert secure.calls[0].headers["authorization"] == "Bearer of-the-pod"
