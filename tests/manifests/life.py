"""The life of a service, in steps that make the three programs use every right they have.

Each step ends when what it is for has been asked of the API server. Steps that take long are in
`tests/operations/test_rights_life.py`.
"""

from __future__ import annotations

import base64
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import aiohttp

from shared.kube.client import KubeClient
from shared.kube.errors import NotFound
from shared.kube.resources import DEPLOYMENTS, HPAS, SERVICES
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from shared.kube.resources import Resource
    from shared.service.objects import Obj
    from tests.manifests.conftest import Recorder
    from tests.manifests.processes import Programs

BUSY = '(while :; do :; done) & exec python -m http.server "$PORT" --bind "$HOST"'
"""A service that takes what CPU it can get, always more than 5 % of what it asked for."""
NONSENSE = "defaults: {policy: nonsense}\n"
RIVAL: dict[str, Any] = {
    "metadata": {"name": "rival"},
    "spec": {
        "maxReplicas": 2,
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "busy-dlp"},
    },
}


def definition(size: str = "1Gi", **expose: Any) -> dict[str, Any]:
    port = {"api_port": 8000, "min_scale": 1, "cpu_threshold": 5, **expose}
    volume = {"size": size, "mount_path": "/data"}
    body = {"name": "busy", "image": "local", "cpu": "1", "script": BUSY, "volume": volume}
    return {**body, "expose": port}


@dataclass
class Life:
    """`kube` is the administrator's; `session` calls the services API as the owner of `space`."""

    programs: Programs
    recorder: Recorder
    kube: KubeClient
    session: aiohttp.ClientSession
    space: str = "oscar-svc"

    async def call(self, method: str, path: str = "/services", **kw: Any) -> str:
        """One call of the services API; its answer's text."""
        async with self.session.request(method, self.programs.api + path, **kw) as answer:
            text = await answer.text()
            assert answer.status < 300, text
            return text

    async def began(self) -> None:
        """A service with all that one can have is made, read, and grows."""
        secret = {"environment": {"secrets": {"KEY": "x"}}}
        await self.call("POST", json=definition(max_scale=2) | secret)
        await self.call("GET", params={"include": "deployment"})
        await self.recorder.until("scaler", "patch", "deployments/scale")
        await self.recorder.until("scaler", "create", "events", self.space)
        await self.call("GET", "/services/busy/deployment/logs")
        await self.call("GET", "/services/busy/description")

    async def shrank(self) -> None:
        """It has a larger volume and no secrets, and fewer pods."""
        await self.call("PUT", json=definition("2Gi", max_scale=1))

        async def one() -> bool:
            return bool((await self.deployment())["spec"]["replicas"] == 1)

        await until(one, "it shrinks", 90, period=0.1)

    async def was_meddled_with(self) -> None:
        """What others change is found out and put right; what repeats becomes a series."""
        await self.kube.scale("busy-dlp", 3, self.space, resource_version=None)
        await self.recorder.until("scaler", "get", "deployments")
        before = await self.kube.get(SERVICES, "busy-svc", self.space)
        await self.kube.delete(SERVICES, "busy-svc", self.space)
        await until(lambda: self.another(SERVICES, before), "the Service is restored")
        for _ in range(2):
            await self._spoilt()
        await self.recorder.until("management", "create", "events", self.space)
        await self.recorder.until("management", "patch", "events", self.space)

    async def had_a_rival(self) -> None:
        """An autoscaler comes, goes and comes: the scaler says the same of it twice."""
        for _ in range(2):
            await self.kube.create(HPAS, RIVAL, self.space)
            await until(lambda: self.standing("rival-autoscaler"), "a rival is seen", 90, 0.1)
            await self.kube.delete(HPAS, "rival", self.space)
            await until(lambda: self.standing("active"), "scaling goes on", 90, 0.1)
        await self.recorder.until("scaler", "patch", "events", self.space)

    async def was_configured_badly(self) -> None:
        """The scaler's file has the same mistake twice."""
        path = self.programs.scaler_config
        good = path.read_text()
        for text in (NONSENSE, good, NONSENSE, good):
            path.write_text(text)
            await until(partial(self._configured, text == good), "it is read", 90, 0.05)
        await self.recorder.until("scaler", "create", "events", "oscar")
        await self.recorder.until("scaler", "patch", "events", "oscar")

    async def ended(self) -> None:
        """It is stopped, loses what it had, and goes."""
        await self.call("POST", "/services/busy/stop")
        plain = definition("2Gi")
        del plain["expose"]
        await self.call("PUT", json=plain)
        await self.call("DELETE", "/services/busy")
        for account in ("scaler", "management"):
            await self.recorder.until(account, "update", "leases")

    async def deployment(self, name: str = "busy-dlp") -> Obj:
        return await self.kube.get(DEPLOYMENTS, name, self.space)

    async def another(self, resource: Resource, before: Obj) -> bool:
        """Whether there is an object of the same name in place of `before`."""
        try:
            now = await self.kube.get(resource, before["metadata"]["name"], self.space)
        except NotFound:
            return False
        return bool(now["metadata"]["uid"] != before["metadata"]["uid"])

    async def standing(self, wanted: str) -> bool:
        """Whether the scaler says that of the service."""
        url = f"http://127.0.0.1:{self.programs.ports['scaler']}/decisions"
        async with self.session.get(url, headers={"Authorization": ""}) as answer:
            return bool((await answer.json()).get("busy", {}).get("standing") == wanted)

    async def _configured(self, well: bool) -> bool:
        url = f"http://127.0.0.1:{self.programs.ports['scaler']}/metrics"
        async with self.session.get(url, headers={"Authorization": ""}) as answer:
            return f"scaler_config_valid {float(well)}" in await answer.text()

    async def _spoilt(self) -> None:
        """Somebody has the Service lead elsewhere, until it is put right."""
        port = {"op": "replace", "path": "/spec/ports/0/targetPort", "value": 9}
        await self.kube.patch(SERVICES, "busy-svc", [port], self.space, kind="json")

        async def right() -> bool:
            now = await self.kube.get(SERVICES, "busy-svc", self.space)
            return bool(now["spec"]["ports"][0]["targetPort"] != 9)

        await until(right, "the Service is put right", 90, period=0.1)


@asynccontextmanager
async def life(home: Path, recorder: Recorder, programs: Programs) -> AsyncIterator[Life]:
    """One that begins."""
    word = base64.b64encode(b"admin:secret").decode()
    async with AsyncExitStack() as stack:
        kube = await stack.enter_async_context(
            KubeClient.open(field_manager="kubectl", kubeconfig=str(home / "kubeconfig"))
        )
        session = await stack.enter_async_context(
            aiohttp.ClientSession(headers={"Authorization": f"Basic {word}"})
        )
        yield Life(programs, recorder, kube, session)
