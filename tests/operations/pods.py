"""Our programs as pods of an embedded cluster, from the manifests that operators apply.

`overlay` says what must differ there. Two things that a cluster has are stood in for: the proxy of
Services (`balancer`), and the names of a headless Service (`follow`).
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
import sys
import sysconfig
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import aiohttp
import yaml

from shared.embedded.node.nodeport import backends
from shared.kube.client import KubeClient
from shared.kube.errors import Unreachable
from shared.kube.resources import CONFIGMAPS, ENDPOINTSLICES, PODS
from tests.operations.balancer import Balancer, balancing
from tests.operations.cluster import embedded
from tests.tasks import running
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from shared.service.objects import Obj

HERE: Final = Path(__file__).parent
ROOT: Final = HERE.parents[1]
KUBECTL: Final = Path(sysconfig.get_path("scripts")) / "kubectl"
EXPOSED: Final = Path(sys.executable).parent / "exposed"
CREDENTIALS: Final = "admin:a-long-password"
SYSTEM: Final = "oscar"
PROGRAMS: Final = ("gateway", "management", "scaler")
LOOK: Final = 0.05
"""Seconds between two looks at where gateways are."""


@dataclass(frozen=True, slots=True)
class Installed:
    """An installation; `kube` is the administrator's, `balancers` are those of Services."""

    home: Path
    kube: KubeClient
    balancers: dict[str, Balancer]

    @property
    def url(self) -> str:
        """The gateways, behind the proxy of Service `gateway`."""
        return f"http://{self.balancers['gateway'].address}"

    def exposed_url(self, service: str, path: str = "") -> str:
        return f"{self.url}/system/services/{service}/exposed/{path}"

    async def kubectl(self, *arguments: str, given: str = "") -> str:
        """What kubectl prints; it must succeed."""
        environ = {**os.environ, "KUBECONFIG": str(self.home / "kubeconfig")}
        return await _ran(KUBECTL, *arguments, given=given, environ=environ)

    async def exposed(self, *arguments: str) -> str:
        """What our command line prints, asked through the gateways."""
        file = self.home / "administrator"
        file.write_text(CREDENTIALS)
        file.chmod(0o600)
        asked = (*arguments, "--endpoint", self.url, "--credentials", str(file))
        return await _ran(EXPOSED, *asked, environ=dict(os.environ))

    async def rolled(self, program: str) -> None:
        """Replace all pods of a program, and return when only the new ones are there."""
        before = await self._uids(program)
        await self.kubectl("rollout", "restart", f"deployment/{program}", "-n", SYSTEM)
        await self.settled(program)

        async def gone() -> bool:
            return not before & await self._uids(program)

        await until(gone, f"the old pods of {program} are gone", 120, period=0.2)

    async def settled(self, program: str) -> None:
        status = ("rollout", "status", f"deployment/{program}", "-n", SYSTEM)
        await self.kubectl(*status, "--timeout=170s")

    async def pods(self, program: str) -> list[Obj]:
        """Those that are not about to go."""
        listed = await self.kube.list(PODS, SYSTEM, labels=f"app.kubernetes.io/name={program}")
        return [pod for pod in listed["items"] if "deletionTimestamp" not in pod["metadata"]]

    async def _uids(self, program: str) -> set[str]:
        """Of all pods, also those that are about to go."""
        listed = await self.kube.list(PODS, SYSTEM, labels=f"app.kubernetes.io/name={program}")
        return {pod["metadata"]["uid"] for pod in listed["items"]}

    async def addresses(self, service: str, port: str) -> list[tuple[str, int]]:
        """The endpoints of a Service that a proxy would use."""
        return backends(await self._slices(service), port)

    async def follow(self) -> None:
        """Tell the scaler for ever where the gateways are, as a name server would."""
        told: list[str] = []
        while True:
            with suppress(Unreachable):  # the next look finds it
                told = await self._tell(told)
            await asyncio.sleep(LOOK)

    async def _tell(self, told: list[str]) -> list[str]:
        slices = await self._slices("gateway-metrics")
        ends = [end for each in slices for end in each.get("endpoints") or ()]
        ready = [end for end in ends if end["conditions"].get("ready")]
        there = sorted({host for end in ready for host in end["addresses"]})
        if not there or there == told:
            return told
        text = yaml.safe_dump({"gateways": [f"http://{host}:8081" for host in there]})
        body = {"data": {"config.yaml": text}}
        await self.kube.patch(CONFIGMAPS, "scaler-config", body, SYSTEM)
        return there

    async def _slices(self, service: str) -> list[Obj]:
        selector = f"kubernetes.io/service-name={service}"
        items: list[Obj] = (await self.kube.list(ENDPOINTSLICES, SYSTEM, labels=selector))["items"]
        return items


@asynccontextmanager
async def installed(folder: Path) -> AsyncIterator[Installed]:
    """All three, ready."""
    async with AsyncExitStack() as stack:
        home = stack.enter_context(embedded(folder / "home"))
        kubeconfig = str(home / "kubeconfig")
        kube = await stack.enter_async_context(
            KubeClient.open(field_manager="kubectl", kubeconfig=kubeconfig)
        )
        found = Installed(home, kube, {})
        for service in ("gateway", "management"):
            find = partial(found.addresses, service, "http")
            balancer = await stack.enter_async_context(balancing(find))
            found.balancers[service] = balancer
        await found.kubectl("apply", "-f", str(ROOT / "manifests/base/namespaces.yaml"))
        await found.kubectl("apply", "-f", "-", given=yaml.safe_dump(_secret()))
        await found.kubectl(
            "apply", "-k", str(_overlay(folder, found.balancers["management"].address))
        )
        await stack.enter_async_context(running(found.follow()))
        await asyncio.gather(*(found.settled(program) for program in PROGRAMS))
        for service, balancer in found.balancers.items():
            known = sorted(await found.addresses(service, "http"))
            await until(partial(_knows, balancer, known), f"the balancer knows all of {service}")
        yield found


def _knows(balancer: Balancer, addresses: list[tuple[str, int]]) -> bool:
    return sorted(balancer.there()) == addresses


def _secret() -> Obj:
    values = {
        "credentials": CREDENTIALS,
        "digest": hashlib.sha256(CREDENTIALS.encode()).hexdigest(),
    }
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "management-credentials", "namespace": SYSTEM},
        "data": {key: base64.b64encode(text.encode()).decode() for key, text in values.items()},
    }


def _overlay(folder: Path, management: str) -> Path:
    """The overlay in which gateways find the services API at an address, as a folder."""
    made = folder / "overlay"
    made.mkdir()
    container = {"name": "gateway", "env": [{"name": "GATEWAY_MANAGEMENT", "value": management}]}
    patch = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "gateway", "namespace": SYSTEM},
        "spec": {"template": {"spec": {"containers": [container]}}},
    }
    whole = {
        "resources": [os.path.relpath(HERE / "overlay", made)],
        "patches": [{"patch": yaml.safe_dump(patch)}],
    }
    (made / "kustomization.yaml").write_text(yaml.safe_dump(whole))
    return made


async def _ran(
    program: Path, *arguments: str, given: str = "", environ: dict[str, str] | None = None
) -> str:
    process = await asyncio.create_subprocess_exec(
        program,
        *arguments,
        env=environ,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate(given.encode())
    assert process.returncode == 0, f"{' '.join(arguments)}: {err.decode()}"
    return out.decode()


async def answered(installed: Installed, service: str) -> None:
    """Wait until a service answers through the gateways."""
    async with aiohttp.ClientSession() as session:

        async def well() -> bool:
            try:
                async with session.get(installed.exposed_url(service)) as answer:
                    return answer.status == 200
            except aiohttp.ClientError:
                return False

        await until(well, f"{service} answers", 90, period=0.1)
