"""A cluster that the gateway under test watches: a small Kubernetes API over HTTP."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, Self

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

    def fill(self, services: int, name: str, token: str, addresses: list[str], port: int) -> None:
        """Service `name`, and as many others as make `services` in all."""
        for number in range(services - 1):
            self._define(f"other-{number}", token, addresses, port)
        self._define(name, token, addresses, port)

    def place(self, name: str, port: int, serving: list[str], leaving: list[str]) -> None:
        """Change the endpoints of a service: `leaving` are still there, but terminating."""
        gone: dict[str, Any] = {"ready": False, "serving": True, "terminating": True}
        entries = [objects.entry(address) for address in serving]
        entries += [objects.entry(address, **gone) for address in leaving]
        self._api.put("endpointslices", objects.endpoint_slice(name, *entries, port=port))

    def _define(self, name: str, token: str, addresses: list[str], port: int) -> None:
        self._api.put("configmaps", objects.configmap(name, token=token, set_auth=True))
        self.place(name, port, addresses, [])
