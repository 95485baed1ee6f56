from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from shared.kube.client import KubeClient
from tests.shared.kube.scripted import Script, kubeconfig_file, serve


@pytest.fixture
async def api() -> AsyncIterator[Script]:
    async with serve(Script()) as script:
        yield script


@pytest.fixture
def config_file(tmp_path: Path) -> Callable[..., str]:
    """Writes a kubeconfig for a URL and a user; returns its path."""

    def write(url: str, **user: Any) -> str:
        return kubeconfig_file(tmp_path, url, **user)

    return write


@pytest.fixture
async def kube(api: Script, config_file: Callable[..., str]) -> AsyncIterator[KubeClient]:
    async with KubeClient.open(field_manager="tester", kubeconfig=config_file(api.url)) as kube:
        yield kube
