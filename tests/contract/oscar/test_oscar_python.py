"""oscar-python as it is on PyPI, unmodified: its calls that concern exposed services, and those to
which this product answers 501."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
from aiohttp.test_utils import TestClient
from oscar_python.client import Client

from shared.embedded import kinds
from tests.gateway.management.cluster import NS, Cluster

FDL = """\
functions:
  oscar:
  - cluster:
      name: ocr
      image: registry/ocr:1
      cpu: 0.5
      memory: 1Gi
      script: start.sh
      expose:
        api_port: 5000
        set_auth: true
"""


@pytest.fixture
def client(api: TestClient[Any, Any]) -> Client:
    endpoint = str(api.make_url("/")).rstrip("/")
    return Client(
        {
            "cluster_id": "cluster",
            "endpoint": endpoint,
            "user": "oscar",
            "password": "secret",
            "ssl": False,
        }
    )


@pytest.fixture
def fdl(tmp_path: Path) -> str:
    (tmp_path / "start.sh").write_text("exec python server.py\n")
    path = tmp_path / "ocr.yaml"
    path.write_text(FDL)
    return str(path)


async def call(method: Callable[..., requests.Response], *args: Any, **kwargs: Any) -> Any:
    """The library blocks, so it runs in a thread of its own."""
    return await asyncio.to_thread(method, *args, **kwargs)


async def test_what_it_asks_of_the_cluster(client: Client) -> None:
    assert (await call(client.get_cluster_info)).json()["version"].startswith("v4.")
    assert (await call(client.get_cluster_config)).json()["minio_provider"]["endpoint"] == ""
    assert (await call(client.get_cluster_status)).json()["cluster"]["nodes"] == []
    assert (await call(client.health_check)).text == "Ok"


async def test_the_life_of_a_service(client: Client, cluster: Cluster, fdl: str) -> None:
    assert (await call(client.list_services)).json() == []
    assert (await call(client.create_service, fdl)).status_code == 201
    with pytest.raises(ValueError, match="already present"):
        await call(client.create_service, fdl)

    service = (await call(client.get_service, "ocr")).json()
    assert (service["cpu"], service["script"]) == ("0.5", "exec python server.py\n")
    assert service["expose"]["api_port"] == [5000]
    assert (await call(client.list_services)).json() == [service]

    assert (await call(client.update_service, "ocr", service | {"image": "two"})).status_code == 204
    assert cluster.container("ocr")["image"] == "two"
    assert (await call(client.update_service, "ocr", fdl)).status_code == 204
    assert (await call(client.get_service, "ocr")).json()["token"] == service["token"]

    assert (await call(client.remove_service, "ocr")).status_code == 204
    with pytest.raises(requests.HTTPError, match="404"):
        await call(client.get_service, "ocr")
    with pytest.raises(ValueError, match="not present"):
        await call(client.update_service, "ocr", fdl)


async def test_states_and_logs(client: Client, cluster: Cluster, fdl: str) -> None:
    await call(client.create_service, fdl)
    assert (await call(client.get_deployment_status, "ocr")).json()["state"] == "pending"
    pod: dict[str, Any] = {
        "metadata": {"name": "ocr-1", "labels": {"app": "oscar-svc-exp-ocr"}},
        "spec": {"containers": [{"name": "oscar-container", "image": "i"}]},
    }
    cluster.api.create(kinds.POD, pod, NS, manager="test")
    cluster.logs["ocr-1"] = "2026-01-01T00:00:01Z listening\n"
    logs = (await call(client.get_deployment_logs, "ocr")).json()
    assert logs["entries"] == [{"message": "listening"}]
    assert list((await call(client.list_jobs, "ocr")).json()["jobs"]) == ["ocr-1"]
    assert "listening" in (await call(client.get_job_logs, "ocr", "ocr-1")).text


async def test_a_wrong_definition_is_explained(client: Client) -> None:
    with pytest.raises(requests.HTTPError) as caught:
        await call(client.create_service, {"name": "ocr", "image": "i", "expose": {"api_port": 1}})
    response: Any = caught.value.response
    assert (response.status_code, "script: is missing" in response.text) == (400, True)


async def test_its_storage_client_begins(client: Client, fdl: str) -> None:
    """It reads the providers of a service, and the default one of the cluster."""
    await call(client.create_service, fdl)
    storage = await asyncio.to_thread(client.create_storage_client, "ocr")
    assert storage.storage_providers["minio"]["default"]["access_key"] == ""


@pytest.mark.parametrize(
    ("method", "args"),
    [
        ("run_service", ("ocr",)),
        ("remove_all_jobs", ("ocr",)),
        ("list_volumes", ()),
        ("create_volume", ("v", "1Gi")),
        ("list_buckets", ()),
        ("create_bucket", ("b",)),
        ("get_system_logs", ()),
        ("get_metrics_summary", ()),
        ("get_own_quota", ()),
        ("get_federation", ("ocr",)),
        ("add_federation_members", ("ocr", [])),
    ],
)
async def test_what_is_not_here_says_so(client: Client, method: str, args: tuple[Any, ...]) -> None:
    keywords = {"input": "text", "token": "0" * 64} if method == "run_service" else {}
    with pytest.raises(requests.HTTPError) as caught:
        await call(getattr(client, method), *args, **keywords)
    response: Any = caught.value.response
    assert (response.status_code, "This is Exposed Services" in response.text) == (501, True)
