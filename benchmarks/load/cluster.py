"""A cluster that the gateway under test watches: a small Kubernetes API over HTTP."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, Self

from benchmarks.load.proxies.setup import LOCKED, OPEN, TOKEN
from tests.gateway import fake_cluster as objects

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


class Cluster:
    """ConfigMaps and EndpointSlices; the gateway lists and watches them as in real use."""

    def __init__(self, api: objects.Cluster, kubeconfig: str) -> None:
        self._api = api
        self.kubeconfig = kubeconfig

    @classmethod
    @contextlib.asynccontextmanager
    async def started(cls, folder: Path) -> AsyncIterator[Self]:
        async with objects.serving() as api:
            yield cls(api, objects.kubeconfig(folder, api.port))

    def fill(self, addresses: list[str], port: int, services: int = 0) -> None:
        """The two services that are measured, and `services` others."""
        names = [*(f"other-{number}" for number in range(services)), OPEN, LOCKED]
        for name in names:
            definition = objects.configmap(name, token=TOKEN, set_auth=name == LOCKED)
            self._api.put("configmaps", definition)
            self.place(name, port, addresses, [])

    def place(self, name: str, port: int, serving: list[str], leaving: list[str]) -> None:
        """Change the endpoints of a service: `leaving` are still there, but terminating."""
        gone: dict[str, Any] = {"ready": False, "serving": True, "terminating": True}
        entries = [objects.entry(address) for address in serving]
        entries += [objects.entry(address, **gone) for address in leaving]
        self._api.put("endpointslices", objects.endpoint_slice(name, *entries, port=port))
